import { localTime } from '../accounts/calendar.ts';
import { nextSlot, type Slot, slotsAfter } from './rule.ts';
import type { Schedule, ScheduleException } from './schema.ts';

/** What says when a schedule runs. */
export type Timing = Pick<Schedule, 'rule' | 'timeZone' | 'startsAt' | 'endsAt'>;
/** What a person has made of one slot: `movedTo` another time, or skipped (null). */
export type Exception = Pick<ScheduleException, 'slotAt' | 'movedTo'>;

/** A slot with what a person has made of it. */
export interface PlannedSlot extends Slot {
  /** When the rule has it: what it is known by, wherever it stands. */
  slotAt: Date;
  state: 'planned' | 'moved' | 'skipped';
}

/**
 * The slots of a schedule that stand after a moment, each once and in the order in which they come: those of the rule
 * between its start and its end, without those that were moved away or skipped, and those that were moved to there.
 * Without end for a rule that has none. `withSkipped` also yields skipped ones, where the rule has them.
 */
export function* plannedSlots(
  { rule, timeZone, startsAt, endsAt }: Timing,
  exceptions: readonly Exception[],
  after: Date,
  { withSkipped = false } = {},
): Generator<PlannedSlot, undefined> {
  const changed = new Map(exceptions.map((exception) => [exception.slotAt.getTime(), exception]));
  const moved = exceptions
    .filter((one): one is Exception & { movedTo: Date } => one.movedTo !== null && one.movedTo > after)
    .filter(({ movedTo }) => (!startsAt || movedTo >= startsAt) && (!endsAt || movedTo <= endsAt))
    .sort((a, b) => a.movedTo.getTime() - b.movedTo.getTime() || a.slotAt.getTime() - b.slotAt.getTime())
    .map(({ slotAt, movedTo }): PlannedSlot => {
      const clock = localTime(movedTo, timeZone).slice(0, 16);
      return { slotAt, at: movedTo, clock, shown: 'once', state: 'moved' };
    });
  // A millisecond earlier, so that a start that is itself one of the times counts.
  const from = new Date(Math.max(after.getTime(), startsAt ? startsAt.getTime() - 1 : 0));
  for (const slot of slotsAfter(rule, timeZone, from)) {
    if (endsAt && slot.at > endsAt) break;
    while (moved[0] && moved[0].at <= slot.at) yield moved.shift() as PlannedSlot;
    const exception = changed.get(slot.at.getTime());
    if (!exception) yield { ...slot, slotAt: slot.at, state: 'planned' };
    else if (withSkipped && exception.movedTo === null) yield { ...slot, slotAt: slot.at, state: 'skipped' };
  }
  yield* moved;
}

/** The slot that the rule has at exactly this time, between start and end; null when it has none there. */
export function slotOfRule({ rule, timeZone, startsAt, endsAt }: Timing, slotAt: Date): Slot | null {
  if ((startsAt && slotAt < startsAt) || (endsAt && slotAt > endsAt)) return null;
  const slot = nextSlot(rule, timeZone, new Date(slotAt.getTime() - 1));
  return slot?.at.getTime() === slotAt.getTime() ? slot : null;
}

/** The slot other than `slotAt` that stands at a moment; null when it is free. */
export function slotAtMoment(
  timing: Timing,
  exceptions: readonly Exception[],
  at: Date,
  slotAt: Date,
): PlannedSlot | null {
  for (const slot of plannedSlots(timing, exceptions, new Date(at.getTime() - 1))) {
    if (slot.at > at) return null;
    if (slot.slotAt.getTime() !== slotAt.getTime()) return slot;
  }
  return null;
}

/**
 * When a schedule is to run next: after `now`, and after what it has dealt with; null when nothing is left before its end.
 * `exceptions` are all those whose slot, or the time it was moved to, is still to come.
 */
export function nextFor(
  schedule: Timing & Pick<Schedule, 'lastSlotAt'>,
  now: Date,
  exceptions: readonly Exception[],
): Date | null {
  const after = new Date(Math.max(now.getTime(), schedule.lastSlotAt?.getTime() ?? 0));
  const [slot] = plannedSlots(schedule, exceptions, after);
  return slot?.at ?? null;
}

/**
 * The latest slot that has come, which is the one that is run, and how many before it nobody was there for: after a
 * downtime there is one article and not a burst of them. Null when none has come after `from`.
 */
export function latestSlot(
  timing: Timing,
  exceptions: readonly Exception[],
  from: Date,
  now: Date,
): { slot: PlannedSlot; missed: number } | null {
  let latest: { slot: PlannedSlot; missed: number } | null = null;
  for (const slot of plannedSlots(timing, exceptions, from)) {
    if (slot.at > now) break;
    latest = { slot, missed: latest ? latest.missed + 1 : 0 };
  }
  return latest;
}

/** An exception that an edit of its schedule has made void, and why. */
export interface Dropped {
  exception: Exception;
  why: 'no_slot' | 'outside' | 'taken';
}

/**
 * Which exceptions still mean something after a change of the schedule's times: those whose slot there still is and, if
 * it was moved, stands between start and end where no other slot stands.
 */
export function sortExceptions(
  timing: Timing,
  exceptions: readonly Exception[],
): { kept: Exception[]; dropped: Dropped[] } {
  let kept = [...exceptions];
  const dropped: Dropped[] = [];
  // One that goes may bring its slot back to where another one has been moved to: until nothing changes any more.
  for (;;) {
    const next = kept.map((exception) => ({ exception, why: whyVoid(timing, kept, exception) })).find(({ why }) => why);
    if (!next?.why) return { kept, dropped };
    dropped.push({ exception: next.exception, why: next.why });
    kept = kept.filter((exception) => exception !== next.exception);
  }
}

function whyVoid(timing: Timing, all: readonly Exception[], { slotAt, movedTo }: Exception): Dropped['why'] | null {
  if (!slotOfRule(timing, slotAt)) return 'no_slot';
  if (movedTo === null) return null;
  if ((timing.startsAt && movedTo < timing.startsAt) || (timing.endsAt && movedTo > timing.endsAt)) return 'outside';
  return slotAtMoment(timing, all, movedTo, slotAt) ? 'taken' : null;
}
