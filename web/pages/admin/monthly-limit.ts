import { parseMoney } from '@/format/money.ts';

/** The highest limit of a month that the server takes: a million dollars. */
const highestMicroUsd = 1_000_000_000_000;

/** Dollars a month as typed: null for the default of the instance, undefined for what is no limit. */
export function readMonthlyLimit(typed: string): number | null | undefined {
  if (typed.trim() === '') return null;
  const microUsd = parseMoney(typed);
  return microUsd === null || microUsd > highestMicroUsd ? undefined : microUsd;
}
