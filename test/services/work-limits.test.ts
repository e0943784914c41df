import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { users } from '../../src/accounts/schema.ts';
import { closeContext, createContext, migrateAll } from '../../src/app.ts';
import type { AppContext } from '../../src/context.ts';
import { newId } from '../../src/db/id.ts';
import { openDatabase } from '../../src/db/open.ts';
import { createLogger } from '../../src/logger.ts';
import { claimPipeline } from '../../src/pipeline/lease.ts';
import { pipelines } from '../../src/pipeline/schema.ts';
import { workPipelines } from '../../src/pipeline/worker.ts';
import { createScratchDatabase, type ScratchDatabase } from '../database.ts';
import { givenPipeline, withModel } from '../factories.ts';
import { diligentScript, type ScriptedModel, scriptedModel } from '../fakes/scripted-model.ts';
import { type TestContext, testConfig } from '../harness.ts';

/* Several workers over one PostgreSQL, each with connections and a queue of its own, as several processes have them. */

const server = process.env.TEST_DATABASE_URL;
if (!server)
  throw new Error('TEST_DATABASE_URL is not set: see test/services/compose.yaml for servers to test against.');

let scratch: ScratchDatabase;
let contexts: AppContext[];
let endWork: (() => void)[];
let logs: string[];
/** Calls that are under way at the moment, by user; a pipeline makes one at a time. */
let under: Map<string, number>;
let most: Map<string, number>;

beforeEach(async () => {
  scratch = await createScratchDatabase(server, 'bp_work_limits');
  [contexts, endWork, logs, under, most] = [[], [], [], new Map(), new Map()];
});
afterEach(async () => {
  for (const end of endWork) end();
  for (const ctx of contexts) await closeContext(ctx);
  await scratch.drop();
});

/** Like another process: nothing but the database is shared. */
async function openContext(model: ScriptedModel = countingModel()): Promise<AppContext> {
  const { config, secrets } = testConfig({ DATABASE_URL: scratch.url, CONCURRENT_PIPELINES: '2' });
  const database = await openDatabase(config, secrets);
  await migrateAll(database);
  const log = createLogger('warn', { write: (line) => logs.push(line) });
  const ctx = await createContext(config, secrets, log, database, withModel(model));
  contexts.push(ctx);
  return ctx;
}

async function work(ctx: AppContext): Promise<void> {
  endWork.push(await workPipelines(ctx));
}

/** Answers by the script, and counts how many of a user's pipelines ask at the same time; the topic names the user. */
function countingModel(): ScriptedModel {
  const slowly = async <T>(user: string, answer: T): Promise<T> => {
    const now = (under.get(user) ?? 0) + 1;
    under.set(user, now);
    most.set(user, Math.max(most.get(user) ?? 0, now));
    await new Promise((resolve) => setTimeout(resolve, 60));
    under.set(user, now - 1 < 0 ? 0 : (under.get(user) ?? 1) - 1);
    return answer;
  };
  return scriptedModel({
    ...diligentScript,
    topic: (input, call) => slowly(input.topic, diligentScript.topic(input, call)) as never,
    seo: (input, call) => slowly(input.title, diligentScript.seo(input, call)) as never,
  });
}

async function givenUser(ctx: AppContext, change: Partial<typeof users.$inferInsert> = {}): Promise<TestContext> {
  const id = newId();
  await ctx.db.insert(users).values({ id, name: 'Someone', ...change });
  return { ...ctx, ownerId: id };
}

const start = (ctx: TestContext, topic: string) => givenPipeline(ctx, { topic, duplicates: 'allow' });
const succeeded = (ctx: TestContext) =>
  ctx.db.$count(pipelines, sql`${pipelines.userId} = ${ctx.ownerId} and ${pipelines.status} = 'succeeded'`);
const finished = (ctx: TestContext, count: number, timeout = 60_000) =>
  vi.waitFor(async () => expect(await succeeded(ctx)).toBe(count), { timeout, interval: 50 });

/** Looks, as fast as it can, how many pipelines of a user are at work; ends when `until` does. Returns the most. */
async function watchRunning(ctx: TestContext, until: Promise<unknown>): Promise<number> {
  let ended = false;
  const end = until.finally(() => {
    ended = true;
  });
  end.catch(() => undefined);
  let highest = 0;
  while (!ended) {
    const count = await ctx.db.$count(
      pipelines,
      sql`${pipelines.userId} = ${ctx.ownerId} and ${pipelines.status} = 'running' and ${pipelines.leaseExpiresAt} >= now()`,
    );
    highest = Math.max(highest, count);
  }
  await end;
  return highest;
}

it('twelve pipelines of one user run two at a time in two workers, and another user does not wait for them', async () => {
  const [one, two] = [await openContext(), await openContext()];
  const busy = await givenUser(one);
  const other = await givenUser(one);
  for (let i = 0; i < 12; i++) await start(busy, 'Busy');
  await work(one);
  await work(two);
  const running = watchRunning(busy, finished(busy, 12));
  await vi.waitFor(async () => expect(await succeeded(busy)).toBeGreaterThan(1), { timeout: 20_000, interval: 20 });
  await start(other, 'Other');
  await finished(other, 1);
  expect(await succeeded(busy)).toBeLessThan(12);
  expect(await running).toBe(2);
  expect(most.get('Busy')).toBeLessThanOrEqual(2);
  const order = await one.db
    .select()
    .from(pipelines)
    .where(eq(pipelines.userId, busy.ownerId))
    .orderBy(pipelines.startedAt);
  const asMade = order.map((row) => row.id).sort();
  // Two start side by side, so neighbours may change places; nobody is passed by more.
  for (const [index, row] of order.entries()) expect(Math.abs(asMade.indexOf(row.id) - index)).toBeLessThanOrEqual(2);
});

it('fifty queued pipelines of one user do not keep the only one of another waiting', async () => {
  const ctx = await openContext();
  const busy = await givenUser(ctx);
  const other = await givenUser(ctx);
  for (let i = 0; i < 50; i++) await start(busy, 'Busy');
  await start(other, 'Other');
  await work(ctx);
  await finished(other, 1, 15_000);
  expect(await succeeded(busy)).toBeLessThan(25);
  // What is at the limit leaves no jobs behind that come again and again.
  const { ready } = await ctx.queue.depth({ name: 'pipeline-run' } as never);
  expect(ready).toBeLessThan(5);
});

it('a place is never taken twice, also when the order changes at the moment at which workers want it', async () => {
  const all = await Promise.all([openContext(), openContext()]);
  const [one, two] = all as [AppContext, AppContext];
  for (let round = 0; round < 40; round++) {
    const user = await givenUser(one, { concurrentPipelines: 1 });
    const [oldest, retried] = [await start(user, 'Wanted'), await start(user, 'Wanted')];
    const retry = async () => {
      await two.db.update(pipelines).set({ startedAt: new Date() }).where(eq(pipelines.id, retried.id));
      return claimPipeline(two, retried.id);
    };
    const claims = await Promise.all([claimPipeline(one, oldest.id), retry()]);
    expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
  }
});

it('a worker that dies frees its places: what it had goes on elsewhere, and then the rest', async () => {
  const [dead, alive] = [await openContext(), await openContext()];
  const user = await givenUser(alive);
  const made = [];
  for (let i = 0; i < 4; i++) made.push(await start(user, 'Orphan'));
  for (const { id } of made.slice(0, 2)) expect(await claimPipeline(dead, id)).not.toBeNull();
  await work(alive);
  await alive.db.execute(sql`select 1 from pg_sleep(2)`);
  expect(most.get('Orphan')).toBeUndefined();
  // Its leases of 12 seconds run out; then the next look every 10 seconds finds them.
  const running = watchRunning({ ...user }, finished(user, 4, 45_000));
  expect(await running).toBe(2);
  expect(most.get('Orphan')).toBeLessThanOrEqual(2);
  const rows = await alive.db.select().from(pipelines).where(eq(pipelines.userId, user.ownerId));
  // Taken and given back; two of them were taken over between.
  expect(rows.map((row) => row.lease).sort()).toEqual([2, 2, 3, 3]);
});

it('of fifty articles that are asked for at once in three processes exactly ten are begun', async () => {
  const all = await Promise.all([openContext(), openContext(), openContext()]);
  const user = await givenUser(all[0] as AppContext, { articlesPerMonth: 10 });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 50 }, (_, index) =>
      start({ ...(all[index % 3] as AppContext), ownerId: user.ownerId }, 'Many'),
    ),
  );
  expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(10);
  const codes = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []));
  expect(new Set(codes)).toEqual(new Set(['articles_limit_reached']));
});
