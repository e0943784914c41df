import { eq, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { printable } from '../storable.ts';
import { isMailAddress, parseMailbox } from './address.ts';
import { subjectLine } from './compose.ts';
import { sealContent } from './content.ts';
import { sendEmailJob } from './jobs.ts';
import { type Email, type EmailKind, emails } from './schema.ts';

/** A mail to send. `userId` is whose it is; null for an address without an account. */
export interface NewEmail {
  userId: string | null;
  to: string;
  kind: EmailKind;
  subject: string;
  text: string;
  html: string;
  /** When the link in it stops working. */
  expiresAt?: Date;
}

/** When a mail is given up that is queued now: after three days, or when its link stops working. */
export const giveUpAt = (expiresAt: Date | null) =>
  sql`least(now() + interval '3 days', ${expiresAt?.toISOString() ?? null}::timestamptz)`;

/**
 * Puts a mail into the outbox in the caller's transaction: it goes out if that commits, and does not exist otherwise.
 * Nothing is sent here, so no caller waits for a mail server. With no mail configured it is kept for an admin to read;
 * on the embedded database it is logged as well, because the only person there may have no other way to a link.
 * Throws `invalid_request` for an address that is not exactly one.
 */
export async function enqueueEmail(
  ctx: Pick<AppContext, 'config' | 'secrets' | 'queue' | 'log'>,
  tx: Db,
  email: NewEmail,
): Promise<Email> {
  if (!isMailAddress(email.to)) {
    throw new AppError('invalid_request', 'This is not a mail address that can be written to.', {
      hint: 'Write one address, for example name@example.com.',
    });
  }
  const id = newId();
  const { config } = ctx;
  const kept = config.mail.kind === 'none';
  const expiresAt = email.expiresAt ?? null;
  const subject = subjectLine(email.subject);
  const content = { text: printable(email.text), html: printable(email.html) };
  const [row] = await tx
    .insert(emails)
    .values({
      id,
      userId: email.userId,
      toAddress: email.to,
      kind: email.kind,
      subject,
      ...sealContent(ctx.secrets, id, content),
      status: kept ? 'kept' : 'queued',
      nextAttemptAt: kept ? null : sql`now()`,
      messageId: `<${id}@${parseMailbox(config.mail.from).address.split('@')[1]}>`,
      expiresAt,
      giveUpAt: giveUpAt(expiresAt),
    } as unknown as typeof emails.$inferInsert)
    .returning();
  if (!row) throw new AppError('internal', 'A mail was not stored.');
  if (!kept) await ctx.queue.enqueue(tx, sendEmailJob, { emailId: id });
  else if (config.database.kind === 'embedded') {
    ctx.log.info(`no mail is configured; mail to ${row.toAddress}: ${subject}\n${content.text}`);
  }
  return row;
}

/**
 * Sends a mail again, now: one that waits for its next attempt, could not be delivered, or was kept while no mail was
 * configured. Throws `not_found`, and `invalid_state` for one that is sent or being sent, whose content was wiped, or
 * whose link has stopped working.
 */
export async function resendEmail(
  ctx: Pick<AppContext, 'config' | 'db' | 'queue' | 'now'>,
  id: string,
): Promise<Email> {
  return ctx.db.transaction(async (tx) => {
    const [row] = await tx.select().from(emails).where(eq(emails.id, id)).for('update');
    if (!row) throw new AppError('not_found', 'There is no such mail.');
    const obstacle = whyNotAgain(ctx, row);
    if (obstacle) throw new AppError('invalid_state', obstacle.message, { hint: obstacle.hint });
    const [queued] = await tx
      .update(emails)
      .set({
        status: 'queued',
        attempts: 0,
        error: null,
        failedAt: null,
        nextAttemptAt: sql`now()`,
        giveUpAt: giveUpAt(row.expiresAt),
        lease: sql`${emails.lease} + 1`,
      })
      .where(eq(emails.id, id))
      .returning();
    if (!queued) throw new AppError('not_found', 'There is no such mail.');
    await ctx.queue.enqueue(tx, sendEmailJob, { emailId: id });
    return queued;
  });
}

function whyNotAgain({ config, now }: Pick<AppContext, 'config' | 'now'>, row: Email) {
  if (row.status === 'sent' || row.status === 'sending') {
    const what = row.status === 'sent' ? 'has been sent' : 'is being sent at this moment';
    return { message: `This mail ${what}.`, hint: 'Cause a new one, for example by asking for another link.' };
  }
  if (config.mail.kind === 'none') {
    return { message: 'No mail is configured.', hint: 'Set SMTP_URL or SENDGRID_API_KEY, and MAIL_FROM, and restart.' };
  }
  const expired = row.expiresAt !== null && row.expiresAt.getTime() <= now().getTime();
  if (row.content === null || expired) {
    const why = expired ? 'The link in this mail has stopped working.' : 'The text of this mail is not kept any more.';
    return { message: why, hint: 'Cause a new one, for example by asking for another link.' };
  }
  return null;
}
