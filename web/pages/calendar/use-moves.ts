import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { changeSlot, undoSlot, updatePublication } from '@/api/client/sdk.gen.ts';
import type { Calendar, CalendarItem } from '@/api/client/types.gen.ts';
import { toProblem } from '@/api/problem.ts';
import { dismissToast, toast } from '@/components/toaster.tsx';
import { dayIn, formatLongDay, sameTimeOn } from '@/format/month-grid.ts';
import { formatSiteTime, writeSiteTime } from '@/format/site-time.ts';
import { t } from '@/strings.ts';
import { isMoved, titleOf } from './describe-item.ts';

const words = t.calendar;

/** What can be done with an item: move it, skip a slot, or put a slot back to where its rule has it. */
export type Change = { to: Date } | 'skip' | 'back';

interface Refusal {
  item: CalendarItem;
  problem: { code: string; detail: string; hint: string };
}

/**
 * Changes of the calendar: each is shown at once, taken back with the server's words when that refuses it, and can be
 * undone from the message that says it.
 */
export function useMoves(timeZone: string) {
  const queries = useQueryClient();
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const shownBy = { queryKey: [{ _id: 'getCalendar' }] };
  const { mutateAsync } = useMutation({
    mutationFn: ({ item, change }: { item: CalendarItem; change: Change }) => send(item, change),
    onMutate: async ({ item, change }) => {
      setRefusal(null);
      await queries.cancelQueries(shownBy);
      const before = queries.getQueriesData<Calendar>(shownBy);
      queries.setQueriesData<Calendar>(shownBy, (shown) => shown && withChange(shown, item, change));
      return { before };
    },
    onError: (error, { item }, kept) => {
      for (const [key, shown] of kept?.before ?? []) queries.setQueryData(key, shown);
      setRefusal({ item, problem: toProblem(error, undefined, t.problems) });
    },
    onSettled: () =>
      Promise.all(
        ['getCalendar', 'getQueue', 'listPublications', 'getPublication'].map((_id) =>
          queries.invalidateQueries({ queryKey: [{ _id }] }),
        ),
      ),
  });
  /** Whether it was done. */
  const run = async (item: CalendarItem, change: Change): Promise<boolean> => {
    dismissToast();
    try {
      await mutateAsync({ item, change });
    } catch {
      // onError has kept it, and the page shows it.
      return false;
    }
    toast(said(item, change, timeZone), { label: words.undo, run: () => void run(after(item, change), reverse(item)) });
    return true;
  };
  /** Moves what was dropped on a day there, at its time of day; says why where that has passed. */
  const drop = (item: CalendarItem, day: string) => {
    if (dayIn(item.at, timeZone) === day) return;
    const to = sameTimeOn(item.at, day, timeZone);
    if (to.getTime() > Date.now()) void run(item, { to });
    else {
      const detail = words.dayPassed(formatLongDay(day));
      setRefusal({ item, problem: { code: 'invalid_request', detail, hint: words.dayPassedHint } });
    }
  };
  return { run, drop, refusal, forget: () => setRefusal(null) };
}
export type Moves = ReturnType<typeof useMoves>;

async function send({ kind, scheduleId, slotAt, publicationId }: CalendarItem, change: Change): Promise<void> {
  if (kind === 'publication' && publicationId !== null && typeof change === 'object') {
    await updatePublication({
      path: { id: publicationId },
      body: { publishAt: change.to.toISOString() },
      throwOnError: true,
    });
    return;
  }
  if (scheduleId === null || slotAt === null) throw new Error(`cannot be changed: ${kind}`);
  const path = { id: scheduleId };
  if (change === 'back') await undoSlot({ path: { ...path, slotAt }, throwOnError: true });
  else {
    const body = change === 'skip' ? { slotAt, skip: true as const } : { slotAt, moveTo: change.to.toISOString() };
    await changeSlot({ path, body, throwOnError: true });
  }
}

/** An item as it is after a change. */
function after(item: CalendarItem, change: Change): CalendarItem {
  const at = typeof change === 'object' ? change.to.toISOString() : (item.slotAt ?? item.at);
  if (item.kind !== 'slot') return { ...item, at };
  // What it was beside that is known again once the calendar has been read.
  const state = change === 'skip' ? 'skipped' : item.state === 'skipped' ? 'planned' : item.state;
  return { ...item, at, state, movable: change !== 'skip', note: null };
}

function withChange(shown: Calendar, item: CalendarItem, change: Change): Calendar {
  const items = shown.items.map((one) => (one.id === item.id && one.kind === item.kind ? after(one, change) : one));
  return { ...shown, items: items.sort((a, b) => Date.parse(a.at) - Date.parse(b.at)) };
}

/** What brings an item back to how it stands now. */
function reverse(item: CalendarItem): Change {
  if (item.state === 'skipped') return 'skip';
  return item.kind === 'slot' && !isMoved(item) ? 'back' : { to: new Date(item.at) };
}

function said(item: CalendarItem, change: Change, timeZone: string): string {
  const at = change === 'skip' ? item.at : after(item, change).at;
  const when = formatSiteTime({ time: writeSiteTime(new Date(at), timeZone), timeZone }).replace(/ \([^)]*\)$/, '');
  const title = titleOf(item);
  if (change === 'skip') return words.skipped(title, when);
  return change === 'back' ? words.back(title, when) : words.moved(title, when);
}
