import type { AppContext } from '../context.ts';
import { lastOutcomes } from './queries.ts';

/**
 * How mail is, from what became of the last mails: asking the mail server at every look would be a burden on it. `down`
 * when a mail could not be handed over and none has been since; a refused recipient says nothing about the server.
 */
export async function emailHealth(ctx: Pick<AppContext, 'config' | 'db'>): Promise<'up' | 'down' | 'not configured'> {
  if (ctx.config.mail.kind === 'none') return 'not configured';
  const { sentAt, failedAt } = await lastOutcomes(ctx.db);
  return failedAt !== null && (sentAt === null || failedAt > sentAt) ? 'down' : 'up';
}
