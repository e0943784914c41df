import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Account, givenAccount } from '../../test/accounts.ts';
import { givenCall, givenSite } from '../../test/factories.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { newestMail } from '../../test/mailbox.ts';
import { monthIn } from '../accounts/month.ts';
import { users } from '../accounts/schema.ts';
import { emails } from '../notify/schema.ts';
import { paidInMonth } from '../pipeline/schedule-spending.ts';
import { pipelines } from '../pipeline/schema.ts';
import { deleteSite } from '../sites/sites.ts';
import { topics } from '../topics/schema.ts';
import { addTopics } from '../topics/topics.ts';
import { webhookDeliveries } from '../webhooks/schema.ts';
import { runDueSchedules } from './run-due.ts';
import { schedules } from './schema.ts';

let app: TestApp;
let ann: Account;
let now = new Date('2026-11-30T12:00:00Z');
beforeAll(async () => {
  app = await startTestApp({ overrides: { now: () => now } });
  ann = await givenAccount(app, 'ann@example.com');
  const events = ['schedule.started', 'schedule.skipped'];
  await ann.api.ask('POST', '/webhooks', { url: 'https://93.184.216.34/hook', events });
});
afterAll(() => app.close());
beforeEach(async () => {
  now = new Date('2026-11-30T12:00:00Z');
  await app.ctx.db.delete(schedules);
  await app.ctx.db.delete(topics);
  await app.ctx.db.delete(emails);
  await app.ctx.db.delete(webhookDeliveries);
  await app.ctx.db.update(pipelines).set({ status: 'cancelled' });
});

const daily = { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], times: ['08:00'] };
async function create(more: object = {}): Promise<{ id: string }> {
  const body = { name: 'Mornings', rule: daily, timeZone: 'UTC', ...more };
  const { status, json } = await ann.api.ask<{ id: string }>('POST', '/schedules', body);
  if (status !== 201) throw new Error(JSON.stringify(json));
  return json;
}
let count = 0;
/** Another number with each call, so that names differ. */
const next = () => {
  count += 1;
  return count;
};
const backlog = (number: number) =>
  app.ctx.db.transaction((tx) =>
    addTopics(
      tx,
      ann.id,
      Array.from({ length: number }, () => ({ topic: `Sourdough question ${next()}` })),
    ),
  );
const propose = (topic: string, score: number, siteId: string | null = null, userId = ann.id) =>
  app.ctx.db.execute(sql`insert into topics (id, user_id, site_id, topic, status, origin, score, sameness)
    values (gen_random_uuid(), ${userId}, ${siteId}, ${topic}, 'proposed', 'gap', ${score}, ${topic})`);
const runOn = async (day: string) => {
  now = new Date(`2026-12-${day}T08:00:00Z`);
  const runs = await runDueSchedules(app.ctx, now);
  await app.ctx.db.execute(
    sql`update schedule_runs set created_at = ${now.toISOString()}::timestamptz where created_at > now() - interval '1 day'`,
  );
  return runs;
};
const mails = () => app.ctx.db.$count(emails, eq(emails.kind, 'schedule-stopped'));
const lastMail = () => newestMail(app, 'ann@example.com', 'schedule-stopped');
const told = async () =>
  (await app.ctx.db.select().from(webhookDeliveries).orderBy(webhookDeliveries.id)).map(({ payload }) => payload);
const warningsOf = async (id: string) =>
  (await ann.api.ask<{ warnings: string[] }>('GET', `/schedules/${id}`)).json.warnings;

describe('a schedule tells', () => {
  it('the webhooks of each time, started or skipped, with the reason', async () => {
    await backlog(1);
    const { id } = await create();
    const [run] = await runOn('01');
    await runOn('02');
    expect(await told()).toMatchObject([
      {
        type: 'schedule.started',
        data: {
          id,
          name: 'Mornings',
          siteId: null,
          slotAt: '2026-12-01T08:00:00.000Z',
          pipelineId: run?.pipelineId,
          reason: null,
        },
      },
      { type: 'schedule.skipped', data: { id, reason: { code: 'no_topic' }, pipelineId: null } },
    ]);
  });

  it('that it has no topics by one mail, and by another only after it had some', async () => {
    await create();
    await runOn('01');
    await runOn('02');
    await runOn('03');
    expect(await mails()).toBe(1);
    expect((await lastMail()).subject).toBe('“Mornings” has no more topics');
    await backlog(1);
    await runOn('04');
    expect(await mails()).toBe(1);
    await runOn('05');
    await runOn('06');
    expect(await mails()).toBe(2);
    // One that it could not take for another reason was there as well.
    await backlog(1);
    await app.ctx.db.update(users).set({ articlesPerMonth: 0 }).where(eq(users.id, ann.id));
    expect(await runOn('07')).toMatchObject([{ reason: { code: 'articles_limit_reached' } }]);
    await app.ctx.db.update(users).set({ articlesPerMonth: null }).where(eq(users.id, ann.id));
    await app.ctx.db.delete(topics);
    await runOn('08');
    expect(await mails()).toBe(3);
  });

  it('that three times in a row came to nothing for a limit, once, until one has begun', async () => {
    await backlog(9);
    const { id } = await create();
    const limit = (articlesPerMonth: number | null) =>
      app.ctx.db.update(users).set({ articlesPerMonth }).where(eq(users.id, ann.id));
    await limit(0);
    await runOn('01');
    expect(await warningsOf(id)).toEqual([expect.stringMatching(/^The last time was skipped: The 0 articles of/)]);
    await runOn('02');
    expect(await mails()).toBe(0);
    await runOn('03');
    await runOn('04');
    expect(await mails()).toBe(1);
    const { subject, text } = await lastMail();
    expect(subject).toBe('“Mornings” was skipped 3 times in a row');
    expect(text).toContain('Wait for the next month');
    expect(await warningsOf(id)).toEqual([expect.stringMatching(/^The last 3 times were skipped/)]);
    await limit(null);
    await runOn('05');
    expect(await warningsOf(id)).toEqual([]);
    await limit(0);
    await runOn('06');
    await runOn('07');
    expect(await mails()).toBe(1);
    await runOn('08');
    expect(await mails()).toBe(2);
    await limit(null);
  });

  it('that it was paused because its site is gone, once', async () => {
    await backlog(1);
    const siteId = await givenSite(app.ctx, `Gone ${next()}`, ann.id);
    await create({ siteId, brief: { publish: 'draft' } });
    await deleteSite(app.ctx, ann.id, siteId);
    await runOn('01');
    await runOn('02');
    expect(await mails()).toBe(1);
    expect((await lastMail()).subject).toBe('“Mornings” was paused: its site is gone');
    expect(await told()).toMatchObject([{ type: 'schedule.skipped', data: { reason: { code: 'not_found' } } }]);
  });

  it('nobody by mail who has no address', async () => {
    await app.ctx.db.update(users).set({ email: null }).where(eq(users.id, ann.id));
    await create();
    await runOn('01');
    await app.ctx.db.update(users).set({ email: 'ann@example.com' }).where(eq(users.id, ann.id));
    expect(await mails()).toBe(0);
  });

  it('nothing that is taken back: a run whose transaction fails leaves neither mail nor event', async () => {
    const { id } = await create();
    // The row of its run is refused.
    await app.ctx.db.execute(
      sql`alter table schedule_runs add constraint nothing_runs check (schedule_id <> ${sql.raw(`'${id}'`)})`,
    );
    try {
      expect(await runOn('01')).toEqual([]);
      expect([await mails(), (await told()).length]).toEqual([0, 0]);
    } finally {
      await app.ctx.db.execute(sql`alter table schedule_runs drop constraint nothing_runs`);
    }
  });
});

describe('proposals', () => {
  it('are taken from an empty backlog, the best first, down to the score of the schedule, and marked', async () => {
    const siteId = await givenSite(app.ctx, `Proposals ${next()}`, ann.id);
    const other = await givenSite(app.ctx, `Other ${next()}`, ann.id);
    await propose('Good enough', 70);
    await propose('Best', 90.5, siteId);
    await propose('Too weak', 69.9);
    await propose('Of another site', 99, other);
    await propose('Of another account', 99, null, (await givenAccount(app, 'eve@example.com')).id);
    await backlog(1);
    const { id } = await create({ siteId, proposalsFromScore: 70 });
    await runOn('01');
    await runOn('02');
    await runOn('03');
    await runOn('04');
    const { json } = await ann.api.ask<{ items: { outcome: string; proposalScore: number | null; topicId: string }[] }>(
      'GET',
      `/schedules/${id}/runs`,
    );
    expect(json.items.map(({ outcome, proposalScore }) => [outcome, proposalScore])).toEqual([
      ['skipped', null],
      ['started', 70],
      ['started', 90.5],
      ['started', null],
    ]);
    const used = await app.ctx.db.select().from(topics).where(eq(topics.status, 'used')).orderBy(topics.usedAt);
    expect(used.map(({ topic }) => topic)).toEqual([expect.stringContaining('Sourdough'), 'Best', 'Good enough']);
  });

  it('are left to a person where the schedule does not say so, and warned of as no topics', async () => {
    await propose('Excellent', 100);
    const { id } = await create();
    expect(await warningsOf(id)).toEqual([expect.stringContaining('no topic')]);
    expect(await runOn('01')).toMatchObject([{ outcome: 'skipped' }]);
    await ann.api.ask('PATCH', `/schedules/${id}`, { proposalsFromScore: 100 });
    expect(await warningsOf(id)).toEqual([]);
    expect(await runOn('02')).toMatchObject([{ outcome: 'started', proposalScore: 100 }]);
  });

  it.each([-1, 101, 'x'])('take no score of %s', async (proposalsFromScore) => {
    const { status } = await ann.api.ask('POST', '/schedules', { rule: daily, proposalsFromScore });
    expect(status).toBe(422);
  });
});

it('counts what its articles have cost, and not what was set aside for them besides', async () => {
  await backlog(2);
  await create({ monthlyBudgetMicroUsd: 2_000_000 });
  const [first] = await runOn('01');
  await app.ctx.db
    .update(pipelines)
    .set({ status: 'succeeded' })
    .where(eq(pipelines.id, first?.pipelineId ?? ''));
  await givenCall(app.ctx.db, {
    userId: ann.id,
    pipelineId: first?.pipelineId ?? '',
    startedAt: now,
    costMicroUsd: 900_000,
    reservedMicroUsd: 1_500_000,
  });
  expect(await runOn('02')).toMatchObject([{ outcome: 'started' }]);
});

it('begins one that its budget is just enough for, beside what others are expected to cost, and none for a millionth less', async () => {
  await backlog(3);
  const { id } = await create();
  const [first] = await runOn('01');
  const [row] = await app.ctx.db
    .update(pipelines)
    .set({ expectedMicroUsd: 600_000 })
    .where(eq(pipelines.id, first?.pipelineId ?? ''))
    .returning();
  const [next] = await runOn('02');
  const [{ expectedMicroUsd } = { expectedMicroUsd: Number.NaN }] = await app.ctx.db
    .update(pipelines)
    .set({ status: 'succeeded' })
    .where(eq(pipelines.id, next?.pipelineId ?? ''))
    .returning();
  expect(row).toMatchObject({ status: 'queued' });
  const budget = (monthlyBudgetMicroUsd: number) => ann.api.ask('PATCH', `/schedules/${id}`, { monthlyBudgetMicroUsd });
  await budget(600_000 + expectedMicroUsd - 1);
  expect(await runOn('03')).toMatchObject([{ outcome: 'skipped', reason: { code: 'budget_exceeded' } }]);
  await budget(600_000 + expectedMicroUsd);
  expect(await runOn('04')).toMatchObject([{ outcome: 'started' }]);
});

it.each([
  ['2026-11-30T22:59:59.999Z', 0],
  ['2026-11-30T23:00:00Z', 900],
  ['2026-12-31T22:59:59.999Z', 900],
  ['2026-12-31T23:00:00Z', 0],
])('counts an article that was begun at %s in Berlin with %i in December', async (begunAt, spent) => {
  await backlog(1);
  const { id } = await create();
  const [run] = await runOn('01');
  const pipelineId = run?.pipelineId ?? '';
  await givenCall(app.ctx.db, { userId: ann.id, pipelineId, startedAt: now, costMicroUsd: 900 });
  await app.ctx.db.execute(
    sql`update schedule_runs set created_at = ${begunAt}::timestamptz where schedule_id = ${id}`,
  );
  const december = monthIn('Europe/Berlin', new Date('2026-12-10T00:00:00Z'));
  expect(await paidInMonth(app.ctx.db, id, december)).toBe(spent);
});
