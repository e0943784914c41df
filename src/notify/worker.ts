import { and, eq, inArray, isNotNull, lt, or, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { longAgo } from '../retention.ts';
import { deliverEmail, type SendingTiming, sendingTiming } from './deliver.ts';
import { sendEmailJob } from './jobs.ts';
import { abandoned, setByAnotherClock } from './lease.ts';
import { emails } from './schema.ts';

/** Mails at a time, each on a connection of its own: mail services allow few of them. */
const concurrency = 3;
/** How often to look for mails that nobody sends although somebody should, and for what is kept too long, in milliseconds. */
const sweepMs = 10_000;
const wipeMs = 10 * 60_000;

/** Sends mails until the queue stops. Returns what ends the sweeping. */
export async function workEmails(ctx: AppContext, timing: SendingTiming = sendingTiming): Promise<() => void> {
  const reported = new Set<string>();
  if (ctx.config.database.kind === 'embedded') {
    // Whoever held leases in an embedded database before is gone: only one process can hold it.
    await ctx.db.update(emails).set({ leaseExpiresAt: null }).where(eq(emails.status, 'sending'));
  }
  // The operator may just have mended the setting that these wait for.
  const misconfigured = and(eq(emails.status, 'queued'), sql`${emails.error} ->> 'code' = 'mail_misconfigured'`);
  await ctx.db.update(emails).set({ nextAttemptAt: sql`now() - interval '1 minute'` }).where(misconfigured);
  await ctx.queue.work(sendEmailJob, concurrency, ({ emailId }, signal) =>
    deliverEmail(ctx, emailId, signal, reported, timing),
  );
  const sweep = () =>
    sweepEmails(ctx).catch((error) => ctx.log.warn({ err: error }, 'looking for stranded mails failed'));
  const wipe = () => wipeEmails(ctx).catch((error) => ctx.log.warn({ err: error }, 'wiping old mails failed'));
  const timers = [setInterval(sweep, sweepMs), setInterval(wipe, wipeMs)];
  await sweep();
  await wipe();
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}

/**
 * Enqueues every mail that is stranded: being sent under a lease that ran out, or due for a while without a job that
 * will come soon. A job too many is harmless, because only one of them gets the lease. Returns how many were found.
 */
export async function sweepEmails(ctx: Pick<AppContext, 'db' | 'queue'>): Promise<number> {
  const stranded = await ctx.db
    .select({ id: emails.id })
    .from(emails)
    .where(
      or(
        abandoned,
        setByAnotherClock,
        and(
          eq(emails.status, 'queued'),
          sql`coalesce(${emails.nextAttemptAt}, ${emails.createdAt}) < now() - interval '5 seconds'`,
          sql`not exists (select 1 from pgboss.job where name = ${sendEmailJob.name} and state in ('created', 'retry', 'active') and start_after < now() + interval '15 seconds' and data ->> 'emailId' = ${emails.id}::text)`,
        ),
      ),
    )
    .limit(100);
  for (const { id } of stranded) await ctx.queue.enqueue(ctx.db, sendEmailJob, { emailId: id });
  return stranded.length;
}

/**
 * Wipes what mails say once nobody needs it: some time after one could not be delivered, until when it can be sent again,
 * or was kept for an admin; and whenever the link in it has stopped working. Later the whole entry goes: the addresses in
 * it belong to people.
 */
export async function wipeEmails({ db }: Pick<AppContext, 'db'>): Promise<void> {
  await db
    .update(emails)
    .set({ content: null, contentKeyId: null })
    .where(
      and(
        isNotNull(emails.content),
        inArray(emails.status, ['failed', 'bounced', 'kept']),
        or(
          lt(emails.failedAt, longAgo('failedMailText')),
          lt(emails.expiresAt, sql`now()`),
          and(eq(emails.status, 'kept'), lt(emails.createdAt, longAgo('keptMailText'))),
        ),
      ),
    );
  await db
    .delete(emails)
    .where(and(inArray(emails.status, ['sent', 'failed', 'bounced', 'kept']), lt(emails.createdAt, longAgo('mails'))));
}
