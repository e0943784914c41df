import { parseMoney } from '@/format/money.ts';

/** The highest limit in dollars that the server takes: a million dollars. */
const highestMicroUsd = 1_000_000_000_000;

/** A limit in dollars as typed: null for none of their own, undefined for what is no limit. */
export function readDollarLimit(typed: string): number | null | undefined {
  if (typed.trim() === '') return null;
  const microUsd = parseMoney(typed);
  return microUsd === null || microUsd > highestMicroUsd ? undefined : microUsd;
}
