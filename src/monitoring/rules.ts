import type { Facts } from './facts.ts';
import { backupFailed, deadAfterMs, stuckAfterMs } from './parts.ts';
import { goals } from './service-levels.ts';

/** What the rules look at: the figures of the instance, and what only a process that watches for a while knows. */
export interface Watched
  extends Pick<
    Facts,
    'at' | 'levels' | 'oldestJobSeconds' | 'workers' | 'money' | 'publications' | 'sites' | 'backups' | 'disk'
  > {
  /** Answers of the last ten minutes or so; null until that is known. */
  lately: { requests: number; errors: number; slow: number } | null;
  /** Until when the certificate of APP_URL holds; null where there is none or it could not be read. */
  certificateUntil: Date | null;
  /** The machine whose disk was looked at. */
  machine: string;
}

/** What is wrong, and what to do about it: both are read by whoever runs the instance, at night, on a telephone. */
export interface Finding {
  summary: string;
  hint: string;
}

/** What a look found, by what it is about ('' where there is only one): null is fine, and what is not named is not known. */
export type Look = Record<string, Finding | null>;

/** One thing that may be wrong. It has to last for `holdMs` milliseconds before anyone is told. */
export interface Rule {
  name: string;
  holdMs: number;
  look(watched: Watched): Look;
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** Fewer answers than this say nothing about a share of them. */
const enoughAnswers = 50;
const fewestFailures = 3;
const budgetShare = 0.9;
const certificateMs = 14 * dayMs;
/** The first hours of measuring say little about a month. */
const measuredMs = 12 * 60 * minuteMs;

const unknown: Look = {};
const one = (wrong: boolean, finding: () => Finding): Look => ({ '': wrong ? finding() : null });
const percent = (share: number) => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
const dollars = (microUsd: number) => `$${(microUsd / 1e6).toFixed(2)}`;
const day = (at: Date) => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** Everything that the instance tells of itself; each is on its own. */
export const rules: readonly Rule[] = [
  {
    name: 'backup-failed',
    holdMs: 0,
    look({ backups }) {
      if (!backups) return unknown;
      return one(backupFailed(backups), () => ({
        summary: 'The last backup failed.',
        hint: `${backups.problem ?? 'The log of the server says why.'} Mend it, then run "blog-poster backup create" and look at Admin, Status.`,
      }));
    },
  },
  {
    name: 'backup-stale',
    holdMs: 0,
    look({ backups }) {
      if (!backups) return unknown;
      const { lastSucceededAt, late } = backups;
      return one(late.backup, () => ({
        summary: lastSucceededAt ? `The newest backup is of ${day(lastSucceededAt)}.` : 'No backup has been made yet.',
        hint: 'One is due every day: see that a worker runs (Admin, Status) and that BACKUP_CRON is right, then run "blog-poster backup create".',
      }));
    },
  },
  {
    name: 'backup-unproven',
    holdMs: 0,
    look({ backups }) {
      if (!backups) return unknown;
      const { lastVerifiedAt, lastVerifiedOk, late, problem } = backups;
      return one(lastVerifiedOk === false || late.verification, () => ({
        summary:
          lastVerifiedOk === false
            ? 'The newest backup could not be restored for proof.'
            : `No backup has been restored for proof${lastVerifiedAt ? ` since ${day(lastVerifiedAt)}` : ' yet'}.`,
        hint: `${problem ?? ''} Keep the older backups. Run "blog-poster backup verify" for the newest one and see what it says.`.trim(),
      }));
    },
  },
  {
    name: 'publications-failing',
    holdMs: 0,
    look({ publications: { failedLately, publishedLately } }) {
      const failing = failedLately >= fewestFailures && failedLately >= publishedLately;
      return one(failing, () => ({
        summary: `${failedLately} publications failed within an hour, ${publishedLately} went out.`,
        hint: 'Run "blog-poster failure list --all-accounts": it names the causes. One cause for many sites is on our side (network, clock, certificates); one site is its owner’s. When it is mended: "blog-poster failure redrive --all-accounts".',
      }));
    },
  },
  {
    name: 'errors',
    holdMs: 2 * minuteMs,
    look({ lately }) {
      if (!lately || lately.requests < enoughAnswers) return unknown;
      const share = lately.errors / lately.requests;
      return one(lately.errors >= fewestFailures && share > goals.errorShare, () => ({
        summary: `${percent(share)} of the answers of the last ten minutes were errors (${lately.errors} of ${lately.requests}).`,
        hint: 'Look at /health and at the lines of level 50 in the log: they name the route by its request id. A release of the last hour? Go back to the one before.',
      }));
    },
  },
  {
    name: 'slow-answers',
    holdMs: 5 * minuteMs,
    look({ lately }) {
      if (!lately || lately.requests < enoughAnswers) return unknown;
      const share = lately.slow / lately.requests;
      return one(share > 0.05, () => ({
        summary: `${percent(share)} of the answers of the last ten minutes took longer than ${goals.answerSeconds} seconds.`,
        hint: 'Look at processor, memory and the database of the machine; Admin, Status shows how much waits. A worker in a process of its own (--role worker) takes load off the web.',
      }));
    },
  },
  {
    name: 'uptime',
    holdMs: 0,
    look({ levels, at }) {
      const { share } = levels.uptime;
      if (share === null || levels.measuredSince === null) return unknown;
      if (at.getTime() - Date.parse(levels.measuredSince) < measuredMs) return unknown;
      return one(share < goals.uptimeShare, () => ({
        summary: `The instance was up for ${percent(share)} of ${levels.month}; the goal is ${percent(goals.uptimeShare)}.`,
        hint: 'Find in the log of the platform when and why it was restarted or away: memory, the database, deployments.',
      }));
    },
  },
  {
    name: 'budget',
    holdMs: 0,
    look({ money: { spentMicroUsd, reservedMicroUsd, limitMicroUsd } }) {
      if (limitMicroUsd === 0) return unknown;
      const used = spentMicroUsd + reservedMicroUsd;
      return one(used >= limitMicroUsd * budgetShare, () => ({
        summary: `${dollars(used)} of the instance’s ${dollars(limitMicroUsd)} for this month are used.`,
        hint: 'At the limit everything that costs money waits for the next month. Admin, Spending shows who spends it: limit or disable an account there, or raise INSTANCE_MONTHLY_LIMIT_USD.',
      }));
    },
  },
  {
    name: 'worker-dead',
    holdMs: minuteMs,
    look({ workers: { silentMs, seenAt } }) {
      if (silentMs === null || seenAt === null) return unknown;
      return one(silentMs > deadAfterMs, () => ({
        summary: `No worker has given a sign of life since ${day(seenAt)}.`,
        hint: 'Nothing is written, published or backed up until one runs. Start a process with --role worker (or without --role) and look at the end of its last log: memory is the usual reason.',
      }));
    },
  },
  {
    name: 'queue-stuck',
    holdMs: 0,
    look({ oldestJobSeconds }) {
      return one((oldestJobSeconds ?? 0) * 1000 > stuckAfterMs, () => ({
        summary: `A job has waited for ${Math.round((oldestJobSeconds ?? 0) / 60)} minutes to be taken.`,
        hint: 'Either no worker is alive or there is more work than they can do: see Admin, Status, then start another process with --role worker.',
      }));
    },
  },
  {
    name: 'site-credentials',
    holdMs: 10 * minuteMs,
    look({ sites: { credentialsRejected, total } }) {
      return one(credentialsRejected > 0, () => ({
        summary: `${credentialsRejected} of ${total} sites refuse the password that they were connected with.`,
        hint: 'Their owners were told by mail and can connect them again. Many at once: has APP_SECRET changed, or does something in front of the sites drop the Authorization header?',
      }));
    },
  },
  {
    name: 'certificate',
    holdMs: 0,
    look({ certificateUntil, at }) {
      if (certificateUntil === null) return unknown;
      return one(certificateUntil.getTime() - at.getTime() < certificateMs, () => ({
        summary: `The certificate of APP_URL ends ${day(certificateUntil)}.`,
        hint: 'It should have been renewed by itself: look at what makes it (the platform, Caddy, certbot), and that the name still points here.',
      }));
    },
  },
  {
    name: 'disk',
    holdMs: 5 * minuteMs,
    look({ disk, machine }) {
      if (!disk) return unknown;
      const { freeBytes, totalBytes } = disk;
      const nearlyFull = freeBytes < 100e6 || (freeBytes < totalBytes * 0.1 && freeBytes < 5e9);
      const finding = {
        summary: `The disk of ${machine} has ${Math.round(freeBytes / 1e6)} MB left.`,
        hint: 'At the end nothing can be written any more. Make room below DATA_DIR (old backups, logs), or a larger disk.',
      };
      return { [machine]: nearlyFull ? finding : null };
    },
  },
];
