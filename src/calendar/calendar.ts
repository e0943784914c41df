import type { AppContext } from '../context.ts';
import { byHandItems, holdItems, publicationItems, runItems } from './happened.ts';
import { type CalendarItem, type CalendarQuery, calendarKinds } from './item.ts';
import { plannedItems } from './planned.ts';

/** The most that one answer holds. */
export const maxItems = 1000;

/**
 * Everything of a user between two moments, in order: what ran, what is planned, what goes out and what is held. With more
 * than {@link maxItems} the first of them, and `truncated`. The number of queries does not depend on how much there is.
 */
export async function readCalendar(
  ctx: Pick<AppContext, 'db' | 'now'>,
  asked: Omit<CalendarQuery, 'limit'>,
): Promise<{ items: CalendarItem[]; truncated: boolean }> {
  const { db } = ctx;
  const now = ctx.now();
  // One more of each kind than fits: then it is known that there is more.
  const query = { ...asked, limit: maxItems + 1 };
  const parts = [
    await plannedItems(db, query, now),
    await runItems(db, query),
    await byHandItems(db, query),
    await publicationItems(db, query, now),
    await holdItems(db, query),
  ];
  const rank = ({ kind }: CalendarItem) => calendarKinds.indexOf(kind);
  const all = parts
    .flat()
    .sort((a, b) => a.at.getTime() - b.at.getTime() || rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
  return { items: all.slice(0, maxItems), truncated: all.length > maxItems };
}

/** How far ahead the next things are looked for, in milliseconds. */
const aheadMs = 31 * 86_400_000;
/** So many of a kind are read: among them may be times that nothing comes of. */
const lookedAt = 20;

/** What comes next of a user, at most `limit` things: times of schedules that write, what goes out, holds that end. */
export async function comingItems(
  ctx: Pick<AppContext, 'db' | 'now'>,
  userId: string,
  limit: number,
): Promise<CalendarItem[]> {
  const now = ctx.now();
  const query = { userId, from: now, to: new Date(now.getTime() + aheadMs), siteId: null, limit: lookedAt };
  const parts = [
    await plannedItems(ctx.db, query, now),
    await publicationItems(ctx.db, query, now),
    await holdItems(ctx.db, query),
  ];
  return parts
    .flat()
    .filter(({ state }) => ['planned', 'due', 'scheduled', 'ends'].includes(state))
    .sort((a, b) => a.at.getTime() - b.at.getTime())
    .slice(0, limit);
}
