import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MailServer, startMailServer } from '../../test/fakes/mail-server.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import type { AppContext } from '../context.ts';
import { emails } from '../notify/schema.ts';
import { createSmtpMailer } from '../notify/smtp.ts';
import { instanceStatus } from '../overview/instance.ts';
import type { Looked } from './decide.ts';
import { listIncidents, recordLook } from './incidents.ts';
import { incidents } from './schema.ts';
import { createLately, createLookout } from './watch.ts';

let app: TestApp;
let mails: MailServer;
let ctx: AppContext;
const never = new AbortController().signal;

beforeAll(async () => {
  mails = await startMailServer();
  // No worker, so that the test says when one was last seen.
  app = await startTestApp({ role: 'web', env: { SMTP_URL: mails.url, ALERT_EMAIL: 'oncall@example.com' } });
  ctx = app.ctx;
});
afterAll(async () => {
  await app.close();
  await mails.close();
});
beforeEach(async () => {
  await ctx.db.delete(incidents);
  await ctx.db.delete(emails);
  mails.mails.length = 0;
});

const looked = (wrong: boolean | null, holdMs = 0): Looked[] => [
  {
    rule: { name: 'budget', holdMs },
    look: wrong === null ? {} : { '': wrong ? { summary: 'Nearly all is spent.', hint: 'Raise the limit.' } : null },
  },
];
const backdate = (minutes: number) =>
  ctx.db.execute(
    sql`update incidents set noticed_at = noticed_at - make_interval(mins => ${minutes}), seen_at = seen_at - make_interval(mins => ${minutes}),
          opened_at = opened_at - make_interval(mins => ${minutes})`,
  );
const sent = () => mails.mails.map(({ parsed }) => parsed.subject);

describe('incidents', () => {
  it('are mailed once, however many processes look at once', async () => {
    const told = await Promise.all(Array.from({ length: 8 }, () => recordLook(ctx, looked(true))));
    expect(told.flat()).toHaveLength(1);
    expect(await ctx.db.$count(emails)).toBe(1);
    const [row] = await ctx.db.select().from(emails);
    expect(row).toMatchObject({
      toAddress: 'oncall@example.com',
      kind: 'alert',
      subject: 'Alert: Nearly all is spent.',
    });
    await backdate(30);
    const over = await Promise.all(Array.from({ length: 8 }, () => recordLook(ctx, looked(false))));
    expect(over.flat()).toHaveLength(1);
    expect(await listIncidents(ctx.db, 10)).toMatchObject([{ rule: 'budget', endedAt: expect.any(String) }]);
  });

  it('that have to last are told when they have', async () => {
    expect(await recordLook(ctx, looked(true, 60_000))).toEqual([]);
    expect(await listIncidents(ctx.db, 10)).toEqual([]);
    await recordLook(ctx, looked(false, 60_000));
    expect(await ctx.db.$count(incidents)).toBe(0);
    await recordLook(ctx, looked(true, 60_000));
    await backdate(2);
    expect(await recordLook(ctx, looked(true, 60_000))).toHaveLength(1);
    expect(await recordLook(ctx, looked(true, 60_000))).toEqual([]);
  });

  it('stand in the database or are not mailed: what fails leaves nothing of both', async () => {
    const queue = { ...ctx.queue, enqueue: () => Promise.reject(new Error('no queue')) };
    await expect(recordLook({ ...ctx, queue }, looked(true))).rejects.toThrow('no queue');
    expect(await ctx.db.$count(incidents)).toBe(0);
    expect(await ctx.db.$count(emails)).toBe(0);
  });

  it('are kept and logged where nobody is to be told by mail', async () => {
    const { monitoring } = ctx.config;
    const quiet = { ...ctx, config: { ...ctx.config, monitoring: { ...monitoring, alertEmail: null } } };
    app.logs.length = 0;
    expect(await recordLook(quiet, looked(true))).toEqual([]);
    expect(await listIncidents(ctx.db, 10)).toMatchObject([{ summary: 'Nearly all is spent.', endedAt: null }]);
    expect(app.logs.join()).toContain('Nearly all is spent.');
  });
});

describe('a look', () => {
  it('mails that the workers are dead by itself, with what to do, and that they are back', async () => {
    const mailer = createSmtpMailer({ url: mails.url, from: 'Posts <posts@example.com>' });
    const look = createLookout({ ...ctx, mailer }, never);
    await ctx.db.execute(
      sql`update pgboss.queue set monitor_on = now() - interval '10 minutes', monitor_claim_on = null`,
    );
    await look();
    expect(sent()).toEqual([]);
    await backdate(2);
    await look();
    expect(sent()).toEqual([expect.stringContaining('Alert: No worker has given a sign of life')]);
    expect(mails.mails[0]?.parsed.text).toContain('--role worker');
    expect(mails.mails[0]?.to).toEqual(['oncall@example.com']);
    await ctx.db.execute(sql`update pgboss.queue set monitor_on = now()`);
    await look();
    expect(sent()).toHaveLength(1);
    await backdate(11);
    await look();
    expect(sent()).toEqual([expect.any(String), expect.stringContaining('Over: No worker')]);
    await mailer.close();
  });

  it('shows an admin what is wrong, with this month’s service levels', async () => {
    await recordLook(ctx, looked(true));
    expect(await instanceStatus(ctx)).toMatchObject({
      incidents: [{ rule: 'budget', summary: 'Nearly all is spent.', hint: 'Raise the limit.', endedAt: null }],
      levels: { answers: { goalSeconds: 2, p95Seconds: null }, backups: { share: null } },
    });
  });
});

it('the answers of the last while are known after four minutes, and not when a day went out of the sums', () => {
  const lately = createLately();
  const minute = 60_000;
  expect(lately({ requests: 100, errors: 1, slow: 0 }, 0)).toBeNull();
  expect(lately({ requests: 150, errors: 1, slow: 0 }, 3 * minute)).toBeNull();
  expect(lately({ requests: 200, errors: 4, slow: 2 }, 5 * minute)).toEqual({ requests: 100, errors: 3, slow: 2 });
  expect(lately({ requests: 250, errors: 5, slow: 2 }, 11 * minute)).toEqual({ requests: 100, errors: 4, slow: 2 });
  expect(lately({ requests: 20, errors: 0, slow: 0 }, 12 * minute)).toBeNull();
});
