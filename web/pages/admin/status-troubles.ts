import type { InstanceStatus } from '@/api/client/types.gen.ts';
import { closeShare, shareOf } from '@/components/limit-bar.tsx';
import { statusWords } from '@/strings-status.ts';

const words = statusWords.trouble;

/** Something of the instance that its admin has to see to. */
export interface Trouble {
  title: string;
  hint: string;
  tone: 'danger' | 'warning';
  action?: { to: string; label: string };
}

/** A mail that waits longer than this is stuck, in milliseconds: the first tries are within minutes. */
const mailMs = 10 * 60_000;

/** Incidents that the present state tells of by itself. */
const toldAlready = new Set([
  'worker-dead',
  'budget',
  'backup-failed',
  'backup-stale',
  'backup-unproven',
  'queue-stuck',
]);

/** What needs an admin, the worst first; `ago` puts a time into words. */
export function troublesOf(status: InstanceStatus, ago: (at: string) => string): Trouble[] {
  const { worker, health, work, failed, money, incidents } = status;
  const troubles: Trouble[] = [];
  if (!worker.alive) {
    const hint = worker.seenAt === null ? words.workerNever : words.workerSince(ago(worker.seenAt));
    troubles.push({ title: statusWords.trouble.worker, hint, tone: 'danger' });
  }
  for (const name of [
    'database',
    'migrations',
    'queue',
    'disk',
    'email',
    'redis',
    'storage',
    'backup',
    'verification',
  ] as const) {
    if (health[name] === 'down') {
      troubles.push({ title: words.part(statusWords.partNames[name]), hint: words.partHint, tone: 'danger' });
    }
  }
  if (work.pipelines.stalled > 0) {
    troubles.push({ title: words.stalled(work.pipelines.stalled), hint: words.stalledHint, tone: 'warning' });
  }
  const share = shareOf(money.spentMicroUsd + money.reservedMicroUsd, money.limitMicroUsd);
  if (money.limitMicroUsd > 0 && share >= closeShare) {
    troubles.push({
      title: share >= 1 ? words.moneyReached : words.money,
      hint: words.moneyHint,
      tone: share >= 1 ? 'danger' : 'warning',
      action: { to: '/admin/spending', label: words.seeSpending },
    });
  }
  const { oldestAt, waiting } = work.mails;
  if (oldestAt && Date.parse(health.timestamp) - Date.parse(oldestAt) > mailMs) {
    troubles.push({
      title: words.mails(waiting),
      hint: words.mailsSince(ago(oldestAt)),
      tone: 'warning',
      action: { to: '/admin/emails', label: words.seeMails },
    });
  }
  for (const { rule, summary, endedAt } of incidents) {
    if (endedAt === null && !toldAlready.has(rule)) {
      troubles.push({ title: statusWords.incidentNames[rule] ?? rule, hint: summary, tone: 'warning' });
    }
  }
  const all = Object.values(failed).reduce((sum, count) => sum + count, 0);
  if (all > 0) troubles.push({ title: words.failed(all), hint: words.failedHint, tone: 'warning' });
  return troubles;
}
