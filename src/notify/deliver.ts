import { sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { AppError, toStoredError } from '../errors.ts';
import { type EmailContent, openContent } from './content.ts';
import { sendEmailJob } from './jobs.ts';
import {
  assertLease,
  type ClaimedEmail,
  claimEmail,
  type EmailChange,
  type Lease,
  releaseLease,
  renewLease,
} from './lease.ts';
import type { Email } from './schema.ts';

type Ctx = Pick<AppContext, 'db' | 'queue' | 'secrets' | 'mailer' | 'log' | 'now'>;

/** All times in milliseconds. */
export interface SendingTiming {
  /** How long a worker may be silent before another takes its mail, and how often it renews. */
  leaseMs: number;
  leaseRenewMs: number;
  /** Waits before further attempts; the last one repeats until the mail is given up. */
  retryDelaysMs: readonly number[];
}

const minute = 60_000;
export const sendingTiming: SendingTiming = {
  // Long, because a worker that was frozen for longer than this goes on sending what another has sent meanwhile.
  leaseMs: 2 * minute,
  leaseRenewMs: 20_000,
  retryDelaysMs: [minute, 5 * minute, 15 * minute, 60 * minute],
};
/** The longest wait that a mail service may ask for. */
const longestWaitMs = 24 * 60 * minute;

type Outcome =
  | { kind: 'sent'; messageId: string }
  | { kind: 'failed' | 'bounced'; error: unknown }
  | { kind: 'retry'; error: unknown; delayMs: number }
  | { kind: 'kept' };

/** What the operator was told of, so that one wrong setting is one line in the log and not one for every mail. */
export type ReportedCauses = Set<string>;

/**
 * Takes a mail, if it is to be had, and sends it under a lease. What went wrong is stored with the mail, and tried
 * again while that can help and the mail is still worth sending.
 *
 * Nothing is lost: a mail counts as sent only after the server has said so. Nothing is sent twice after an answer of
 * the server, nor by two workers. One gap cannot be closed, because SMTP has no question "did you get this?": when the
 * process dies, or the connection breaks, after the server has taken the mail and before that is stored here, the mail
 * is sent again. It carries the same Message-ID then, by which servers and readers that look can tell. Rather a link
 * twice than no link. So a shutdown does not break off a mail that is on its way.
 *
 * Throws only when the database cannot be written.
 */
export async function deliverEmail(
  ctx: Ctx,
  emailId: string,
  shutdown: AbortSignal,
  reported: ReportedCauses,
  timing: SendingTiming = sendingTiming,
): Promise<void> {
  shutdown.throwIfAborted();
  const email = await claimEmail(ctx.db, emailId, timing.leaseMs);
  if (!email) return;
  const lease: Lease = { id: email.id, lease: email.lease, leaseMs: timing.leaseMs };
  const timer = setInterval(() => {
    renewLease(ctx.db, lease).catch((error) => {
      ctx.log.warn({ err: error, emailId }, 'lease of a mail not renewed');
    });
  }, timing.leaseRenewMs);
  try {
    const outcome = await attempt(ctx, email, lease, timing);
    report(ctx, outcome, reported);
    await store(ctx, email, lease, outcome);
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'lease_lost')) throw error;
    ctx.log.warn({ emailId }, 'mail given up: another worker has it');
  } finally {
    clearInterval(timer);
  }
}

async function attempt(ctx: Ctx, email: ClaimedEmail, lease: Lease, timing: SendingTiming): Promise<Outcome> {
  if (ctx.mailer.kind === 'none') return { kind: 'kept' };
  if (email.tooLate) return { kind: 'failed', error: notInTime(email) };
  let content: EmailContent | null;
  try {
    content = openContent(ctx.secrets, email);
  } catch (error) {
    return { kind: 'failed', error };
  }
  if (!content)
    return { kind: 'failed', error: new AppError('internal', 'The text of this mail is not kept any more.') };
  await assertLease(ctx.db, lease);
  try {
    const { messageId, subject, toAddress: to, createdAt: date } = email;
    const accepted = await ctx.mailer.send({ messageId, to, subject, date, ...content });
    return { kind: 'sent', messageId: accepted.messageId };
  } catch (error) {
    return afterFailure(ctx, email, error, timing);
  }
}

function notInTime({ expiresAt, error }: Email): AppError {
  const why = expiresAt ? 'before its link stopped working' : 'within three days';
  return new AppError(
    error?.code ?? 'mail_unavailable',
    `This mail could not be sent ${why}.${error ? ` The last attempt: ${error.message}` : ''}`,
    error ? { hint: error.hint } : {},
  );
}

function afterFailure(ctx: Ctx, email: Email, error: unknown, timing: SendingTiming): Outcome {
  if (error instanceof AppError && error.code === 'mail_refused') return { kind: 'bounced', error };
  if (!(error instanceof AppError)) ctx.log.error({ err: error, emailId: email.id }, 'sending failed unexpectedly');
  const { retryDelaysMs } = timing;
  const delay = retryDelaysMs[email.attempts - 1] ?? retryDelaysMs.at(-1) ?? 0;
  const retryAt = error instanceof AppError ? error.retryAt : undefined;
  // The service's own word counts; otherwise up to a fifth more, so that what one outage stopped does not return at once.
  const asked = retryAt ? Math.max(0, retryAt.getTime() - ctx.now().getTime()) : delay * (1 + Math.random() / 5);
  return { kind: 'retry', error, delayMs: Math.min(asked, longestWaitMs) };
}

function report(ctx: Ctx, outcome: Outcome, reported: ReportedCauses): void {
  if (outcome.kind === 'sent') reported.clear();
  if (outcome.kind !== 'retry' || !(outcome.error instanceof AppError)) return;
  const { code, message, hint } = outcome.error;
  if (code !== 'mail_misconfigured' || reported.has(message)) return;
  reported.add(message);
  ctx.log.error({ hint }, `mail cannot be sent: ${message}`);
}

/** Writes how the attempt ended and gives the lease up, and with it enqueues what comes next. */
async function store(ctx: Ctx, email: Email, lease: Lease, outcome: Outcome): Promise<void> {
  const error = 'error' in outcome ? toStoredError(outcome.error) : null;
  const stored = await ctx.db.transaction(async (tx) => {
    const released = await releaseLease(tx, lease, changeFor(outcome, error));
    if (released.status === 'queued') {
      const startAfter = released.nextAttemptAt ?? ctx.now();
      await ctx.queue.enqueue(tx, sendEmailJob, { emailId: email.id }, { startAfter });
    }
    return released;
  });
  const { id, kind, status, attempts, messageId, nextAttemptAt } = stored;
  ctx.log.info({ emailId: id, kind, status, attempts, messageId, nextAttemptAt, error }, 'sending a mail ended');
}

function changeFor(outcome: Outcome, error: Email['error']): EmailChange {
  switch (outcome.kind) {
    case 'sent': {
      // What the mail says has served its purpose: a copy of it is a risk from now on.
      const wiped = { content: null, contentKeyId: null };
      return { status: 'sent', sentAt: sql`now()`, messageId: outcome.messageId, error: null, ...wiped };
    }
    case 'failed':
    case 'bounced':
      return { status: outcome.kind, failedAt: sql`now()`, error };
    case 'kept':
      return { status: 'kept', error: null };
    case 'retry': {
      const wait = `${Math.round(outcome.delayMs)} milliseconds`;
      // Not put off beyond its end, so that the end is noticed when it comes.
      return { status: 'queued', nextAttemptAt: sql`least(now() + ${wait}::interval, give_up_at)`, error };
    }
  }
}
