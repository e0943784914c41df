import { z } from 'zod';
import type { AppContext } from '../context.ts';
import { AppError, type StoredError, toStoredError } from '../errors.ts';
import { openContent } from './content.ts';
import { type Email, type EmailKind, emailKinds, emailStatuses } from './schema.ts';

const time = z.iso.datetime();

/** A mail of the outbox, for an admin. */
export const emailSchema = z
  .object({
    id: z.uuid(),
    userId: z.uuid().nullable().meta({ description: 'Whose it is; null for an address without an account' }),
    to: z.string(),
    kind: z.enum(emailKinds),
    subject: z.string(),
    status: z.enum(emailStatuses),
    attempts: z.int(),
    nextAttemptAt: time.nullable(),
    error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
    createdAt: time,
    sentAt: time.nullable(),
    text: z.string().nullable().meta({
      description: 'Only while no mail is configured: otherwise it is between the mail and its reader',
    }),
  })
  .meta({ id: 'Email' });

/**
 * Mails that say what is in an account: its articles, sites and schedules are nobody's business but its own. An admin sees
 * that there was one, under these words.
 */
const insideWords: Partial<Record<EmailKind, string>> = {
  'site-failing': 'Nothing can be published on a site at present',
  'dead-links': 'Links to posts that are gone',
  hold: 'An article goes public unless it is held',
  'needs-approval': 'An article waits for approval',
  'schedule-stopped': 'A schedule cannot go on',
};

const iso = (date: Date | null) => date?.toISOString() ?? null;

/**
 * Puts a mail into words for an admin. The text is shown only of a mail that was kept while no mail is configured,
 * because nobody could read it otherwise, and never of one about what is in an account: with mail, an admin could take over accounts by the links of others.
 */
export function presentEmail(
  { config, secrets }: Pick<AppContext, 'config' | 'secrets'>,
  row: Email,
): z.infer<typeof emailSchema> {
  const readable = config.mail.kind === 'none' && row.status === 'kept' && !(row.kind in insideWords);
  const { text, error } = readable ? readText(secrets, row) : { text: null, error: null };
  return {
    id: row.id,
    userId: row.userId,
    to: row.toAddress,
    kind: row.kind,
    subject: insideWords[row.kind] ?? row.subject,
    status: row.status,
    attempts: row.attempts,
    nextAttemptAt: iso(row.nextAttemptAt),
    error: row.error ?? error,
    createdAt: row.createdAt.toISOString(),
    sentAt: iso(row.sentAt),
    text,
  };
}

/** One mail from before a change of APP_SECRET must not keep the others of a list from being read. */
function readText(secrets: AppContext['secrets'], row: Email): { text: string | null; error: StoredError | null } {
  try {
    return { text: openContent(secrets, row)?.text ?? null, error: null };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { text: null, error: toStoredError(error) };
  }
}
