import { eq } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { enqueueEmail, type NewEmail } from './emails.ts';
import { emails } from './schema.ts';

const smtp = { SMTP_URL: 'smtp://posts:hunter2hunter2@127.0.0.1:9' };
const token = 'QmFzZTY0LXRva2VuLWZvci10ZXN0cw';

let app: TestApp;
afterEach(() => app.close());

const give = (more: Partial<NewEmail> = {}) =>
  app.ctx.db.transaction((tx) =>
    enqueueEmail(app.ctx, tx, {
      userId: app.ctx.ownerId,
      to: 'ada@example.org',
      kind: 'verify-email',
      subject: 'Confirm',
      text: `token=${token}`,
      html: `<p>${token}</p>`,
      ...more,
    }),
  );
async function ask(method: 'GET' | 'POST', url: string) {
  const answer = await app.server.inject({ method, url: `/api/v1${url}`, headers: { host: 'localhost' } });
  return { status: answer.statusCode, body: answer.json(), text: answer.body };
}

test('without mail an admin reads what mails say; newest first, by pages, by status', async () => {
  app = await startTestApp();
  const rows = [await give(), await give({ subject: 'Second' }), await give({ subject: 'Third' })];
  const first = await ask('GET', '/admin/emails?limit=2');
  expect(first.status).toBe(200);
  expect(first.body.items.map(({ subject }: { subject: string }) => subject)).toEqual(['Third', 'Second']);
  const rest = await ask('GET', `/admin/emails?limit=2&cursor=${first.body.nextCursor}`);
  expect(rest.body).toMatchObject({
    items: [
      {
        id: rows[0]?.id,
        userId: app.ctx.ownerId,
        to: 'ada@example.org',
        kind: 'verify-email',
        subject: 'Confirm',
        status: 'kept',
        attempts: 0,
        nextAttemptAt: null,
        error: null,
        sentAt: null,
        text: `token=${token}`,
      },
    ],
    nextCursor: null,
  });
  expect((await ask('GET', '/admin/emails?status=sent')).body.items).toEqual([]);
  expect((await ask('GET', '/admin/emails?status=kept')).body.items).toHaveLength(3);
  expect((await ask('GET', '/admin/emails?status=nonsense')).status).toBe(422);
});

test('with mail no answer holds what a mail says, nor how the mail server is signed in to', async () => {
  app = await startTestApp({ env: smtp });
  const row = await give();
  const kept = await give();
  await app.ctx.db.update(emails).set({ status: 'kept' }).where(eq(emails.id, kept.id));
  const list = await ask('GET', '/admin/emails');
  const again = await ask('POST', `/admin/emails/${row.id}/resend`);
  expect(list.body.items).toMatchObject([{ text: null }, { text: null }]);
  expect(again).toMatchObject({ status: 202, body: { text: null, status: 'queued' } });
  expect(list.text + again.text + app.logs.join('')).not.toMatch(/QmFzZTY0|hunter2/);
});

test('a mail can be sent again while it can be sent at all', async () => {
  app = await startTestApp({ env: smtp });
  const row = await give();
  await app.ctx.db.update(emails).set({ status: 'failed', attempts: 9 }).where(eq(emails.id, row.id));
  const again = await ask('POST', `/admin/emails/${row.id}/resend`);
  expect(again).toMatchObject({ status: 202, body: { status: 'queued', attempts: 0, error: null } });
  await app.ctx.db.update(emails).set({ status: 'sent' }).where(eq(emails.id, row.id));
  expect(await ask('POST', `/admin/emails/${row.id}/resend`)).toMatchObject({
    status: 409,
    body: { code: 'invalid_state' },
  });
  expect((await ask('POST', `/admin/emails/${app.ctx.ownerId}/resend`)).status).toBe(404);
  expect((await ask('POST', '/admin/emails/nonsense/resend')).status).toBe(422);
});

test('without mail nothing can be sent again', async () => {
  app = await startTestApp();
  const row = await give();
  expect(await ask('POST', `/admin/emails/${row.id}/resend`)).toMatchObject({
    status: 409,
    body: { detail: 'No mail is configured.', hint: expect.stringContaining('SMTP_URL') },
  });
});

test('a mail from before a change of APP_SECRET hides no other', async () => {
  app = await startTestApp();
  const unreadable = await give();
  await give();
  const change = { contentKeyId: 'of-another-key' };
  await app.ctx.db.update(emails).set(change).where(eq(emails.id, unreadable.id));
  const { items } = (await ask('GET', '/admin/emails')).body;
  expect(items[0]).toMatchObject({ text: `token=${token}` });
  expect(items[1]).toMatchObject({ text: null, error: { code: 'secret_unreadable' } });
});

test.each(['hold', 'needs-approval', 'schedule-stopped', 'site-failing', 'dead-links'] as const)(
  'a mail about what is in an account (%s) tells an admin neither its words nor its subject',
  async (kind) => {
    app = await startTestApp();
    await give({ kind, subject: 'Quarterly secrets' });
    const { body, text } = await ask('GET', '/admin/emails');
    expect(body.items).toMatchObject([{ kind, text: null, status: 'kept' }]);
    expect(body.items[0].subject).not.toBe('');
    expect(text).not.toMatch(/Quarterly|token=/);
  },
);
