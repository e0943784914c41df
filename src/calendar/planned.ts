import { and, asc, eq, gte, isNull, lt } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { exceptionsSince } from '../schedules/exceptions.ts';
import { noteOfSlot } from '../schedules/present.ts';
import { type Schedule, scheduleExceptions, schedules } from '../schedules/schema.ts';
import { type Exception, latestSlot, type PlannedSlot, plannedSlots } from '../schedules/slots.ts';
import { topics } from '../topics/schema.ts';
import { blank, type CalendarItem, type CalendarQuery } from './item.ts';

/** As many topics are given to slots that come; what comes after them is not said. */
const topicsKnown = 1000;
/** So many slots are looked through for those that take a topic. */
const slotsWalked = 5000;

interface Planned {
  schedule: Schedule;
  slot: PlannedSlot;
}

/**
 * The slots that are still to come, with the topic that each would take if nothing changed, and those that a person has
 * skipped. Slots of paused schedules are told as such: they take no topic.
 */
export async function plannedItems(db: Db, query: CalendarQuery, now: Date): Promise<CalendarItem[]> {
  const all = await db.select().from(schedules).where(eq(schedules.userId, query.userId)).orderBy(asc(schedules.id));
  // Without its site, one that publishes does not run.
  const rows = all.filter(({ siteId, brief }) => siteId !== null || brief.publish === 'none');
  const ids = rows.map(({ id }) => id);
  const due = rows.flatMap(({ nextSlotAt }) => (nextSlotAt && nextSlotAt <= now ? [nextSlotAt.getTime()] : []));
  const exceptions = await exceptionsSince(db, ids, new Date(Math.min(now.getTime(), query.from.getTime(), ...due)));
  const of = (id: string): Exception[] => exceptions.get(id) ?? [];
  const taken = await topicsOfSlots(db, query, rows, of, now);

  const shown = rows.filter(({ siteId }) => query.siteId === null || siteId === query.siteId);
  const from = new Date(Math.max(query.from.getTime(), now.getTime() + 1) - 1);
  const items: CalendarItem[] = shown.flatMap((schedule) => {
    const slot = dueSlot(schedule, of(schedule.id), now);
    if (!slot || slot.at < query.from || slot.at >= query.to) return [];
    return [itemOf({ schedule, slot }, { state: 'due', movable: false })];
  });
  for (const planned of inOrder(shown, of, from, true)) {
    if (planned.slot.at >= query.to || items.length >= query.limit) break;
    items.push(itemOf(planned, taken.get(keyOf(planned)) ?? null));
  }
  return [...(await skippedItems(db, query, now)), ...items].sort((a, b) => a.at.getTime() - b.at.getTime());
}

/** The slots that were skipped and have gone by. */
async function skippedItems(db: Db, query: CalendarQuery, now: Date): Promise<CalendarItem[]> {
  const rows = await db
    .select({ exception: scheduleExceptions, schedule: schedules })
    .from(scheduleExceptions)
    .innerJoin(schedules, eq(schedules.id, scheduleExceptions.scheduleId))
    .where(
      and(
        eq(scheduleExceptions.userId, query.userId),
        isNull(scheduleExceptions.movedTo),
        gte(scheduleExceptions.slotAt, query.from),
        lt(scheduleExceptions.slotAt, query.to < now ? query.to : now),
        query.siteId ? eq(schedules.siteId, query.siteId) : undefined,
      ),
    )
    .orderBy(asc(scheduleExceptions.slotAt))
    .limit(query.limit);
  return rows.map(({ exception: { slotAt }, schedule }) =>
    itemOf({ schedule, slot: { slotAt, at: slotAt, clock: '', shown: 'once', state: 'skipped' } }, null),
  );
}

/** The slot that has come and is about to be run; null when none is. */
function dueSlot(schedule: Schedule, exceptions: Exception[], now: Date): PlannedSlot | null {
  const { nextSlotAt } = schedule;
  if (!nextSlotAt || nextSlotAt > now) return null;
  return latestSlot(schedule, exceptions, new Date(nextSlotAt.getTime() - 1), now)?.slot ?? null;
}

type Topic = { id: string; topic: string; siteId: string | null };
const keyOf = ({ schedule, slot }: Planned) => `${schedule.id} ${slot.slotAt.getTime()}`;

/** Which topic each slot takes that comes before the end of the calendar: the nth slot the nth topic that it can take. */
async function topicsOfSlots(
  db: Db,
  { userId, to }: CalendarQuery,
  rows: Schedule[],
  of: (id: string) => Exception[],
  now: Date,
): Promise<Map<string, Topic>> {
  const taken = new Map<string, Topic>();
  const open = await db
    .select({ id: topics.id, topic: topics.topic, siteId: topics.siteId })
    .from(topics)
    .where(and(eq(topics.userId, userId), eq(topics.status, 'open')))
    .orderBy(asc(topics.position), asc(topics.id))
    .limit(topicsKnown);
  const running = rows.filter(({ pausedAt }) => pausedAt === null);
  const due = running.flatMap((schedule) => {
    const slot = dueSlot(schedule, of(schedule.id), now);
    return slot ? [{ schedule, slot }] : [];
  });
  function* coming(): Generator<Planned> {
    yield* due.sort((a, b) => a.slot.at.getTime() - b.slot.at.getTime());
    yield* inOrder(running, of, now, false);
  }
  let walked = 0;
  for (const planned of coming()) {
    walked += 1;
    if (planned.slot.at >= to || walked > slotsWalked || open.length === 0) break;
    const { siteId } = planned.schedule;
    const index = open.findIndex((topic) => topic.siteId === null || topic.siteId === siteId);
    if (index >= 0) taken.set(keyOf(planned), open.splice(index, 1)[0] as Topic);
  }
  return taken;
}

/** The slots of several schedules in the order in which they come, as far as they are asked for. */
function* inOrder(
  rows: Schedule[],
  of: (id: string) => Exception[],
  after: Date,
  withSkipped: boolean,
): Generator<Planned> {
  const heads = rows.flatMap((schedule) => {
    const slots = plannedSlots(schedule, of(schedule.id), after, { withSkipped });
    const slot = slots.next().value;
    return slot ? [{ schedule, slots, slot }] : [];
  });
  for (;;) {
    const [head] = heads;
    if (!head) return;
    const first = heads.reduce((least, one) => (one.slot.at < least.slot.at ? one : least), head);
    yield { schedule: first.schedule, slot: first.slot };
    const next = first.slots.next().value;
    if (next) first.slot = next;
    else heads.splice(heads.indexOf(first), 1);
  }
}

function itemOf(
  { schedule, slot }: Planned,
  given: Topic | null | Pick<CalendarItem, 'state' | 'movable'>,
): CalendarItem {
  const topic = given && 'topic' in given ? given : null;
  const state = slot.state === 'skipped' ? 'skipped' : schedule.pausedAt ? 'paused' : 'planned';
  return {
    ...blank,
    id: `${schedule.id}:${slot.slotAt.toISOString()}`,
    kind: 'slot',
    at: slot.at,
    title: topic?.topic ?? null,
    state,
    siteId: schedule.siteId,
    scheduleId: schedule.id,
    topicId: topic?.id ?? null,
    slotAt: slot.slotAt,
    schedule: schedule.name,
    movable: state !== 'skipped',
    note: noteOfSlot(slot, schedule.timeZone),
    ...(given && 'state' in given ? given : {}),
  };
}
