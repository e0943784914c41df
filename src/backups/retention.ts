import { backupsKept } from '../retention.ts';

/** What the rule needs to know of a backup. `verified`: it was restored for proof. */
export interface KeptBackup {
  id: string;
  at: Date;
  verified: boolean;
}

const dayMs = 86_400_000;
const { weeks, months } = backupsKept;

/**
 * Which backups go: all of the last `keepDays` days stay, then the newest of each week for four weeks, then the newest of
 * each month for six months; of several in one week or month a verified one is preferred. Time is counted back from the
 * newest verified backup, not from the clock of this machine, which may be wrong: nothing goes unless a newer verified
 * backup is there, and while none succeeds nothing goes at all.
 */
export function backupsToDelete(backups: KeptBackup[], keepDays: number): string[] {
  const newestFirst = backups.toSorted((a, b) => b.at.getTime() - a.at.getTime() || (a.id < b.id ? 1 : -1));
  const proven = newestFirst.find(({ verified }) => verified);
  if (!proven) return [];
  const daysEnd = proven.at.getTime() - keepDays * dayMs;
  const weeksEnd = daysEnd - weeks * 7 * dayMs;
  const monthsEnd = monthBack(new Date(weeksEnd), months);
  const seats = new Map<string, KeptBackup>();
  const kept = new Set<string>();
  for (const backup of newestFirst) {
    const at = backup.at.getTime();
    if (at > daysEnd) {
      kept.add(backup.id);
      continue;
    }
    if (at <= monthsEnd) continue;
    const seat = at > weeksEnd ? `week ${weekOf(backup.at)}` : `month ${backup.at.toISOString().slice(0, 7)}`;
    const holder = seats.get(seat);
    if (!holder || (!holder.verified && backup.verified)) seats.set(seat, backup);
  }
  for (const { id } of seats.values()) kept.add(id);
  return newestFirst.filter(({ id, at }) => !kept.has(id) && at < proven.at).map(({ id }) => id);
}

/** The number of the week of UTC that a time is in; weeks begin on Monday, as 1970-01-05 did. */
const weekOf = (at: Date) => Math.floor((at.getTime() / dayMs - 4) / 7);

function monthBack(from: Date, count: number): number {
  const date = new Date(from);
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() - count);
  // A month may be shorter than the day that is asked for.
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(from.getUTCDate(), lastDay));
  return date.getTime();
}
