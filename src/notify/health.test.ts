import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { newId } from '../db/id.ts';
import type { ErrorCode } from '../errors.ts';
import { emailHealth } from './health.ts';
import { type EmailStatus, emails } from './schema.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ env: { SMTP_URL: 'smtp://127.0.0.1:9' } });
});
afterAll(() => app.close());
beforeEach(() => app.ctx.db.delete(emails));

/** A mail whose last attempt was so many minutes ago, and failed with a code unless it was sent. */
async function given(status: EmailStatus, minutesAgo: number, code?: ErrorCode): Promise<void> {
  const at = new Date(Date.now() - minutesAgo * 60_000);
  await app.ctx.db.insert(emails).values({
    id: newId(),
    toAddress: 'ada@example.org',
    kind: 'operator-message',
    subject: 'x',
    status,
    messageId: '<x@y>',
    giveUpAt: at,
    lastAttemptAt: at,
    sentAt: status === 'sent' ? at : null,
    error: code ? { code, message: 'x', hint: 'x' } : null,
  });
}

test('mail is up while nothing has gone wrong, also before the first one', async () => {
  expect(await emailHealth(app.ctx)).toBe('up');
  await given('sent', 1);
  expect(await emailHealth(app.ctx)).toBe('up');
});

test('mail is down from a failure of the server or of a setting until the next one that is taken', async () => {
  for (const code of ['mail_unavailable', 'mail_misconfigured'] as const) {
    await app.ctx.db.delete(emails);
    await given('sent', 10);
    await given('queued', 5, code);
    expect(await emailHealth(app.ctx)).toBe('down');
    await given('sent', 1);
    expect(await emailHealth(app.ctx)).toBe('up');
  }
});

test('a refused recipient and what failed days ago say nothing about the server', async () => {
  await given('bounced', 1, 'mail_refused');
  await given('failed', 3 * 24 * 60, 'mail_unavailable');
  expect(await emailHealth(app.ctx)).toBe('up');
});

test('without mail it is not configured, whatever was before', async () => {
  await given('queued', 5, 'mail_unavailable');
  const config = { ...app.ctx.config, mail: { from: 'a@b', kind: 'none' as const } };
  expect(await emailHealth({ ...app.ctx, config })).toBe('not configured');
});
