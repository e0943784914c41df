import { eq, sql } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import { queryRows } from '../db/open.ts';
import { openContent } from './content.ts';
import { enqueueEmail, type NewEmail } from './emails.ts';
import { sendEmailJob } from './jobs.ts';
import { emails } from './schema.ts';

let app: TestApp;
afterEach(() => app.close());

const link = 'https://posts.example.com/reset?token=a-token-of-44-letters';
const resetMail: NewEmail = {
  userId: null,
  to: 'ada@example.org',
  kind: 'reset-password',
  subject: 'Reset your password',
  text: `Choose a new password:\n${link}\n`,
  html: `<a href="${link}">Choose</a>`,
};
const smtp = { SMTP_URL: 'smtp://127.0.0.1:9', MAIL_FROM: 'Posts <posts@mail.example.com>' };

async function jobs({ db }: AppContext): Promise<number> {
  return (await queryRows(db, sql`select 1 from pgboss.job where name = ${sendEmailJob.name}`)).length;
}

test('a mail and its job exist only if the transaction that caused them commits', async () => {
  app = await startTestApp({ env: smtp });
  const { ctx } = app;
  await expect(
    ctx.db.transaction(async (tx) => {
      await enqueueEmail(ctx, tx, resetMail);
      throw new Error('rolled back');
    }),
  ).rejects.toThrow('rolled back');
  expect(await ctx.db.$count(emails)).toBe(0);
  expect(await jobs(ctx)).toBe(0);

  const { id } = await ctx.db.transaction((tx) => enqueueEmail(ctx, tx, resetMail));
  const [row] = await ctx.db.select().from(emails).where(eq(emails.id, id));
  expect(row).toMatchObject({ status: 'queued', attempts: 0, messageId: `<${id}@mail.example.com>`, error: null });
  expect(await jobs(ctx)).toBe(1);
});

test('the link in a mail is not readable in the database, nor in the log while mail is configured', async () => {
  app = await startTestApp({ env: smtp });
  const { ctx } = app;
  const row = await ctx.db.transaction((tx) => enqueueEmail(ctx, tx, resetMail));
  expect(JSON.stringify(row)).not.toContain('a-token-of-44-letters');
  expect(openContent(ctx.secrets, row)).toEqual({ text: resetMail.text, html: resetMail.html });
  expect(app.logs.join('')).not.toContain('a-token-of-44-letters');
});

test('with no mail configured a mail is kept, and logged only on the embedded database', async () => {
  app = await startTestApp();
  const { ctx } = app;
  const row = await ctx.db.transaction((tx) => enqueueEmail(ctx, tx, resetMail));
  expect(row).toMatchObject({ status: 'kept', nextAttemptAt: null });
  expect(await jobs(ctx)).toBe(0);
  expect(app.logs.filter((line) => line.includes('a-token-of-44-letters'))).toHaveLength(1);

  const onPostgres = {
    ...ctx,
    config: { ...ctx.config, database: { kind: 'postgres' as const, caCertificate: null, poolSize: 5 } },
  };
  await ctx.db.transaction((tx) => enqueueEmail(onPostgres, tx, resetMail));
  expect(app.logs.filter((line) => line.includes('a-token-of-44-letters'))).toHaveLength(1);
});

test('a mail is tried until its link stops working, and for three days at most', async () => {
  app = await startTestApp({ env: smtp });
  const { ctx } = app;
  const soon = new Date(Date.now() + 3_600_000);
  const late = new Date(Date.now() + 7 * 86_400_000);
  const short = await ctx.db.transaction((tx) => enqueueEmail(ctx, tx, { ...resetMail, expiresAt: soon }));
  const long = await ctx.db.transaction((tx) => enqueueEmail(ctx, tx, { ...resetMail, expiresAt: late }));
  expect(short.giveUpAt).toEqual(soon);
  expect(long.giveUpAt.getTime() - long.createdAt.getTime()).toBe(3 * 86_400_000);
});

test('what is not exactly one address is refused', async () => {
  app = await startTestApp({ env: smtp });
  const { ctx } = app;
  const wrong = [
    'ada@example.org, eve@example.org',
    'ada@example.org\r\nBcc: eve@example.org',
    'Ada <ada@example.org>',
    '"ada@evil.example x"@example.org',
    'ada@[127.0.0.1]',
    'ada',
    '@example.org',
    `${'a'.repeat(65)}@example.org`,
    '',
  ];
  for (const to of wrong) {
    const refused = ctx.db.transaction((tx) => enqueueEmail(ctx, tx, { ...resetMail, to }));
    await expect(refused, to).rejects.toMatchObject({ code: 'invalid_request' });
  }
  expect(await ctx.db.$count(emails)).toBe(0);
});

test('a mail outlives the account that it is about', async () => {
  app = await startTestApp({ env: smtp });
  const { ctx } = app;
  const userId = newId();
  await ctx.db.execute(sql`insert into users (id, name, email) values (${userId}, 'Ada', 'ada@example.org')`);
  const { id } = await ctx.db.transaction((tx) =>
    enqueueEmail(ctx, tx, { ...resetMail, userId, kind: 'account-deleted' }),
  );
  await ctx.db.execute(sql`delete from users where id = ${userId}`);
  const [row] = await ctx.db.select().from(emails).where(eq(emails.id, id));
  expect(row).toMatchObject({ userId: null, toAddress: 'ada@example.org', status: 'queued' });
});

test('a subject cannot begin another header, whoever wrote it', async () => {
  app = await startTestApp({ env: smtp });
  const { ctx } = app;
  const subject = 'Hello\r\nBcc: eve@example.org';
  const row = await ctx.db.transaction((tx) => enqueueEmail(ctx, tx, { ...resetMail, subject }));
  expect(row.subject).toBe('Hello Bcc: eve@example.org');
});
