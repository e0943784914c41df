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
