import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Account, givenAccount } from '../../test/accounts.ts';
import { givenPipeline } from '../../test/factories.ts';
import { Killed, mortalContext } from '../../test/fakes/mortal-context.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import type { PipelinePlan } from '../../test/ledger.ts';
import { newestMail } from '../../test/mailbox.ts';
import { monthIn } from '../accounts/month.ts';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import { emails } from '../notify/schema.ts';
import { pipelines } from '../pipeline/schema.ts';
import { webhookDeliveries } from '../webhooks/schema.ts';
import { budgetExceeded, type CallPlan, listCalls, release, settle, tryReserve } from './ledger.ts';
import { reserveInTurn, settleCall } from './metered.ts';
import { budgetWarnings, instanceWarnings } from './schema.ts';
import { dueOf, spendingChecked, warnOfInstance, warnOfMissed, warnOfSpending } from './warnings.ts';
import { lookAfterBudget } from './worker.ts';

const usd = (dollars: number) => Math.round(dollars * 1_000_000);
const usage = { inputTokens: 9, cachedInputTokens: 0, cacheWriteInputTokens: 0, outputTokens: 9, reasoningTokens: 0 };
const month = monthIn('UTC', new Date()).name;

let app: TestApp;
let admin: Account;
let user: Account;
beforeAll(async () => {
  app = await startTestApp({ env: { MONTHLY_LIMIT_USD: '10', INSTANCE_MONTHLY_LIMIT_USD: '10000' } });
  admin = await givenAccount(app, 'admin@example.com');
});
afterAll(() => app.close());

/** Someone new, with a webhook that wants to know. */
async function newUser(): Promise<void> {
  user = await givenAccount(app, `${newId()}@example.com`);
  await user.api.ask('POST', '/webhooks', { url: 'https://93.184.216.34/hook', events: ['budget.warning'] });
}

async function planOf(userId: string, micro: number, payer: CallPlan['payer'] = 'instance'): Promise<PipelinePlan> {
  const ctx = { ...app.ctx, ownerId: userId };
  const pipeline = await givenPipeline(ctx, { budgetMicroUsd: usd(1000), topic: `Money ${newId()}` });
  return {
    kind: 'text',
    payer,
    lease: null,
    userId,
    pipelineId: pipeline.id,
    step: 'topic',
    task: 'topic',
    promptVersion: 1,
    requestDigest: newId(),
    provider: 'test',
    model: 'test:model',
    pricedAs: null,
    unitPrices: {},
    worstCaseMicroUsd: micro,
  };
}

async function reserved(plan: CallPlan, at: Date | null = null): Promise<string> {
  const granted = await tryReserve(app.ctx, plan, at);
  if ('refusal' in granted) throw budgetExceeded(granted.refusal);
  return granted.id;
}

/** A call that cost as much, settled as the models' calls are. */
async function spend(userId: string, dollars: number, payer: CallPlan['payer'] = 'instance'): Promise<void> {
  const id = await reserved(await planOf(userId, usd(dollars), payer));
  await settleCall(app.ctx, id, { usage, costMicroUsd: usd(dollars), output: {} });
  await spendingChecked(app.ctx.db);
}

const limitTo = async (id: string, monthlyLimitMicroUsd: number | null) => {
  const answer = await admin.api.ask('PATCH', `/admin/users/${id}`, { monthlyLimitMicroUsd });
  expect(answer.status).toBe(200);
};

/** What a user was told: the subjects of the mails, and the data of the webhook's deliveries. */
async function told(userId: string): Promise<{ mails: string[]; hooks: Record<string, unknown>[] }> {
  const mails = await app.ctx.db.select().from(emails).where(eq(emails.userId, userId)).orderBy(emails.id);
  const hooks = await app.ctx.db
    .select()
    .from(webhookDeliveries)
    .where(eq(webhookDeliveries.userId, userId))
    .orderBy(webhookDeliveries.id);
  return {
    mails: mails.filter(({ kind }) => kind === 'budget-warning').map(({ subject }) => subject),
    hooks: hooks.map(({ payload }) => payload.data),
  };
}
const percents = async (userId: string) => (await told(userId)).hooks.map(({ percent }) => percent);
const marked = async (userId: string) =>
  (await app.ctx.db.select().from(budgetWarnings).where(eq(budgetWarnings.userId, userId)))
    .map(({ percent }) => percent)
    .sort((a, b) => a - b);

describe('what is due', () => {
  const standing = { spentMicroUsd: 0, limitMicroUsd: 100, isSetting: false, told: [] };
  test.each([
    [49, null, []],
    [50, null, [50]],
    [79, null, [50]],
    [80, null, [50, 80]],
    [99, null, [50, 80]],
    [100, null, [50, 80, 100]],
    [1_000_000, null, [50, 80, 100]],
    [10, 90, []],
    [10, 91, [50, 80, 100]],
  ])('with %i of 100 spent and a call of %s refused', (spentMicroUsd, needed, reached) => {
    expect(dueOf({ ...standing, spentMicroUsd }, needed).reached).toEqual(reached);
  });

  test('is nothing without a limit, or with one of 0', () => {
    for (const limitMicroUsd of [null, 0]) {
      expect(dueOf({ ...standing, limitMicroUsd, spentMicroUsd: 50 }, 1)).toEqual({ reached: [], rearmed: [] });
    }
  });

  test('is not taken back under the limit that it was told of: a call was refused, or an estimate was too high', () => {
    const all = { percent: 100, limitMicroUsd: 100, lately: false } as const;
    expect(dueOf({ ...standing, spentMicroUsd: 95, told: [all] }, null).rearmed).toEqual([]);
    expect(dueOf({ ...standing, spentMicroUsd: 95, told: [{ ...all, limitMicroUsd: 99 }] }, null).rearmed).toEqual([
      100,
    ]);
  });

  test('is not taken back within the hour where two processes read different settings', () => {
    const old = { percent: 50, limitMicroUsd: 100, lately: true } as const;
    const raised = { spentMicroUsd: 60, limitMicroUsd: 200, told: [old] };
    expect(dueOf({ ...raised, isSetting: true }, null).rearmed).toEqual([]);
    expect(dueOf({ ...raised, isSetting: false }, null).rearmed).toEqual([50]);
    expect(dueOf({ ...raised, isSetting: true, told: [{ ...old, lately: false }] }, null).rearmed).toEqual([50]);
  });
});

describe('a user is told', () => {
  beforeEach(newUser);

  test('at 50, 80 and 100 %, once each, by mail and by webhook', async () => {
    for (const amount of [4, 1, 1, 1, 1, 1, 1]) await spend(user.id, amount);
    expect((await told(user.id)).mails).toEqual([
      '50 % of your limit for the month is used',
      '80 % of your limit for the month is used',
      'Nothing more fits under your limit for the month',
    ]);
    expect(await percents(user.id)).toEqual([50, 80, 100]);
    await warnOfMissed(app.ctx);
    expect(await percents(user.id)).toEqual([50, 80, 100]);
  });

  test('in plain words: what of what, until when, what happens now, and where it can be seen', async () => {
    await user.api.ask('PATCH', '/me', { timeZone: 'Europe/Berlin' });
    await spend(user.id, 8.25);
    const { text, subject } = await newestMail(app, user.email, 'budget-warning');
    const { end, name } = monthIn('Europe/Berlin', new Date());
    const label = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric' }).format(new Date(`${name}-15`));
    expect(subject).toBe('80 % of your limit for the month is used');
    expect(text).toContain(`$8.25 so far in ${label}, of a limit of $10.00`);
    expect(text).toContain('will wait for the next month, or until an admin raises your limit');
    expect(text).toContain(
      `next month begins at ${end.toISOString().slice(0, 16).replace('T', ' ')} UTC (midnight in Europe/Berlin)`,
    );
    expect(text).toContain(`See what was spent:\n${app.ctx.config.http.appUrl}/usage`);
    const [hook] = (await told(user.id)).hooks;
    expect(hook).toEqual({
      percent: 80,
      spentMicroUsd: usd(8.25),
      limitMicroUsd: usd(10),
      month: name,
      monthEndsAt: end.toISOString(),
      payer: 'instance',
    });
  });

  test('only of the highest of several that are passed at once', async () => {
    await spend(user.id, 9);
    expect(await percents(user.id)).toEqual([80]);
    expect(await marked(user.id)).toEqual([50, 80]);
  });

  test('once by twenty calls that end at once in two processes', async () => {
    const plan = await planOf(user.id, usd(0.25));
    const ids = await Promise.all(Array.from({ length: 20 }, () => reserved(plan)));
    const second: AppContext = { ...app.ctx, db: mortalContext(app.ctx, Number.POSITIVE_INFINITY).ctx.db };
    await Promise.all(
      ids.map(async (id, index) => {
        const ctx = index % 2 === 0 ? app.ctx : second;
        await settleCall(ctx, id, { usage, costMicroUsd: usd(0.25), output: {} });
        // Beside the one check at a time of each process, as many as there are calls.
        await warnOfSpending(ctx, { userId: user.id, payer: 'instance', month });
      }),
    );
    await Promise.all([spendingChecked(app.ctx.db), spendingChecked(second.db)]);
    expect(await percents(user.id)).toEqual([50]);
    expect((await told(user.id)).mails).toHaveLength(1);
  });

  test('all at once, by a call that does not fit any more', async () => {
    await spend(user.id, 9.5);
    const plan = await planOf(user.id, usd(0.6));
    const owner = { signal: new AbortController().signal, log: async () => undefined };
    await expect(reserveInTurn(app.ctx, plan, owner)).rejects.toMatchObject({ code: 'budget_exceeded' });
    await expect(reserveInTurn(app.ctx, plan, owner)).rejects.toMatchObject({ code: 'budget_exceeded' });
    await spendingChecked(app.ctx.db);
    expect(await percents(user.id)).toEqual([80, 100]);
    // Although not all of it is spent, it is not taken back either.
    await spend(user.id, 0.1);
    expect(await marked(user.id)).toEqual([50, 80, 100]);
  });

  test('not when a call waits for others or does not fit into its own budget', async () => {
    const held = await reserved(await planOf(user.id, usd(6)));
    const turn = new AbortController();
    const waiting = reserveInTurn(app.ctx, await planOf(user.id, usd(6)), {
      signal: turn.signal,
      log: async () => turn.abort(new Error('given up')),
    });
    await expect(waiting).rejects.toThrow('given up');
    await settle(app.ctx.db, held, { usage, costMicroUsd: 0, output: {} });
    const small = await planOf(user.id, usd(1001));
    await limitTo(user.id, usd(5_000));
    const owner = { signal: new AbortController().signal, log: async () => undefined };
    await expect(reserveInTurn(app.ctx, small, owner)).rejects.toMatchObject({ details: { cap: 'pipeline' } });
    await spendingChecked(app.ctx.db);
    expect(await marked(user.id)).toEqual([]);
  });

  test('of their own keys apart, and only where they have set a limit for them', async () => {
    await spend(user.id, 9, 'user');
    expect(await percents(user.id)).toEqual([]);
    await app.ctx.db.execute(sql`update users set own_monthly_limit_micro_usd = ${usd(15)} where id = ${user.id}`);
    await warnOfMissed(app.ctx);
    const { hooks } = await told(user.id);
    expect(hooks).toMatchObject([{ percent: 50, payer: 'user', spentMicroUsd: usd(9), limitMicroUsd: usd(15) }]);
    const { text } = await newestMail(app, user.email, 'budget-warning');
    expect(text).toContain('What you pay with your own keys comes to $9.00');
  });

  test('again when the limit was raised and what was told is reached anew', async () => {
    await spend(user.id, 8);
    await limitTo(user.id, usd(20));
    expect(await marked(user.id)).toEqual([]);
    await spend(user.id, 2);
    await spend(user.id, 6);
    const { hooks } = await told(user.id);
    expect(hooks.map(({ percent, limitMicroUsd }) => [percent, limitMicroUsd])).toEqual([
      [80, usd(10)],
      [50, usd(20)],
      [80, usd(20)],
    ]);
  });

  test('not again of what a raised limit leaves reached', async () => {
    await spend(user.id, 9);
    await limitTo(user.id, usd(12));
    expect(await marked(user.id)).toEqual([50]);
    await spend(user.id, 0.5);
    expect(await percents(user.id)).toEqual([80]);
    await spend(user.id, 0.5);
    expect(await percents(user.id)).toEqual([80, 80]);
  });

  test('at once when a limit is lowered, also below what is spent; then nothing new is granted and what runs ends', async () => {
    await spend(user.id, 4);
    const running = await reserved(await planOf(user.id, usd(1)));
    await limitTo(user.id, usd(3));
    expect(await percents(user.id)).toEqual([100]);
    expect(await marked(user.id)).toEqual([50, 80, 100]);
    expect(await tryReserve(app.ctx, await planOf(user.id, 1))).toMatchObject({ refusal: { cap: 'month' } });
    await settleCall(app.ctx, running, { usage, costMicroUsd: usd(1), output: {} });
    await spendingChecked(app.ctx.db);
    expect(await percents(user.id)).toEqual([100]);
    await limitTo(user.id, 0);
    expect(await tryReserve(app.ctx, await planOf(user.id, 1))).toMatchObject({ refusal: { cap: 'month' } });
    expect(await percents(user.id)).toEqual([100]);
  });

  test('nothing of a month that is over, and anew in the next', async () => {
    const inJanuary = new Date('2031-01-31T23:59:00Z');
    const inFebruary = new Date('2031-02-01T00:01:00Z');
    const call = await reserved(await planOf(user.id, usd(9)), inJanuary);
    await settle(app.ctx.db, call, { usage, costMicroUsd: usd(9), output: {} });
    const january = { userId: user.id, payer: 'instance', month: '2031-01' } as const;
    await warnOfSpending(app.ctx, january, null, inFebruary);
    expect(await percents(user.id)).toEqual([]);
    await warnOfSpending(app.ctx, january, null, inJanuary);
    const next = await reserved(await planOf(user.id, usd(6)), inFebruary);
    await settle(app.ctx.db, next, { usage, costMicroUsd: usd(6), output: {} });
    await warnOfSpending(app.ctx, { ...january, month: '2031-02' }, null, inFebruary);
    const { hooks } = await told(user.id);
    expect(hooks.map((data) => [data.percent, data.month])).toEqual([
      [80, '2031-01'],
      [50, '2031-02'],
    ]);
  });

  test('after a kill at any point between the call and its warning', async () => {
    for (let at = 1; ; at++) {
      const someone = await givenAccount(app, `${newId()}@example.com`);
      const call = await reserved(await planOf(someone.id, usd(6)));
      const { ctx, killed } = mortalContext(app.ctx, at);
      await settleCall(ctx, call, { usage, costMicroUsd: usd(6), output: {} }).catch((error: unknown) => {
        if (!(error instanceof Killed)) throw error;
      });
      await spendingChecked(ctx.db);
      const survived = !killed();
      // The process that comes after: its worker settles the call if the killed one could not, and looks after the money.
      await settle(app.ctx.db, call, { usage, costMicroUsd: usd(6), output: {} });
      await lookAfterBudget(app.ctx);
      await lookAfterBudget(app.ctx);
      expect((await told(someone.id)).mails, `killed at access ${at}`).toHaveLength(1);
      if (survived) break;
      expect(at).toBeLessThan(20);
    }
  });

  test('not while disabled; afterwards', async () => {
    await admin.api.ask('PATCH', `/admin/users/${user.id}`, { disabled: true });
    // A call that was under way.
    await spend(user.id, 9);
    expect(await told(user.id)).toEqual({ mails: [], hooks: [] });
    await admin.api.ask('PATCH', `/admin/users/${user.id}`, { disabled: false });
    await warnOfMissed(app.ctx);
    expect(await percents(user.id)).toEqual([80]);
  });

  test('not when they are gone', async () => {
    const before = await app.ctx.db.$count(emails, eq(emails.kind, 'budget-warning'));
    await warnOfSpending(app.ctx, { userId: newId(), payer: 'instance', month });
    expect(await app.ctx.db.$count(emails, eq(emails.kind, 'budget-warning'))).toBe(before);
  });

  test('of a run that waits for the next month, also when the process that was refused is gone', async () => {
    await spend(user.id, 1);
    const { pipelineId } = await planOf(user.id, 1);
    const waiting = {
      reason: 'budget_exceeded',
      cap: 'month',
      neededMicroUsd: usd(9.5),
      until: new Date(Date.now() + 86_400_000).toISOString(),
    } as const;
    await app.ctx.db.update(pipelines).set({ status: 'waiting', waiting }).where(eq(pipelines.id, pipelineId));
    await warnOfMissed(app.ctx);
    await warnOfMissed(app.ctx);
    expect(await percents(user.id)).toEqual([100]);
  });

  test('never at the cost of the call: what goes wrong is logged', async () => {
    const call = await reserved(await planOf(user.id, usd(9)));
    const broken = { ...app.ctx, queue: { ...app.ctx.queue, enqueue: () => Promise.reject(new Error('no queue')) } };
    await settleCall(broken as AppContext, call, { usage, costMicroUsd: usd(9), output: {} });
    await spendingChecked(app.ctx.db);
    expect(await marked(user.id)).toEqual([]);
    expect(app.logs.some((line) => line.includes('a user was not told what they have spent'))).toBe(true);
    await warnOfMissed(app.ctx);
    expect(await percents(user.id)).toEqual([80]);
  });
});

test('someone without an address is told by webhook only', async () => {
  await newUser();
  const { ctx } = app;
  const local = newId();
  await ctx.db.execute(sql`insert into users (id, name) values (${local}, 'Local owner')`);
  await ctx.db.execute(sql`update webhooks set user_id = ${local} where user_id = ${user.id}`);
  await spend(local, 5);
  const { mails, hooks } = await told(local);
  expect([mails, hooks.map(({ percent }) => percent)]).toEqual([[], [50]]);
  await ctx.db.execute(sql`delete from users where id = ${local}`);
});

describe('reservations of dead workers', () => {
  beforeEach(newUser);

  const inPipeline = async (change: Record<string, unknown>, startedSecondsAgo = 60) => {
    const plan = await planOf(user.id, usd(0.5));
    const id = await reserved(plan);
    const { pipelineId } = plan;
    await app.ctx.db.execute(
      sql`update paid_calls set started_at = now() - ${`${startedSecondsAgo} seconds`}::interval where id = ${id}`,
    );
    await app.ctx.db.update(pipelines).set(change).where(eq(pipelines.id, pipelineId));
    return { id, pipelineId };
  };
  const statusOf = async (pipelineId: string) => {
    const [call] = await listCalls(app.ctx.db, [pipelineId]);
    return [call?.status, call?.estimated, call?.costMicroUsd];
  };
  const ago = (seconds: number) => sql`now() - ${`${seconds} seconds`}::interval`;

  test('are settled at what was reserved, and their user is told', async () => {
    await limitTo(user.id, usd(1));
    const dead = await inPipeline({ status: 'running', lease: 1, leaseExpiresAt: ago(16) });
    await lookAfterBudget(app.ctx);
    expect(await statusOf(dead.pipelineId)).toEqual(['failed', true, usd(0.5)]);
    expect(await percents(user.id)).toEqual([50]);
    await settle(app.ctx.db, dead.id, { usage, costMicroUsd: usd(0.1), output: {} });
    expect(await statusOf(dead.pipelineId)).toEqual(['settled', false, usd(0.1)]);
  });

  test('are given back when the call turns out not to have been sent', async () => {
    const dead = await inPipeline({ status: 'running', lease: 1, leaseExpiresAt: ago(16) });
    await lookAfterBudget(app.ctx);
    await release(app.ctx.db, dead.id, { code: 'model_rejected', message: 'no', hint: '' });
    expect(await statusOf(dead.pipelineId)).toEqual(['released', false, 0]);
  });

  test('are left alone while a worker is alive, or was moments ago', async () => {
    const kept = [
      await inPipeline({ status: 'running', lease: 1, leaseExpiresAt: sql`now() + interval '9 seconds'` }),
      await inPipeline({ status: 'running', lease: 1, leaseExpiresAt: ago(10) }),
      await inPipeline({ status: 'cancelled', finishedAt: ago(5) }),
      await inPipeline({ status: 'queued' }, 5),
    ];
    const gone = [
      await inPipeline({ status: 'cancelled', finishedAt: ago(20) }),
      await inPipeline({ status: 'queued' }),
      await inPipeline({ status: 'running', lease: 1, leaseExpiresAt: null }),
    ];
    await lookAfterBudget(app.ctx);
    for (const { pipelineId } of kept) expect(await statusOf(pipelineId)).toEqual(['reserved', false, null]);
    for (const { pipelineId } of gone) expect(await statusOf(pipelineId)).toEqual(['failed', true, usd(0.5)]);
  });
});

describe('admins are told of the instance', () => {
  beforeEach(newUser);

  const instanceMails = async () =>
    (await app.ctx.db.select().from(emails).where(eq(emails.kind, 'instance-budget-warning')).orderBy(emails.id)).map(
      ({ toAddress, subject }) => `${toAddress}: ${subject.slice(0, 4)}`,
    );
  const withLimit = (limit: number): AppContext => ({
    ...app.ctx,
    config: { ...app.ctx.config, budget: { ...app.ctx.config.budget, instanceLimitMicroUsd: limit } },
  });

  test('at 50, 80 and 100 %, each admin once, whoever has spent it, those who are gone included', async () => {
    const at = new Date('2032-05-31T23:00:00Z');
    const other = await givenAccount(app, 'second-admin@example.com');
    await app.ctx.db.execute(sql`update users set role = 'admin' where id = ${other.id}`);
    const call = async (who: Account, dollars: number) => {
      const id = await reserved(await planOf(who.id, usd(dollars)), at);
      await settle(app.ctx.db, id, { usage, costMicroUsd: usd(dollars), output: {} });
    };
    const ctx = withLimit(usd(10));
    await call(user, 4);
    await warnOfInstance(ctx, at);
    expect(await instanceMails()).toEqual([]);
    await app.ctx.db.execute(sql`delete from users where id = ${user.id}`);
    await call(admin, 1);
    await Promise.all([warnOfInstance(ctx, at), warnOfInstance(ctx, at)]);
    expect((await instanceMails()).sort()).toEqual(['admin@example.com: 50 %', 'second-admin@example.com: 50 %']);
    const { text } = await newestMail(app, 'admin@example.com', 'instance-budget-warning');
    expect(text).toContain('What the articles of all users cost comes to $5.00');
    expect(text).toContain('$5.00 so far in May 2032, of a limit of $10.00');
    expect(text).toContain('The next month begins at 2032-06-01 00:00 UTC.');
    await call(admin, 6);
    await warnOfInstance(ctx, at);
    expect((await instanceMails()).slice(2).sort()).toEqual([
      'admin@example.com: Noth',
      'second-admin@example.com: Noth',
    ]);
    await warnOfInstance(ctx, at);
    expect(await instanceMails()).toHaveLength(4);
    expect(await app.ctx.db.$count(instanceWarnings, eq(instanceWarnings.month, '2032-05'))).toBe(3);
    // A limit that was raised counts once the hour is over in which processes with the old one may still run.
    await warnOfInstance(withLimit(usd(100)), at);
    expect(await app.ctx.db.$count(instanceWarnings, eq(instanceWarnings.month, '2032-05'))).toBe(3);
    await app.ctx.db.execute(sql`update instance_warnings set sent_at = now() - interval '2 hours'`);
    await warnOfInstance(withLimit(usd(100)), at);
    expect(await app.ctx.db.$count(instanceWarnings, eq(instanceWarnings.month, '2032-05'))).toBe(0);
    await warnOfInstance(withLimit(0), at);
    expect(await instanceMails()).toHaveLength(4);
  });
});

test('limits that make no sense are refused and change nothing', async () => {
  await newUser();
  for (const wrong of [-1, 0.5, 1e13, '10', 'a lot', Number.NaN, true, [], {}]) {
    const answer = await admin.api.ask('PATCH', `/admin/users/${user.id}`, { monthlyLimitMicroUsd: wrong });
    // NaN is null in JSON, which takes the default back.
    expect([wrong, answer.status]).toEqual([wrong, Number.isNaN(wrong) ? 200 : 422]);
  }
  await limitTo(user.id, 0);
  expect(await tryReserve(app.ctx, await planOf(user.id, 1))).toMatchObject({ refusal: { cap: 'month' } });
  expect(await marked(user.id)).toEqual([]);
});
