import type { Month } from '../accounts/month.ts';

/** What is known of a month that is not over. */
export interface MonthSoFar {
  spentMicroUsd: number;
  /** When the account or the instance came to be, which may be in the middle of the month; null if that is unknown. */
  begunAt: Date | null;
  now: Date;
  month: Pick<Month, 'start' | 'end'>;
}

/** Before this much time has passed, in milliseconds, one article more or less would turn the forecast over. */
const leastTimeMs = 3 * 86_400_000;

/**
 * What a month will have cost at its end if it goes on as it began, in micro-dollars: spent + spent / time passed x time
 * left. That is the straight-line projection ("run rate", "daily burn") of cost control in the cloud, as in
 * https://calculatorlib.com/cloud-egress-vs-cdn-savings-calculator; it knows no weekends and no plans, so it is called
 * an estimate wherever it is shown. Null in the first three days and while nothing was spent: there is nothing to go by.
 */
export function forecastMonth({ spentMicroUsd, begunAt, now, month }: MonthSoFar): number | null {
  const passedMs = now.getTime() - Math.max(month.start.getTime(), begunAt?.getTime() ?? 0);
  if (spentMicroUsd <= 0 || passedMs < leastTimeMs) return null;
  const leftMs = Math.max(0, month.end.getTime() - now.getTime());
  return Math.round(spentMicroUsd + (spentMicroUsd / passedMs) * leftMs);
}
