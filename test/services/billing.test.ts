import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { users } from '../../src/accounts/schema.ts';
import { migrateAll } from '../../src/app.ts';
import { release, settleAbandoned, tryReserve } from '../../src/budget/ledger.ts';
import { paidCalls } from '../../src/budget/schema.ts';
import { type Database, openDatabase } from '../../src/db/open.ts';
import { pipelines } from '../../src/pipeline/schema.ts';
import type { Ended, Question, Task } from '../billing-hammer.ts';
import { createScratchDatabase, type ScratchDatabase } from '../database.ts';
import { type ModelServer, startModelServer } from '../fakes/model-server.ts';
import { testConfig } from '../harness.ts';
import { callPlan, countedInstance, givenBudget, givenUser, reserveOne, wrongCounters } from '../ledger.ts';

/* Money on a real PostgreSQL, with processes that are killed and transactions that stand in the way. */

const postgresUrl = process.env.TEST_DATABASE_URL;
if (!postgresUrl)
  throw new Error('TEST_DATABASE_URL is not set: see test/services/compose.yaml for servers to test against.');

let scratch: ScratchDatabase;
let database: Database;
beforeAll(async () => {
  scratch = await createScratchDatabase(postgresUrl, 'bp_billing');
  const { config, secrets } = testConfig({ DATABASE_URL: scratch.url });
  database = await openDatabase(config, secrets);
  await migrateAll(database);
});
afterAll(async () => {
  await database.close();
  await scratch.drop();
});

describe('eight processes with 500 calls each, some of them killed', () => {
  /** Micro-dollars. Each of the caps is one that some of the calls do not fit under. */
  const limits = { instance: 2_700_000, users: [360_000, 360_000, 900_000, 900_000, 900_000] };
  const budgets = [120_000, 300_000, 300_000, 540_000];
  const processes = 8;
  const callsEach = 500;

  let provider: ModelServer;
  /** What the provider bills: a micro-dollar for a token of input and two for one of output, by the question's name. */
  const bills = new Map<string, number[]>();
  /** Questions that the provider billed without the client hearing how much. */
  const unheard = new Set<string>();
  const ends: Ended[] = [];
  const worker = new Map<string, Hammer>();
  const hammers: Hammer[] = [];

  interface Hammer {
    child: ChildProcess;
    waiting: Map<string, Question>;
    /** Killed with -9 while the provider is at its answer to this many-th question. */
    killAt: number;
    asked: number;
  }

  async function startProvider(): Promise<void> {
    const titles = ['One', 'Two', 'Three'];
    const rest = { angle: 'What it is.', keyword: 'bread', intent: 'informational' as const, chosen: 0, queries: [] };
    provider = await startModelServer({ topic: () => ({ ...rest, titles }) });
    let count = 0;
    provider.intercept = async (call, wire) => {
      const name = /call-\d+/.exec(call.messages[0]?.text ?? '')?.[0] ?? '';
      const hammer = worker.get(name);
      if (!hammer) throw new Error(`nobody asks ${name}`);
      count++;
      // Turned away without work: it costs nothing.
      if (count % 23 === 0) {
        wire.fail(429, 'rate');
        return true;
      }
      const usage = { input: 500 + ((count * 37) % 2_000), output: 100 + ((count * 53) % 700) };
      bills.set(name, [...(bills.get(name) ?? []), usage.input + 2 * usage.output]);
      if (++hammer.asked === hammer.killAt) {
        const gone = once(hammer.child, 'exit');
        hammer.child.kill('SIGKILL');
        await gone;
        return true;
      }
      await new Promise((resolve) => setTimeout(resolve, 10 + (count % 30)));
      const reported = { ...usage, cached: 0, cacheWrite: 0, reasoning: 0 };
      const answer = await wire.text();
      if (count % 31 === 0) unheard.add(name);
      if (count % 62 === 0) wire.cut();
      else if (count % 31 === 0) wire.answer(answer, { usage: null });
      // Billed, but of no use: it is asked to repair that.
      else if (count % 41 === 0) wire.answer('Let me tell you a story.', { usage: reported });
      else wire.answer(answer, { usage: reported });
      return true;
    };
  }

  async function startHammer(questions: Question[], killAt: number): Promise<Hammer> {
    const script = fileURLToPath(new URL('../billing-hammer.ts', import.meta.url));
    const child = fork(script, [], {
      env: {
        PATH: process.env.PATH,
        DATABASE_URL: scratch.url,
        APP_SECRET: 'a secret for tests only, forty characters',
        LLM_MODEL: 'openai:metered',
        OPENAI_BASE_URL: provider.url,
        MODEL_PRICES: 'openai:metered=1/2',
        INSTANCE_MONTHLY_LIMIT_USD: String(limits.instance / 1_000_000),
      },
    });
    const hammer: Hammer = { child, killAt, asked: 0, waiting: new Map(questions.map((one) => [one.name, one])) };
    hammers.push(hammer);
    for (const { name } of questions) worker.set(name, hammer);
    await once(child, 'message');
    child.on('message', (ended: Ended) => {
      ends.push(ended);
      hammer.waiting.delete(ended.name);
    });
    child.send({ questions, atOnce: 6 } satisfies Task);
    return hammer;
  }

  /** Until all of its questions have ended, with a new process in the place of one that was killed. */
  async function hammer(questions: Question[], kills: number[]): Promise<void> {
    const [killAt = Number.POSITIVE_INFINITY, ...later] = kills;
    const { child, waiting } = await startHammer(questions, killAt);
    const [status, signal] = await once(child, 'exit');
    if (signal !== 'SIGKILL') {
      expect([status, waiting.size]).toEqual([0, 0]);
      return;
    }
    const left = [...waiting.values()];
    for (const { name } of left) unheard.add(name);
    // Somebody notices the death. Calls of the living are taken for dead ones as well: they come and correct it.
    for (const id of new Set(left.map(({ pipelineId }) => pipelineId).slice(0, 6)))
      await settleAbandoned(database.db, id);
    await hammer(left, later);
  }

  it('never pass a cap, and the ledger knows every cent that was billed', { timeout: 300_000 }, async () => {
    const { db } = database;
    const owners: Question[] = [];
    for (const monthlyLimitMicroUsd of limits.users) {
      const userId = await givenUser(db, { monthlyLimitMicroUsd });
      for (const budget of budgets)
        owners.push({ name: '', userId, pipelineId: await givenBudget(db, userId, budget), lease: 1 });
    }
    await db.update(pipelines).set({ status: 'running', lease: 1 });
    await startProvider();
    try {
      const own = (index: number) =>
        Array.from({ length: callsEach }, (_, call): Question => {
          const number = index * callsEach + call;
          return { ...(owners[number % owners.length] as Question), name: `call-${number}` };
        });
      const kills = [[40], [60], [80], [20, 30], [], [50], [70], []];
      await Promise.all(Array.from({ length: processes }, (_, index) => hammer(own(index), kills[index] ?? [])));
      for (const { pipelineId } of owners) await settleAbandoned(db, pipelineId);

      // Every question has ended once: with an answer, with a fault of the provider, or because money was missing.
      expect(ends).toHaveLength(processes * callsEach);
      expect(hammers.length).toBe(processes + kills.flat().length);
      const answered = ends.filter(({ code }) => code === null).length;
      expect(answered).toBeGreaterThan(500);
      expect(answered).toBeLessThan(2_000);
      const known = [null, 'budget_exceeded', 'model_unavailable', 'model_output_invalid'];
      expect(ends.filter(({ code }) => !known.includes(code))).toEqual([]);
      expect(new Set(ends.map(({ cap }) => cap))).toEqual(new Set([null, 'pipeline', 'month', 'instance']));

      const rows = await db.select().from(paidCalls);
      const billed = (names: Iterable<string>) =>
        [...names].flatMap((name) => bills.get(name) ?? []).reduce((sum, bill) => sum + bill, 0);
      const counted = (of: typeof rows) => of.reduce((sum, row) => sum + (row.costMicroUsd ?? 0), 0);
      const namesOf = (of: typeof rows) => new Set(of.map(({ step }) => step));

      // No cap is passed: not by what was billed, and not by what the ledger takes it for.
      expect(billed(bills.keys())).toBeLessThanOrEqual(limits.instance);
      expect(counted(rows)).toBeLessThanOrEqual(limits.instance);
      expect(counted(rows)).toBeGreaterThan(0.9 * limits.instance);
      for (const user of await db.select().from(users)) {
        const theirs = rows.filter(({ userId }) => userId === user.id);
        expect(billed(namesOf(theirs))).toBeLessThanOrEqual(user.monthlyLimitMicroUsd ?? 0);
        expect(counted(theirs)).toBeLessThanOrEqual(user.monthlyLimitMicroUsd ?? 0);
      }
      for (const { id, budgetMicroUsd } of await db.select().from(pipelines)) {
        const theirs = rows.filter(({ pipelineId }) => pipelineId === id);
        expect(billed(namesOf(theirs))).toBeLessThanOrEqual(budgetMicroUsd);
        expect(counted(theirs)).toBeLessThanOrEqual(budgetMicroUsd);
      }

      // Call by call: the ledger says what was billed, and more only where nobody heard how much; there it says so.
      const wrong: unknown[] = [];
      const byName = Map.groupBy(rows, ({ step }) => step);
      for (const name of new Set([...byName.keys(), ...bills.keys()])) {
        const theirs = byName.get(name) ?? [];
        const estimated = theirs.some((row) => row.estimated);
        const [ledger, bill] = [counted(theirs), billed([name])];
        if (ledger < bill || (!estimated && ledger !== bill) || (estimated && !unheard.has(name)))
          wrong.push({ name, ledger, bill, estimated, heard: !unheard.has(name) });
      }
      expect(wrong).toEqual([]);
      expect(rows.filter(({ status }) => status === 'reserved')).toEqual([]);
      expect(await wrongCounters(db)).toEqual([]);
      const month = new Date().toISOString().slice(0, 7);
      expect(await countedInstance(db, month)).toMatchObject({ settled: counted(rows), reserved: 0 });
    } finally {
      for (const { child } of hammers) if (child.exitCode === null) child.kill('SIGKILL');
      await provider.close();
    }
  });
});

describe('transactions of others', () => {
  const ctx = () => ({ db: database.db, config: testConfig({ DATABASE_URL: scratch.url }).config });
  const within = <T>(work: Promise<T>, ms: number): Promise<T> =>
    Promise.race([
      work,
      new Promise<never>((_, reject) => setTimeout(() => reject(new Error(`not within ${ms} ms`)), ms)),
    ]);
  /** Someone who has drawn their part of the month, as everybody has after their first call. */
  async function givenCaller() {
    const userId = await givenUser(database.db);
    const plan = callPlan(userId, await givenBudget(database.db, userId, 1_000_000), 1_000);
    const first = await reserveOne({ ...ctx(), config: rich }, plan);
    await release(database.db, first, { code: 'model_rejected', message: 'no', hint: '' });
    return plan;
  }
  const rich = testConfig({ INSTANCE_MONTHLY_LIMIT_USD: '1000' }).config;

  it("do not hold up a user's call while another user's reservation is not committed", async () => {
    const [one, other] = [await givenCaller(), await givenCaller()];
    await database.db.transaction(async (tx) => {
      await reserveOne({ db: tx, config: rich }, one);
      for (let calls = 0; calls < 20; calls++)
        await within(reserveOne({ db: database.db, config: rich }, other), 1_000);
    });
  });

  it('that delete an account and those that reserve for it never wait for each other in a circle', async () => {
    for (let round = 0; round < 20; round++) {
      const plan = await givenCaller();
      const calls = Array.from({ length: 6 }, () => tryReserve({ db: database.db, config: rich }, plan));
      const deletion = database.db.delete(users).where(eq(users.id, plan.userId));
      const results = await Promise.allSettled([deletion, ...calls]);
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'not_found' });
    }
    expect(await wrongCounters(database.db)).toEqual([]);
  });
});
