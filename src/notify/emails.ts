import { sql } from 'drizzle-orm';
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
