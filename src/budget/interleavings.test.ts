import { eq, ne, sql } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import {
  callPlan,
  countedInstance,
  countedMonth,
  givenBudget,
  givenUser,
  setLimit,
  wrongCounters,
} from '../../test/ledger.ts';
import { users } from '../accounts/schema.ts';
import { pipelines } from '../pipeline/schema.ts';
import { type Cap, pipelineSpending, release, settle, settleAbandoned, tryReserve } from './ledger.ts';
import { type Payer, paidCalls } from './schema.ts';

/*
 * Whatever happens in whatever order, no cap is passed and no cent is lost. The test keeps its own books, in the plainest
 * way: a list of calls with what the provider has billed for them. After every step the ledger and each of its counters
 * have to say the same, and a call is granted exactly when these books say that it fits.
 */

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const zones = ['UTC', 'Pacific/Auckland', 'America/Los_Angeles', 'Asia/Kathmandu'] as const;
const usage = {
  inputTokens: 10,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 10,
  reasoningTokens: 0,
};

/** One call in the test's own books. */
interface Call {
  id: string;
  user: Customer;
  pipeline: Article;
  payer: Payer;
  month: string;
  utcMonth: string;
  worstCase: number;
  reserved: number;
  startedAt: number;
  /** open: under way; lost: its worker seemed dead; unheard: answered without usage; closed: it is known what it cost; released: never sent. */
  state: 'open' | 'lost' | 'unheard' | 'closed' | 'released';
  /** What counts: the bill, or what was held back where the bill is unknown. */
  cost: number;
  /** What the provider's own books say. */
  billed: number;
}
interface Customer {
  id: string;
  zone: string;
  limit: number | null;
  ownLimit: number | null;
  gone: boolean;
}
interface Article {
  id: string;
  user: Customer;
  budget: number;
}
interface World {
  now: Date;
  userDefault: number;
  instanceLimit: number;
  customers: Customer[];
  articles: Article[];
  calls: Call[];
  /** What accounts that are gone had cost, by month of the instance. */
  departed: Map<string, number>;
}

type Move =
  | { do: 'reserve'; article: number; amount: number; payer: Payer }
  | { do: 'settle'; call: number; percent: number; failed: boolean }
  | { do: 'settle without usage'; call: number; percent: number }
  | { do: 'release'; call: number }
  | { do: 'crash'; article: number }
  | { do: 'limit'; user: number; amount: number | null }
  | { do: 'own limit'; user: number; amount: number | null }
  | { do: 'default limit'; amount: number }
  | { do: 'instance limit'; amount: number }
  | { do: 'budget'; article: number; amount: number }
  | { do: 'zone'; user: number; zone: string }
  | { do: 'wait'; hours: number }
  | { do: 'month end'; zone: string; secondsAfter: number }
  | { do: 'delete account'; user: number }
  | { do: 'at once'; moves: Move[] }
  /** Eight calls at once that together want more than is left under the tightest of the caps. */
  | { do: 'rush'; article: number; stride: number; share: number; payer: Payer };

const which = fc.nat(30);
const amount = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1_200 }));
const limit = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 9_000 }));
const payer = fc.constantFrom<Payer>('instance', 'instance', 'instance', 'user');
const move = <Name extends Move['do']>(name: Name, fields: object) =>
  fc.record({ do: fc.constant(name), ...fields }) as unknown as fc.Arbitrary<Move>;
const reserving = move('reserve', { article: which, amount, payer });
// Answers to old calls come as well: late ones after a crash, and the same one twice.
const settling = move('settle', { call: which, percent: fc.integer({ min: 0, max: 100 }), failed: fc.boolean() });
const overrunning = move('settle', {
  call: which,
  percent: fc.integer({ min: 101, max: 1_000 }),
  failed: fc.boolean(),
});
const silent = move('settle without usage', { call: which, percent: fc.integer({ min: 0, max: 100 }) });
const releasing = move('release', { call: which });
const atOnce = move('at once', {
  moves: fc.array(fc.oneof({ weight: 4, arbitrary: reserving }, settling, silent, releasing), {
    minLength: 2,
    maxLength: 10,
    size: 'max',
  }),
});
// The articles belong to three users in turn: one article, the two of one user, or all of them.
const rushing = move('rush', {
  article: which,
  stride: fc.constantFrom(0, 3, 1),
  share: fc.integer({ min: 1, max: 5 }),
  payer,
});
const moves = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: reserving },
    { weight: 6, arbitrary: settling },
    { weight: 1, arbitrary: overrunning },
    { weight: 2, arbitrary: silent },
    { weight: 2, arbitrary: releasing },
    { weight: 2, arbitrary: move('crash', { article: which }) },
    { weight: 1, arbitrary: move('limit', { user: which, amount: fc.option(limit) }) },
    { weight: 1, arbitrary: move('own limit', { user: which, amount: fc.option(limit) }) },
    { weight: 1, arbitrary: move('default limit', { amount: limit }) },
    { weight: 2, arbitrary: move('instance limit', { amount: fc.integer({ min: 0, max: 15_000 }) }) },
    { weight: 1, arbitrary: move('budget', { article: which, amount: limit }) },
    { weight: 2, arbitrary: move('zone', { user: which, zone: fc.constantFrom(...zones) }) },
    { weight: 1, arbitrary: move('wait', { hours: fc.integer({ min: 1, max: 30 }) }) },
    {
      weight: 3,
      arbitrary: move('month end', { zone: fc.constantFrom(...zones), secondsAfter: fc.constantFrom(-1, 0, 1) }),
    },
    { weight: 1, arbitrary: move('delete account', { user: which }) },
    { weight: 3, arbitrary: atOnce },
    { weight: 4, arbitrary: rushing },
  ),
  { minLength: 5, maxLength: 50, size: 'max' },
);

const pick = <T>(list: T[], index: number): T | undefined => list[index % Math.max(1, list.length)];

/** The month on the wall of someone in `zone`, by other means than the program's. */
const monthOnWall = (zone: string, at: Date): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone: zone, year: 'numeric', month: '2-digit' }).format(at);

const sum = (calls: Call[], of: (call: Call) => number) => calls.reduce((total, call) => total + of(call), 0);
const isEstimate = ({ state }: Call) => state === 'lost' || state === 'unheard';
const isOpen = (call: Call) => call.state === 'open' || isEstimate(call);
const held = (call: Call) => (call.state === 'open' ? call.reserved : 0);
const used = (calls: Call[]) => sum(calls, (call) => call.cost + held(call));

const ctxOf = ({ userDefault, instanceLimit }: World) => ({
  db: app.ctx.db,
  config: {
    ...app.ctx.config,
    budget: { userLimitMicroUsd: userDefault, instanceLimitMicroUsd: instanceLimit },
  },
});

/** What is held back for a call: more than its worst case when the model cost more than was asked for within a day. */
function expectedReservation({ calls, now }: World, worstCase: number): number {
  const factors = calls.filter(
    (call) =>
      call.state === 'closed' &&
      call.cost > call.worstCase &&
      call.startedAt > now.getTime() - 86_400_000 &&
      !call.user.gone,
  );
  const amounts = factors.map((call) => Math.ceil((worstCase * call.cost) / Math.max(1, call.worstCase)));
  return Math.max(worstCase, ...amounts);
}

/** Each cap that a call of this size counts against, with what is used of it. */
function capsOf(world: World, article: Article, payer: Payer): { cap: Cap; used: number; limit: number | null }[] {
  const { user } = article;
  const month = monthOnWall(user.zone, world.now);
  const utcMonth = monthOnWall('UTC', world.now);
  const mine = world.calls.filter((call) => call.user === user && call.payer === payer && call.month === month);
  const all = world.calls.filter((call) => !call.user.gone && call.payer === 'instance' && call.utcMonth === utcMonth);
  const pipeline = {
    cap: 'pipeline' as const,
    used: used(world.calls.filter((call) => call.pipeline === article)),
    limit: article.budget,
  };
  if (payer === 'user') return [pipeline, { cap: 'own-month', used: used(mine), limit: user.ownLimit }];
  return [
    pipeline,
    { cap: 'month', used: used(mine), limit: user.limit ?? world.userDefault },
    { cap: 'instance', used: used(all) + (world.departed.get(utcMonth) ?? 0), limit: world.instanceLimit },
  ];
}

/** What stands in the way of a call by the test's own books; null when it fits. */
function expectedRefusal(world: World, article: Article, payer: Payer, neededMicroUsd: number) {
  if (neededMicroUsd === 0) return null;
  const failing = capsOf(world, article, payer).find(
    ({ used, limit }) => limit !== null && used + neededMicroUsd > limit,
  );
  return failing ? { cap: failing.cap, used: failing.used, limitMicroUsd: failing.limit, neededMicroUsd } : null;
}

/** Asks for a call and notes it when it is granted; what it was refused for, else null. */
async function reserveInBooks(world: World, article: Article, worstCase: number, payer: Payer) {
  const { user } = article;
  const asked = tryReserve(ctxOf(world), callPlan(user.id, article.id, worstCase, { payer }), world.now);
  if (user.gone) {
    await expect(asked).rejects.toMatchObject({ code: 'not_found' });
    return null;
  }
  const answer = await asked;
  if ('refusal' in answer) {
    const { cap, settledMicroUsd, reservedMicroUsd, limitMicroUsd, neededMicroUsd } = answer.refusal;
    return { cap, used: settledMicroUsd + reservedMicroUsd, limitMicroUsd, neededMicroUsd };
  }
  world.calls.push({
    id: answer.id,
    user,
    pipeline: article,
    payer,
    month: monthOnWall(user.zone, world.now),
    utcMonth: monthOnWall('UTC', world.now),
    worstCase,
    reserved: expectedReservation(world, worstCase),
    startedAt: world.now.getTime(),
    state: 'open',
    cost: 0,
    billed: 0,
  });
  return null;
}

/** Does one thing to the ledger and writes it into the test's own books. */
async function play(world: World, step: Move): Promise<void> {
  const { db } = app.ctx;
  switch (step.do) {
    case 'reserve': {
      const article = pick(world.articles, step.article);
      if (!article) return;
      const { amount, payer } = step;
      const expected = expectedRefusal(world, article, payer, expectedReservation(world, amount));
      const refusal = await reserveInBooks(world, article, amount, payer);
      if (!article.user.gone) expect(refusal).toEqual(expected);
      return;
    }
    case 'settle': {
      const call = pick(world.calls, step.call);
      if (!call) return;
      const bill = Math.ceil((call.worstCase * step.percent) / 100);
      const error = step.failed ? { code: 'model_output_invalid' as const, message: 'no', hint: '' } : null;
      await settle(db, call.id, { usage, costMicroUsd: bill, output: {}, ...(error ? { error } : {}) });
      if (isOpen(call)) Object.assign(call, { state: 'closed', cost: bill, billed: bill });
      return;
    }
    case 'settle without usage': {
      const call = pick(world.calls, step.call);
      if (!call) return;
      await settle(db, call.id, { usage: null, costMicroUsd: null, output: {} });
      if (isOpen(call)) {
        const billed = Math.floor((call.worstCase * step.percent) / 100);
        Object.assign(call, { state: 'unheard', cost: call.reserved, billed });
      }
      return;
    }
    case 'release': {
      const call = pick(world.calls, step.call);
      // Whoever has an answer does not give the call back.
      if (!call || call.state === 'unheard') return;
      await release(db, call.id, { code: 'model_rejected', message: 'no', hint: '' });
      if (isOpen(call)) Object.assign(call, { state: 'released', cost: 0, billed: 0 });
      return;
    }
    case 'crash': {
      const article = pick(world.articles, step.article);
      if (!article) return;
      await settleAbandoned(db, article.id);
      for (const call of world.calls)
        if (call.pipeline === article && call.state === 'open')
          Object.assign(call, { state: 'lost', cost: call.reserved, billed: call.reserved });
      return;
    }
    case 'limit': {
      const customer = pick(world.customers, step.user);
      if (!customer) return;
      customer.limit = step.amount;
      return setLimit(db, customer.id, step.amount);
    }
    case 'own limit': {
      const customer = pick(world.customers, step.user);
      if (!customer) return;
      customer.ownLimit = step.amount;
      await db.update(users).set({ ownMonthlyLimitMicroUsd: step.amount }).where(eq(users.id, customer.id));
      return;
    }
    case 'default limit':
      world.userDefault = step.amount;
      return;
    case 'instance limit':
      world.instanceLimit = step.amount;
      return;
    case 'budget': {
      const article = pick(world.articles, step.article);
      if (!article) return;
      article.budget = step.amount;
      await db.update(pipelines).set({ budgetMicroUsd: step.amount }).where(eq(pipelines.id, article.id));
      return;
    }
    case 'zone': {
      const customer = pick(world.customers, step.user);
      if (!customer) return;
      customer.zone = step.zone;
      await db.update(users).set({ timeZone: step.zone }).where(eq(users.id, customer.id));
      return;
    }
    case 'wait':
      world.now = new Date(world.now.getTime() + step.hours * 3_600_000);
      return;
    case 'month end':
      world.now = new Date(nextTurn(step.zone, world.now).getTime() + step.secondsAfter * 1_000);
      return;
    case 'delete account': {
      const customer = pick(world.customers, step.user);
      if (!customer || customer.gone) return;
      await db.delete(users).where(eq(users.id, customer.id));
      customer.gone = true;
      for (const call of world.calls.filter((one) => one.user === customer && one.payer === 'instance'))
        world.departed.set(call.utcMonth, (world.departed.get(call.utcMonth) ?? 0) + used([call]));
      return;
    }
    case 'at once':
      return playAtOnce(world, step.moves);
    case 'rush': {
      const article = pick(world.articles, step.article);
      if (!article) return;
      const left = capsOf(world, article, step.payer).map(({ used, limit }) => (limit ?? 1_000) - used);
      const amount = Math.max(1, Math.floor(Math.min(...left) / step.share));
      const one = (index: number): Move => ({
        do: 'reserve',
        article: step.article + index * step.stride,
        amount,
        payer: step.payer,
      });
      return playAtOnce(
        world,
        Array.from({ length: 8 }, (_, index) => one(index)),
      );
    }
  }
}

/** Calls that ask and end at the same time: none of them is granted that would pass a cap, whoever comes first. */
async function playAtOnce(world: World, steps: Move[]): Promise<void> {
  // Two ends of the same call at once would leave open which of them counts.
  const ended = new Set<unknown>();
  const apart = steps.filter((step) => {
    if (!('call' in step)) return true;
    const call = pick(world.calls, step.call);
    return ended.size < ended.add(call).size;
  });
  const before = [...world.calls];
  await Promise.all(
    apart.map((step) => {
      if (step.do !== 'reserve') return play({ ...world, calls: before }, step);
      const article = pick(world.articles, step.article);
      return article && reserveInBooks(world, article, step.amount, step.payer);
    }),
  );
  if (world.calls.length === before.length) return;
  // What settled below its reservation meanwhile only makes room, so the caps hold at the end of the batch as well.
  for (const call of world.calls.slice(before.length)) {
    if (call.reserved === 0) continue;
    for (const { cap, used, limit } of capsOf(world, call.pipeline, call.payer))
      if (limit !== null) expect(used, cap).toBeLessThanOrEqual(limit);
  }
}

/** The first second of the next month on the wall in `zone`, found by halving. */
function nextTurn(zone: string, at: Date): Date {
  const month = monthOnWall(zone, at);
  let [before, after] = [Math.floor(at.getTime() / 1_000), Math.floor(at.getTime() / 1_000) + 32 * 86_400];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (monthOnWall(zone, new Date(middle * 1_000)) === month) before = middle;
    else after = middle;
  }
  return new Date(after * 1_000);
}

/** The ledger, its counters and the provider's bill against the test's own books. */
async function expectTrueBooks(world: World): Promise<void> {
  const { db } = app.ctx;
  expect(await wrongCounters(db)).toEqual([]);
  const rows = await db.select().from(paidCalls).orderBy(paidCalls.id);
  const calls = world.calls.filter((call) => !call.user.gone);
  expect(rows.map((row) => [row.id, row.reservedMicroUsd, row.costMicroUsd ?? 0, row.estimated, row.month])).toEqual(
    calls
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map((call) => [call.id, call.reserved, call.cost, isEstimate(call), call.month]),
  );
  for (const call of calls) {
    if (call.state === 'closed') expect(call.cost).toBe(call.billed);
    else if (isEstimate(call)) expect(call.cost).toBeGreaterThanOrEqual(call.billed);
  }
}

/** What is shown to people comes from the counters and from the ledger: it says the same. */
async function expectTrueSums(world: World): Promise<void> {
  const { db } = app.ctx;
  const calls = world.calls.filter((call) => !call.user.gone);
  for (const article of world.articles) {
    const mine = calls.filter((call) => call.pipeline === article);
    expect(await pipelineSpending(db, article.id)).toEqual({
      settledMicroUsd: sum(mine, ({ cost }) => cost),
      reservedMicroUsd: sum(mine, held),
    });
  }
  for (const month of new Set(world.calls.map(({ utcMonth }) => utcMonth))) {
    const mine = calls.filter((call) => call.payer === 'instance' && call.utcMonth === month);
    expect(await countedInstance(db, month)).toMatchObject({
      settled: sum(mine, ({ cost }) => cost) + (world.departed.get(month) ?? 0),
      reserved: sum(mine, held),
    });
  }
  for (const user of world.customers) {
    const month = monthOnWall(user.zone, world.now);
    const mine = calls.filter((call) => call.user === user && call.month === month && call.payer === 'instance');
    expect(await countedMonth(db, user.id, month)).toEqual({
      settled: sum(mine, ({ cost }) => cost),
      reserved: sum(mine, held),
    });
  }
}

async function freshWorld(): Promise<World> {
  const { db } = app.ctx;
  await db.delete(users).where(ne(users.id, app.ctx.ownerId));
  await db.execute(sql`delete from instance_months`);
  const customers: Customer[] = [];
  for (const zone of ['UTC', 'Pacific/Auckland', 'America/Los_Angeles']) {
    const id = await givenUser(db, { timeZone: zone });
    customers.push({ id, zone, limit: null, ownLimit: null, gone: false });
  }
  const articles: Article[] = [];
  for (const user of [...customers, ...customers])
    articles.push({ id: await givenBudget(db, user.id, 6_000), user, budget: 6_000 });
  return {
    now: new Date('2026-10-30T12:00:00Z'),
    userDefault: 8_000,
    instanceLimit: 10_000,
    customers,
    articles,
    calls: [],
    departed: new Map(),
  };
}

test('no interleaving passes a cap or loses a cent', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(moves, async (steps) => {
      const world = await freshWorld();
      for (const step of steps) {
        await play(world, step);
        await expectTrueBooks(world);
      }
      await expectTrueSums(world);
    }),
    { numRuns: 30 },
  );
});
