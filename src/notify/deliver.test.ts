import { eq, sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MailServer, startMailServer } from '../../test/fakes/mail-server.ts';
import { Killed, mortalContext } from '../../test/fakes/mortal-context.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';
import { openContent } from './content.ts';
import { deliverEmail, type SendingTiming } from './deliver.ts';
import { enqueueEmail, type NewEmail, resendEmail } from './emails.ts';
import { emailHealth } from './health.ts';
import { assertLease, claimEmail, releaseLease } from './lease.ts';
import { type Email, emails } from './schema.ts';
import { createSmtpMailer } from './smtp.ts';
import { sweepEmails, wipeEmails } from './worker.ts';

let app: TestApp;
let ctx: AppContext;
let server: MailServer;
const never = new AbortController().signal;
const minute = 60_000;
const timing: SendingTiming = { leaseMs: 10_000, leaseRenewMs: 1_000, retryDelaysMs: [minute, 5 * minute] };
const password = 'hunter2-of-the-mail-server';
const token = 'QmFzZTY0LXRva2VuLWZvci10ZXN0cw';
const from = 'Posts <posts@mail.example.com>';
let reported: Set<string>;

beforeAll(async () => {
  app = await startTestApp({ env: { SMTP_URL: 'smtp://127.0.0.1:9', MAIL_FROM: from } });
});
afterAll(() => app.close());
beforeEach(async () => {
  server = await startMailServer({ user: 'posts', password });
  ctx = { ...app.ctx, mailer: createSmtpMailer({ url: server.url, from }) };
  reported = new Set();
  app.logs.length = 0;
  await ctx.db.delete(emails);
});
afterEach(async () => {
  await ctx.mailer.close();
  await server.close();
});

const given = (more: Partial<NewEmail> = {}): Promise<Email> =>
  ctx.db.transaction((tx) =>
    enqueueEmail(ctx, tx, {
      userId: null,
      to: 'ada@example.org',
      kind: 'reset-password',
      subject: 'Reset your password',
      text: `Choose a new one:\nhttps://posts.example.com/reset?token=${token}\n`,
      html: `<a href="https://posts.example.com/reset?token=${token}">Choose</a>`,
      ...more,
    }),
  );
const deliver = (row: Email, using = ctx, signal = never) => deliverEmail(using, row.id, signal, reported, timing);
const set = (row: Email, change: Record<string, unknown>) =>
  ctx.db.update(emails).set(change).where(eq(emails.id, row.id));
const makeDue = (row: Email) => set(row, { nextAttemptAt: sql`now()` });
const expireLease = (row: Email) => set(row, { leaseExpiresAt: sql`now() - interval '1 second'` });
async function now(row: Email): Promise<Email> {
  const [found] = await ctx.db.select().from(emails).where(eq(emails.id, row.id));
  if (!found) throw new Error('the mail is gone');
  return found;
}

describe('sending a mail', () => {
  it('hands it over once, stores that, and wipes what it said', async () => {
    const row = await given();
    await deliver(row);
    await deliver(row);
    expect(server.mails).toHaveLength(1);
    expect(server.mails[0]?.parsed).toMatchObject({ messageId: row.messageId, subject: row.subject });
    expect(server.mails[0]?.raw).toContain(token);
    expect(await now(row)).toMatchObject({
      status: 'sent',
      attempts: 1,
      sentAt: expect.any(Date),
      content: null,
      contentKeyId: null,
      error: null,
      leaseExpiresAt: null,
    });
  });

  it('tries again after a passing refusal, and then arrives exactly once', async () => {
    let refusals = 1;
    server.onMail = () => (refusals-- > 0 ? { code: 451, text: '4.7.1 Greylisted, try again later' } : null);
    const row = await given();
    const before = Date.now();
    await deliver(row);
    const waiting = await now(row);
    expect(waiting).toMatchObject({ status: 'queued', attempts: 1, error: { code: 'mail_unavailable' } });
    expect(waiting.error?.message).toContain('Greylisted');
    const delay = (waiting.nextAttemptAt?.getTime() ?? 0) - before;
    expect(delay).toBeGreaterThan(minute - 1_000);
    expect(delay).toBeLessThan(1.2 * minute + 5_000);
    // Not before its time, whoever asks.
    await deliver(row);
    expect(server.mails).toEqual([]);
    await makeDue(row);
    await deliver(row);
    await deliver(row);
    expect(server.mails).toHaveLength(1);
    expect(await now(row)).toMatchObject({ status: 'sent', attempts: 2, error: null });
  });

  it('records a bounce with the words of the server, and the others still go', async () => {
    server.onRecipient = (address) =>
      address === 'gone@example.org' ? { code: 550, text: '5.1.1 No such user here' } : null;
    const rows = [await given(), await given({ to: 'gone@example.org' }), await given({ to: 'bob@example.org' })];
    await Promise.all(rows.map((row) => deliver(row)));
    expect((await Promise.all(rows.map(now))).map(({ status }) => status)).toEqual(['sent', 'bounced', 'sent']);
    const bounced = await now(rows[1] as Email);
    expect(bounced).toMatchObject({ failedAt: expect.any(Date), nextAttemptAt: null, error: { code: 'mail_refused' } });
    expect(bounced.error?.message).toContain('550 5.1.1 No such user here');
    expect(server.mails.flatMap(({ to }) => to).sort()).toEqual(['ada@example.org', 'bob@example.org']);
  });

  it('keeps trying with a wrong password, says so once in the log, and goes out when it is right', async () => {
    const right = ctx.mailer;
    const wrong = createSmtpMailer({ url: `smtp://posts:mistyped-pass@127.0.0.1:${server.port}`, from });
    const rows = [await given(), await given({ to: 'bob@example.org' })];
    ctx.mailer = wrong;
    for (const row of rows) await deliver(row);
    expect(await now(rows[0] as Email)).toMatchObject({ status: 'queued', error: { code: 'mail_misconfigured' } });
    expect((await now(rows[0] as Email)).error?.hint).toContain('SMTP_URL');
    const errors = app.logs.filter((line) => JSON.parse(line).level >= 50);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain('535');
    expect(await emailHealth(ctx)).toBe('down');
    ctx.mailer = right;
    for (const row of rows) {
      await makeDue(row);
      await deliver(row);
    }
    expect(server.mails).toHaveLength(2);
    expect(await emailHealth(ctx)).toBe('up');
  });

  it('waits for a server that is down, and arrives once when it is back', async () => {
    const { port } = server;
    await server.close();
    const row = await given();
    await deliver(row);
    await makeDue(row);
    await deliver(row);
    expect(await now(row)).toMatchObject({ status: 'queued', attempts: 2, error: { code: 'mail_unavailable' } });
    server = await startMailServer({ user: 'posts', password, port });
    await makeDue(row);
    await deliver(row);
    expect(server.mails).toHaveLength(1);
    expect(await now(row)).toMatchObject({ status: 'sent', attempts: 3 });
  });

  it('sends again with the same Message-ID when the connection breaks before the answer: better twice than never', async () => {
    server.onMail = () => (server.mails.length === 0 ? 'drop' : null);
    const row = await given();
    await deliver(row);
    expect(await now(row)).toMatchObject({ status: 'queued' });
    await makeDue(row);
    await deliver(row);
    expect(server.mails.map(({ parsed }) => parsed.messageId)).toEqual([row.messageId, row.messageId]);
    expect(await now(row)).toMatchObject({ status: 'sent' });
  });

  it('does not send a link that has stopped working, and says why it never went', async () => {
    server.onMail = () => ({ code: 451, text: 'not now' });
    const row = await given({ expiresAt: new Date(Date.now() + 3_600_000) });
    await deliver(row);
    await set(row, { expiresAt: sql`now()`, giveUpAt: sql`now()`, nextAttemptAt: sql`now()` });
    server.onMail = () => null;
    await deliver(row);
    expect(server.mails).toEqual([]);
    const failed = await now(row);
    expect(failed).toMatchObject({ status: 'failed', failedAt: expect.any(Date) });
    expect(failed.error?.message).toMatch(/before its link stopped working.*not now/);
  });

  it('does not put an attempt off beyond the time at which the mail is given up', async () => {
    server.onMail = () => ({ code: 451, text: 'not now' });
    const soon = new Date(Date.now() + 20_000);
    const row = await given({ expiresAt: soon });
    await deliver(row);
    expect((await now(row)).nextAttemptAt).toEqual(soon);
  });

  it('waits as long as a service asks for, and a day at most', async () => {
    const busyUntil = (ms: number) => ({
      ...ctx.mailer,
      send: async () => {
        throw new AppError('mail_unavailable', 'Busy.', { retryAt: new Date(Date.now() + ms) });
      },
    });
    for (const [asked, wait] of [
      [20 * minute, 20 * minute],
      [48 * 60 * minute, 24 * 60 * minute],
    ] as const) {
      const row = await given();
      await deliver(row, { ...ctx, mailer: busyUntil(asked) });
      const delay = ((await now(row)).nextAttemptAt?.getTime() ?? 0) - Date.now();
      expect(Math.abs(delay - wait)).toBeLessThan(10_000);
    }
  });

  it('keeps what waits when mail is configured no more', async () => {
    const row = await given();
    await deliver(row, { ...ctx, mailer: { ...ctx.mailer, kind: 'none' } });
    expect(await now(row)).toMatchObject({ status: 'kept', content: expect.any(String) });
    expect(server.mails).toEqual([]);
  });

  it('fails a mail that another APP_SECRET has encrypted, and says which mend there is', async () => {
    const row = await given();
    await deliver(row, { ...ctx, secrets: { ...ctx.secrets, appSecret: 'another secret of forty characters......' } });
    expect(await now(row)).toMatchObject({ status: 'failed', error: { code: 'secret_unreadable' } });
  });

  it('says nothing of password, link or address in the log, whatever happens', async () => {
    const row = await given();
    server.onMail = ({ raw }) => ({ code: 554, text: `spam: ${/https:\S+/.exec(raw)?.[0]} token ${token}` });
    await deliver(row);
    ctx.mailer = createSmtpMailer({ url: `smtp://posts:${password}x@127.0.0.1:${server.port}`, from });
    await deliver(await given());
    const logged = app.logs.join('');
    expect(logged).toContain('spam');
    for (const secret of [password, token, 'ada@example.org']) expect(logged).not.toContain(secret);
    expect(JSON.stringify(await now(row))).not.toContain(token);
  });
});

describe('workers that die, freeze or race', () => {
  it('lose no mail at any point of dying, and send one twice only after an answer that was not stored', async () => {
    const twice: number[] = [];
    let killedAt = 0;
    for (;;) {
      killedAt += 1;
      server.mails.length = 0;
      const row = await given();
      const doomed = mortalContext(ctx, killedAt);
      await deliver(row, doomed.ctx).catch((error: unknown) => {
        if (!(error instanceof Killed)) throw error;
      });
      if (!doomed.killed()) break;
      expect((await now(row)).status).toBe(killedAt === 1 ? 'queued' : 'sending');
      // While the lease of the dead one runs, nobody else begins.
      if (killedAt > 1) await deliver(row);
      expect(server.mails.length, `killed at ${killedAt}`).toBeLessThanOrEqual(1);
      await expireLease(row);
      await deliver(row);
      await deliver(row);
      expect(await now(row)).toMatchObject({ status: 'sent', content: null });
      expect(new Set(server.mails.map(({ parsed }) => parsed.messageId))).toEqual(new Set([row.messageId]));
      if (server.mails.length > 1) twice.push(killedAt);
    }
    // Claim, look at the lease, hand over, store: the fourth is the gap that deliverEmail documents.
    expect(killedAt).toBe(5);
    expect(twice).toEqual([4]);
  });

  it('send once when several take the same mail at the same time', async () => {
    const row = await given();
    await Promise.all([deliver(row), deliver(row), deliver(row), deliver(row)]);
    expect(server.mails).toHaveLength(1);
    expect(await now(row)).toMatchObject({ status: 'sent', attempts: 1 });
  });

  it('send nothing once another has taken over', async () => {
    const row = await given();
    // The first worker freezes between taking the mail and sending it, for longer than its lease.
    const claim = await claimEmail(ctx.db, row.id, timing.leaseMs);
    expect(claim).not.toBeNull();
    await expireLease(row);
    await deliver(row);
    const lease = { id: row.id, lease: claim?.lease ?? 0, leaseMs: timing.leaseMs };
    await expect(assertLease(ctx.db, lease)).rejects.toMatchObject({ code: 'lease_lost' });
    await expect(releaseLease(ctx.db, lease, { status: 'queued' })).rejects.toMatchObject({ code: 'lease_lost' });
    expect(server.mails).toHaveLength(1);
    expect(await now(row)).toMatchObject({ status: 'sent', attempts: 2 });
  });

  it('find what is stranded: taken by a worker that died, without a job, or put off by a wrong clock', async () => {
    const rows = [await given(), await given(), await given(), await given()];
    await ctx.db.execute(sql`delete from pgboss.job where name = 'email-send'`);
    const [dead, jobless, wrongClock, later] = rows as [Email, Email, Email, Email];
    await set(dead, { status: 'sending', leaseExpiresAt: sql`now() - interval '1 second'` });
    await set(jobless, { nextAttemptAt: sql`now() - interval '1 minute'` });
    await set(wrongClock, { nextAttemptAt: sql`now() + interval '10 days'` });
    await set(later, { nextAttemptAt: sql`now() + interval '1 hour'` });
    expect(await sweepEmails(ctx)).toBe(3);
    for (const row of rows) await deliver(row);
    expect((await Promise.all(rows.map(now))).map(({ status }) => status)).toEqual(['sent', 'sent', 'sent', 'queued']);
  });
});

describe('what mails said', () => {
  it('is kept for a day after a failure, for thirty without mail, and never longer than the link works', async () => {
    const day = (days: number) => sql`now() - ${`${days} days`}::interval`;
    const expected: [Record<string, unknown>, 'kept' | 'wiped'][] = [
      [{ status: 'failed', failedAt: day(0.9) }, 'kept'],
      [{ status: 'failed', failedAt: day(1.1) }, 'wiped'],
      [{ status: 'bounced', failedAt: day(1.1) }, 'wiped'],
      [{ status: 'bounced', failedAt: day(0.1), expiresAt: day(0.01) }, 'wiped'],
      [{ status: 'kept', createdAt: day(29) }, 'kept'],
      [{ status: 'kept', createdAt: day(31) }, 'wiped'],
      [{ status: 'kept', expiresAt: day(0.01) }, 'wiped'],
      [{ status: 'queued', createdAt: day(40) }, 'kept'],
      [{ status: 'sending', createdAt: day(40) }, 'kept'],
    ];
    const rows: Email[] = [];
    for (const [change] of expected) {
      const row = await given();
      await set(row, change);
      rows.push(row);
    }
    const old = await given();
    await set(old, { status: 'sent', createdAt: day(91) });
    await wipeEmails(ctx);
    const states = await Promise.all(rows.map(async (row) => ((await now(row)).content === null ? 'wiped' : 'kept')));
    expect(states).toEqual(expected.map(([, state]) => state));
    await expect(now(old)).rejects.toThrow('gone');
  });
});

describe('sending again', () => {
  it('delivers what bounced, and starts its attempts and its time anew', async () => {
    server.onRecipient = () => ({ code: 550, text: 'mailbox full of bees' });
    const row = await given();
    await deliver(row);
    server.onRecipient = () => null;
    await set(row, { giveUpAt: sql`now()` });
    const again = await resendEmail(ctx, row.id);
    expect(again).toMatchObject({ status: 'queued', attempts: 0, error: null, failedAt: null });
    expect(openContent(ctx.secrets, again)?.text).toContain(token);
    await deliver(row);
    expect(server.mails).toHaveLength(1);
    expect(server.mails[0]?.parsed.messageId).toBe(row.messageId);
  });

  it.each([
    ['was sent', { status: 'sent' }, 'has been sent'],
    ['is being sent', { status: 'sending' }, 'being sent'],
    ['was wiped', { status: 'failed', content: null, contentKeyId: null }, 'not kept'],
    ['has expired', { status: 'failed', expiresAt: new Date(0) }, 'stopped working'],
  ])('is refused for one that %s', async (_name, change, why) => {
    const row = await given();
    await set(row, change);
    await expect(resendEmail(ctx, row.id)).rejects.toMatchObject({
      code: 'invalid_state',
      message: expect.stringContaining(why),
    });
    expect(await now(row)).toMatchObject(change);
  });
});
