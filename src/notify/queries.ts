import { and, desc, eq, lt, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { type Email, type EmailStatus, emails } from './schema.ts';

/** Everyone's mails, newest first; one more than `limit`, to know whether there is a next page. */
export async function listEmails(
  db: Db,
  query: { limit: number; cursor?: string | undefined; status?: EmailStatus | undefined },
): Promise<Email[]> {
  return db
    .select()
    .from(emails)
    .where(
      and(
        query.cursor ? lt(emails.id, query.cursor) : undefined,
        query.status ? eq(emails.status, query.status) : undefined,
      ),
    )
    .orderBy(desc(emails.id))
    .limit(query.limit + 1);
}

/**
 * When a mail was last taken by the mail server, and when one last could not be handed over for a reason of the
 * server's. Of the last day, in which whatever still waits has been tried again.
 */
export async function lastOutcomes(db: Db): Promise<{ sentAt: Date | null; failedAt: Date | null }> {
  const time = (value: unknown) => (value === null ? null : new Date(String(value)));
  const [row] = await db
    .select({
      sentAt: sql`max(${emails.sentAt})`.mapWith(time),
      failedAt:
        sql`max(${emails.lastAttemptAt}) filter (where ${emails.error} ->> 'code' in ('mail_unavailable', 'mail_misconfigured'))`.mapWith(
          time,
        ),
    })
    .from(emails)
    .where(sql`${emails.lastAttemptAt} > now() - interval '25 hours'`);
  return row ?? { sentAt: null, failedAt: null };
}
