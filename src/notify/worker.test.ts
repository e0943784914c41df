import { eq, inArray, sql } from 'drizzle-orm';
import { afterEach, expect, test, vi } from 'vitest';
import { type MailServer, startMailServer } from '../../test/fakes/mail-server.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import type { AppContext } from '../context.ts';
import { openQueue, type Queue } from '../queue/queue.ts';
import type { SendingTiming } from './deliver.ts';
import { enqueueEmail } from './emails.ts';
import { type EmailStatus, emails } from './schema.ts';
import { createSmtpMailer } from './smtp.ts';
import { sweepEmails, workEmails } from './worker.ts';

const timing: SendingTiming = { leaseMs: 10_000, leaseRenewMs: 500, retryDelaysMs: [10] };
const from = 'posts@mail.example.com';

let app: TestApp;
let server: MailServer;
let second: Queue | null = null;
let ends: (() => void)[] = [];
afterEach(async () => {
  for (const end of ends) end();
  ends = [];
  await second?.stop();
  second = null;
  await app.close();
  await server.close();
});

async function start(): Promise<void> {
  server = await startMailServer();
  app = await startTestApp({ env: { SMTP_URL: server.url, MAIL_FROM: from } });
}
const give = ({ ctx }: TestApp, to: string) =>
  ctx.db.transaction((tx) =>
    enqueueEmail(ctx, tx, { userId: null, to, kind: 'operator-message', subject: to, text: to, html: to }),
  );
const count = ({ db }: AppContext, status: EmailStatus) => db.$count(emails, eq(emails.status, status));
const until = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 30_000, interval: 50 });

test('two workers on one database send 30 mails once each, while both sweep all the time', async () => {
  await start();
  const { ctx } = app;
  second = await openQueue(ctx.database, ctx.log, true);
  const other = { ...ctx, queue: second, mailer: createSmtpMailer({ url: server.url, from }) };
  const given = await Promise.all(Array.from({ length: 30 }, (_, index) => give(app, `reader${index}@example.org`)));
  // Every third is refused once, so that retries are among them.
  const refused = new Set<string>();
  server.onRecipient = (address) => {
    if (Number(/\d+/.exec(address)?.[0]) % 3 !== 0 || refused.has(address)) return null;
    refused.add(address);
    return { code: 451, text: 'once more, please' };
  };
  ends = [await workEmails(ctx, timing), await workEmails(other, timing)];
  // Jobs too many, as a sweep of a slow database would make them.
  const ids = given.map(({ id }) => id);
  await ctx.db
    .update(emails)
    .set({ createdAt: sql`now() - interval '1 minute'` as never })
    .where(inArray(emails.id, ids));
  await Promise.all([sweepEmails(ctx), sweepEmails(other)]);
  await until(async () => expect(await count(ctx, 'sent')).toBe(30));
  const arrived = server.mails.flatMap(({ to }) => to);
  expect(arrived).toHaveLength(30);
  expect(new Set(arrived).size).toBe(30);
  expect(refused.size).toBe(10);
  await other.mailer.close();
});

test('what waited for a mended setting goes out at the next start, without waiting for its next attempt', async () => {
  await start();
  const { ctx } = app;
  const row = await give(app, 'ada@example.org');
  const error = { code: 'mail_misconfigured' as const, message: 'wrong', hint: 'mend it' };
  const change = { error, nextAttemptAt: sql`now() + interval '50 minutes'` as never };
  await ctx.db.update(emails).set(change).where(eq(emails.id, row.id));
  await ctx.db.execute(sql`delete from pgboss.job where name = 'email-send'`);
  ends = [await workEmails(ctx, timing)];
  await until(async () => expect(await count(ctx, 'sent')).toBe(1));
  expect(server.mails).toHaveLength(1);
});

test('on the embedded database a start takes over at once what a killed process was sending', async () => {
  await start();
  const { ctx } = app;
  const row = await give(app, 'ada@example.org');
  const change = { status: 'sending' as const, leaseExpiresAt: sql`now() + interval '2 minutes'` as never };
  await ctx.db.update(emails).set(change).where(eq(emails.id, row.id));
  ends = [await workEmails({ ...ctx, config: { ...ctx.config, database: { kind: 'embedded' } } }, timing)];
  await until(async () => expect(await count(ctx, 'sent')).toBe(1));
});

test('a shutdown lets a mail that is on its way arrive, and stores that it did', async () => {
  await start();
  const { ctx } = app;
  const arrived = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  server.onMail = async () => {
    arrived.resolve();
    await release.promise;
    return null;
  };
  await give(app, 'ada@example.org');
  ends = [await workEmails(ctx, timing)];
  await arrived.promise;
  const stopping = ctx.queue.stop();
  release.resolve();
  await stopping;
  await until(async () => expect(await count(ctx, 'sent')).toBe(1));
  expect(server.mails).toHaveLength(1);
});
