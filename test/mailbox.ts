import { and, desc, eq } from 'drizzle-orm';
import { openContent } from '../src/notify/content.ts';
import { type EmailKind, emails } from '../src/notify/schema.ts';
import type { TestApp } from './harness.ts';

/** The newest mail of a kind to an address that waits in the outbox, as its reader would see it. */
export async function newestMail(
  app: TestApp,
  to: string,
  kind: EmailKind,
): Promise<{ subject: string; text: string }> {
  const [row] = await app.ctx.db
    .select()
    .from(emails)
    .where(and(eq(emails.toAddress, to), eq(emails.kind, kind)))
    .orderBy(desc(emails.id))
    .limit(1);
  const content = row ? openContent(app.ctx.secrets, row) : null;
  if (!row || !content) throw new Error(`no mail of kind ${kind} to ${to}`);
  return { subject: row.subject, text: content.text };
}

/** The link in that mail: the page that it opens and the token it carries. */
export async function mailedLink(app: TestApp, to: string, kind: EmailKind): Promise<{ page: string; token: string }> {
  const { text } = await newestMail(app, to, kind);
  const [, page, token] = /\/([\w-]+)#token=([\w-]+)/.exec(text) ?? [];
  if (!page || !token) throw new Error(`no link in: ${text}`);
  return { page, token };
}
