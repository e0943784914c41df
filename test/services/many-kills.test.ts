import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { expect, it, vi } from 'vitest';
import { queryRows } from '../../src/db/open.ts';
import { leaseMs } from '../../src/pipeline/lease.ts';
import { pipelines } from '../../src/pipeline/schema.ts';
import type { TestContext } from '../harness.ts';
import { thorough } from '../thorough.ts';
import {
  askedBy,
  expectWhole,
  givenArticle,
  givenUser,
  type PipelineInstance,
  startPipelineInstance,
  untilSucceeded,
  type Worker,
} from './pipeline-instance.ts';
import { seeded } from './seeded.ts';

/*
 * Many articles of several users, written by three processes of which one after the other is killed or frozen for longer
 * than its lease. TEST_PIPELINES says how many there are at least: 300 is what the issue asks for, less is what fits
 * between other tests. However fast the machine, articles are begun until so many kills have happened as are wanted.
 */

const count = Number(process.env.TEST_PIPELINES ?? (thorough ? 300 : 18));
const seed = Number(process.env.TEST_SEED ?? 20_261_130);
/** Two of the processes can work on all that their users may have under way, so that nothing waits while one is away. */
const [processes, userCount, eachUser] = [3, 4, 2];
const wantedKills = 4;
/** How long a model takes for an answer, in milliseconds: whoever is killed is nearly always in the middle of some. */
const answerMs = 150;
/** How long another may take to go on after a death, and after the end of the lease of whoever died, in seconds. */
const takeOverLimit = 15;
const aloneLimit = takeOverLimit - leaseMs / 1000;
/** How long a pipeline may stand without anybody on any machine, in seconds. */
const patience = 30;
/** From a death to a question are some ten steps of two processes and the server, each as late as any on this machine. */
const stretchOf = ({ late }: Seen) => 10 * late;

vi.setConfig({ testTimeout: 1_200_000, hookTimeout: 240_000 });

/** An instance of its own for one test. */
async function given({
  onTestFinished,
}: {
  onTestFinished(end: () => Promise<void>): void;
}): Promise<PipelineInstance> {
  const limits = { ARTICLES_PER_MONTH: '1000', MONTHLY_LIMIT_USD: '1000', INSTANCE_MONTHLY_LIMIT_USD: '10000' };
  const instance = await startPipelineInstance({ CONCURRENT_PIPELINES: String(eachUser), ...limits });
  onTestFinished(() => instance.close());
  return instance;
}

/** What was seen while articles were written. */
interface Seen {
  /** The most pipelines of one user under a lease at one moment. */
  together: number;
  /** The longest that one was running with nobody at it, in seconds. */
  alone: number;
  /** By how much a timer and a look at the database were late at most, in seconds: how stretched the machine is. */
  late: number;
}
const nothingSeen = (): Seen => ({ together: 0, alone: 0, late: 0 });

/**
 * Looks at the pipelines all along, until `signal` aborts. Throws as soon as one has been alone for too long, and when
 * money is still held back for one that is written: what a dead process reserved is settled before another goes on.
 */
async function watch({ ctx }: PipelineInstance, seen: Seen, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const before = performance.now();
    await pause(50);
    const [row] = await queryRows<{ together: number | null; alone: number | null; held: number }>(
      ctx.db,
      sql`select (select max(n)::int from (select count(*) as n from pipelines where status = 'running'
              and lease_expires_at >= now() group by user_id) as each_user) as together,
            (select max(extract(epoch from now() - lease_expires_at))::float8 from pipelines where status = 'running'
              and lease_expires_at < now()) as alone,
            (select count(*)::int from paid_calls join pipelines on pipelines.id = paid_calls.pipeline_id
              where paid_calls.status = 'reserved' and pipelines.status = 'succeeded') as held`,
    );
    seen.late = Math.max(seen.late, (performance.now() - before - 50) / 1000);
    seen.together = Math.max(seen.together, row?.together ?? 0);
    seen.alone = Math.max(seen.alone, row?.alone ?? 0);
    if (seen.alone > patience) throw new Error(`a pipeline has been running with nobody at it for ${seen.alone} s`);
    if (row?.held) throw new Error(`money is held back for ${row.held} calls of articles that are written`);
  }
}

/** Follows who asks about which article, and how long after the death of its worker another goes on. */
function watchQuestions({ provider }: PipelineInstance) {
  const lastBy = new Map<string, string>();
  const orphans = new Map<string, number>();
  const unanswered = new Map<string, number>();
  /** Seconds from a death to the next question about an article that it left in the middle of one. */
  const takeOvers: number[] = [];
  provider.intercept = async ({ messages, key = '' }) => {
    const tag = /tag-\d+-/.exec(JSON.stringify(messages))?.[0] ?? '';
    const since = orphans.get(tag);
    if (since !== undefined && lastBy.get(tag) !== key) {
      takeOvers.push((performance.now() - since) / 1000);
      orphans.delete(tag);
    }
    lastBy.set(tag, key);
    unanswered.set(tag, (unanswered.get(tag) ?? 0) + 1);
    await pause(answerMs);
    unanswered.set(tag, (unanswered.get(tag) ?? 1) - 1);
    return false;
  };
  /** The articles about which a process waits for an answer. */
  const waitsFor = (name: string) =>
    [...unanswered].flatMap(([tag, open]) => (open > 0 && lastBy.get(tag) === name ? [tag] : []));
  return {
    takeOvers,
    orphans,
    lastBy,
    waitsFor,
    died(name: string) {
      for (const tag of waitsFor(name)) orphans.set(tag, performance.now());
      for (const [tag, by] of lastBy) if (by === name) unanswered.delete(tag);
    },
  };
}

it('another process goes on within 15 seconds with what a killed one has left', async (test) => {
  const instance = await given(test);
  const { ctx, provider } = instance;
  const articles = 4;
  const answers = Promise.withResolvers<void>();
  const askers = new Map<string, Map<string, number>>();
  provider.intercept = async ({ messages, key = '' }) => {
    const tag = /left-\d-/.exec(JSON.stringify(messages))?.[0] ?? '';
    const asked = askers.get(key) ?? new Map<string, number>();
    askers.set(key, asked.set(tag, performance.now()));
    await answers.promise;
    return false;
  };
  const askedByAll = (name: string) =>
    vi.waitFor(() => expect(askers.get(name)?.size).toBe(articles), { timeout: 60_000, interval: 10 });
  const seen = nothingSeen();
  const over = new AbortController();
  const watching = watch(instance, seen, over.signal);
  const one = await instance.startWorker('one');
  const ids: string[] = [];
  for (let number = 0; number < articles; number++) {
    ids.push((await givenArticle(await givenUser(ctx), `left-${number}-`)).id);
    // So that their leases end at different moments.
    await pause(700);
  }
  await askedByAll('one');
  await instance.startWorker('other');
  const death = performance.now();
  await one.kill();
  await Promise.race([askedByAll('other'), watching]);
  over.abort();
  await watching;
  const seconds = [...(askers.get('other')?.values() ?? [])].map((at) => (at - death) / 1000);
  console.log(
    `gone on with after ${seconds.map((each) => each.toFixed(1)).join(', ')} s; late by ${seen.late.toFixed(2)} s at most`,
  );
  expect(Math.max(...seconds)).toBeLessThan(takeOverLimit + stretchOf(seen));
  expect(seen.alone).toBeLessThan(aloneLimit + stretchOf(seen));
  answers.resolve();
  await untilSucceeded(ctx, ids);
  await vi.waitFor(() => expectWhole(instance, ids), { timeout: 60_000, interval: 500 });
});

it(`${count} articles of ${userCount} users in ${processes} processes that are killed and frozen (seed ${seed})`, async (test) => {
  const instance = await given(test);
  const { ctx, provider } = instance;
  const users = await Promise.all(Array.from({ length: userCount }, () => givenUser(ctx)));
  const random = seeded(seed);
  let starts = 0;
  const start = () => instance.startWorker(`worker-${++starts}`);
  const workers = await Promise.all(Array.from({ length: processes }, start));
  const questions = watchQuestions(instance);
  const { takeOvers } = questions;
  const [killed, frozen] = [new Set<string>(), new Set<string>()];
  const isEnough = () => killed.size >= wantedKills && frozen.size > 0;

  const ids: string[] = [];
  const begin = async () => {
    ids.push((await givenArticle(users[ids.length % userCount] as TestContext, `tag-${ids.length}-`)).id);
  };
  async function write(): Promise<void> {
    while (ids.length < count) await begin();
    const open = sql`status in ('queued', 'running', 'waiting')`;
    while (!isEnough()) {
      if ((await ctx.db.$count(pipelines, open)) < 2 * userCount * eachUser) await begin();
      else await pause(100);
    }
    await untilSucceeded(ctx, ids, 1_100_000);
  }

  const over = new AbortController();
  /** How often an article was left alone: one that takes its workers down ten times is given up, rightly. */
  const left = new Map<string, number>();
  const mostLeft = 5;
  /** One that waits for an answer at this moment: its end leaves money held back and a question to be asked again. */
  async function someone(): Promise<[Worker, number] | null> {
    while (!over.signal.aborted) {
      const busy = [...workers.entries()].filter(([, { name }]) => {
        const tags = questions.waitsFor(name);
        return tags.length > 0 && tags.every((tag) => (left.get(tag) ?? 0) < mostLeft);
      });
      const [index, worker] = busy[Math.floor(random() * busy.length)] ?? [];
      if (worker && index !== undefined) {
        for (const tag of questions.waitsFor(worker.name)) left.set(tag, (left.get(tag) ?? 0) + 1);
        return [worker, index];
      }
      await pause(5);
    }
    return null;
  }
  async function killOne(): Promise<void> {
    const victim = await someone();
    if (!victim) return;
    const [worker, index] = victim;
    questions.died(worker.name);
    killed.add(worker.name);
    await worker.kill();
    workers[index] = await start();
  }
  async function freezeOne(): Promise<void> {
    const victim = await someone();
    if (!victim) return;
    const [{ name, program }] = victim;
    const tags = questions.waitsFor(name);
    frozen.add(name);
    program.kill('SIGSTOP');
    await pause(leaseMs + 1_000 + random() * 3_000);
    while (!tags.some((tag) => questions.lastBy.get(tag) !== name) && !over.signal.aborted) await pause(50);
    program.kill('SIGCONT');
  }
  /** One at a time, so that two work all along, however slowly processes start here. */
  async function disturb(): Promise<void> {
    for (let turn = 0; !over.signal.aborted; turn++) {
      await pause(800 + random() * 1_200);
      await (turn === 2 || (turn > 2 && random() < 0.12) ? freezeOne() : killOne());
    }
  }

  const started = performance.now();
  const seen = nothingSeen();
  const [watching, disturbing] = [watch(instance, seen, over.signal), disturb()];
  try {
    await Promise.race([write(), watching, disturbing]);
  } finally {
    over.abort();
    await disturbing;
  }
  await watching;
  const seconds = (performance.now() - started) / 1000;
  takeOvers.sort((a, b) => a - b);
  const at = (share: number) => takeOvers[Math.floor(share * (takeOvers.length - 1))]?.toFixed(1);
  console.log(
    `${ids.length} articles in ${seconds.toFixed(1)} s; ${killed.size} killed, ${frozen.size} frozen; ${takeOvers.length} taken over,`,
    `after ${at(0)} s at least, ${at(0.5)} s in the middle, ${at(1)} s at most; alone for at most ${seen.alone.toFixed(1)} s;`,
    `what lasts 50 ms was late by ${seen.late.toFixed(2)} s at most`,
  );

  expect(seen.together).toBe(eachUser);
  expect(seen.alone).toBeLessThan(aloneLimit + stretchOf(seen));
  expect(killed.size).toBeGreaterThanOrEqual(wantedKills);
  // Whoever was killed was in the middle of a question, and somebody went on with it.
  expect([...questions.orphans.keys()]).toEqual([]);
  expect(takeOvers.length).toBeGreaterThanOrEqual(killed.size);
  // No process asks a question twice, and none asks one that another has asked who was left alone with it.
  const asked = [...askedBy(provider.calls).values()];
  for (const by of asked) {
    expect(new Set(by).size, by.join(' ')).toBe(by.length);
    for (const name of by.slice(0, -1))
      expect(killed.has(name ?? '') || frozen.has(name ?? ''), by.join(' ')).toBe(true);
  }
  // What was paid a second time says so: the answer of a killed process is lost, that of a frozen one comes late.
  const paidTwice = await queryRows<{ certain: number }>(
    ctx.db,
    sql`select count(*) filter (where not estimated and status <> 'released')::int as certain from paid_calls
        group by pipeline_id, request_digest having count(*) > 1`,
  );
  const late = asked.filter((by) => by.length > 1 && by.some((name) => frozen.has(name ?? '')));
  expect(late.length).toBeGreaterThan(0);
  expect(paidTwice.filter(({ certain }) => certain > 1).length).toBeLessThanOrEqual(late.length);
  console.log(`${paidTwice.length} questions begun twice, ${late.length} of them by a frozen process`);
  await vi.waitFor(() => expectWhole(instance, ids), { timeout: 60_000, interval: 500 });
});
