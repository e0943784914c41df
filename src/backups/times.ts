import { Cron } from 'croner';

/** The last time of the schedule that is not after `now`, and the next one, in UTC; null where there is none. */
export function slotsAround(cron: string | null, now: Date): { last: Date | null; next: Date | null } {
  if (cron === null) return { last: null, next: null };
  const rule = new Cron(cron, { timezone: 'UTC', paused: true });
  // Both look strictly before and after.
  const [last = null] = rule.previousRuns(1, new Date(now.getTime() + 1000));
  return { last, next: rule.nextRun(now) };
}
