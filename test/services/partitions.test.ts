import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { describe, expect, it, vi } from 'vitest';
import { queryRows } from '../../src/db/open.ts';
import { listSteps } from '../../src/pipeline/steps-store.ts';
import {
  askedTwice,
  everythingOf,
  expectWhole,
  givenArticle,
  holdCall,
  type PipelineInstance,
  readPipeline,
  startPipelineInstance,
  untilGivenUp,
  untilSucceeded,
  type Worker,
} from './pipeline-instance.ts';
import { seeded } from './seeded.ts';

/*
 * Worker processes whose way to PostgreSQL is cut in every way that tells nobody, while another one stays connected. Each
 * test has an instance of its own: they mostly wait, the longest from the first moment on.
 */

// A busy machine starts processes slowly. Each instance takes up to 20 connections of the server.
vi.setConfig({ testTimeout: 480_000, maxConcurrency: 3 });

const seed = Number(process.env.TEST_SEED ?? 20_261_130);

/** Of one of the tests that run side by side. */
type Test = { onTestFinished(end: () => Promise<void>): void };

async function given({ onTestFinished }: Test): Promise<PipelineInstance> {
  const instance = await startPipelineInstance({ CONCURRENT_PIPELINES: '8' });
  onTestFinished(() => instance.close());
  return instance;
}

/** Connections on which a process listens for its own channels, made after a moment of the database's clock. */
const listeningSince = ({ ctx }: PipelineInstance, { name }: Worker, since: string) =>
  queryRows<{ pid: number }>(
    ctx.db,
    sql`select pid from pg_stat_activity where application_name = ${name} and backend_start > ${since}::timestamptz
        and datname = current_database() and query ~ '^(LISTEN "(pipeline|user)_|select 1$)'`,
  );
const databaseNow = async ({ ctx }: PipelineInstance) =>
  (await queryRows<{ now: string }>(ctx.db, sql`select clock_timestamp()::text as now`))[0]?.now ?? '';

/**
 * A worker is cut off while the provider answers it. Another takes the pipeline over and finishes it; the first one must
 * not ask or write anything more when it is back, and works on as if nothing had been.
 */
async function cutOff(
  instance: PipelineInstance,
  how: { lost: 'everything' | 'answers'; healed: 'late' | 'dead'; seconds: number },
): Promise<void> {
  const { ctx, provider } = instance;
  const cut = await instance.startWorker('cut');
  const held = holdCall(instance, 'draft-section', 'first');
  const { id } = await givenArticle(ctx, 'first');
  expect(await held.asked).toMatchObject({ key: 'cut' });
  const whole = await instance.startWorker('whole');
  cut.database.partition(how.lost);
  const over = pause(how.seconds * 1000);
  held.answer();
  await untilSucceeded(ctx, [id]);
  // Taken, taken over, and given back.
  expect(await readPipeline(ctx, id)).toMatchObject({ lease: 3 });
  const finished = await everythingOf(ctx, id);
  await over;
  const asked = provider.calls.length;
  const healedAt = await databaseNow(instance);
  cut.database.heal(how.healed);
  await untilGivenUp(cut, id);
  expect(provider.calls).toHaveLength(asked);
  expect(await everythingOf(ctx, id)).toEqual(finished);
  // Only the question that was under way was asked a second time, and where its answer
  // still reached the database not even that.
  const twice = askedTwice(provider.calls);
  if (how.lost === 'everything' || twice.length > 0) expect(twice).toEqual([['cut', 'whole']]);

  // It goes on without a restart: with its connections, and listening.
  await whole.kill();
  const next = await Promise.all(['second', 'third', 'fourth'].map((tag) => givenArticle(ctx, tag)));
  const ids = [id, ...next.map((row) => row.id)];
  await untilSucceeded(ctx, ids);
  expect(new Set(provider.calls.slice(asked).map(({ key }) => key))).toEqual(new Set(['cut']));
  if (how.healed === 'dead') {
    await vi.waitFor(async () => expect(await listeningSince(instance, cut, healedAt)).toHaveLength(1), {
      timeout: 40_000,
      interval: 200,
    });
  }
  expect(cut.program.exitCode).toBeNull();
  await vi.waitFor(() => expectWhole(instance, ids), { timeout: 30_000 });
  expect(askedTwice(provider.calls)).toEqual(twice);
}

describe.concurrent('a worker that is cut off from its database', () => {
  it('for a minute while its requests arrive and the answers are lost, on connections that stay dead', async (test) => {
    await cutOff(await given(test), { lost: 'answers', healed: 'dead', seconds: 60 });
  });

  it('for 20 seconds, beyond its lease: what was sent arrives late, and is not written', async (test) => {
    await cutOff(await given(test), { lost: 'everything', healed: 'late', seconds: 20 });
  });

  it(`for moments, again and again (seed ${seed}): nothing is asked twice`, async (test) => {
    const instance = await given(test);
    const { ctx, provider } = instance;
    const random = seeded(seed);
    const cut = await instance.startWorker('cut');
    const made = await Promise.all(Array.from({ length: 8 }, (_, number) => givenArticle(ctx, `article-${number}x`)));
    const ids = made.map(({ id }) => id);
    let over = false;
    const done = untilSucceeded(ctx, ids, 150_000).finally(() => {
      over = true;
    });
    // Shorter together with what it takes to renew it than the lease, which is 12 seconds: nobody takes anything over.
    for (let turn = 0; turn < 5 && !over; turn++) {
      cut.database.partition(random() < 0.5 ? 'everything' : 'answers');
      await pause(1_000 + random() * 3_000);
      cut.database.heal('late');
      await pause(200 + random() * 800);
    }
    await done;
    expect(askedTwice(provider.calls)).toEqual([]);
    await vi.waitFor(() => expectWhole(instance, ids), { timeout: 30_000 });
  });
});

describe.concurrent('the answer to a commit that is lost', () => {
  /** Cuts the connection on which the end of a step is committed, before or after the server has got it. */
  async function loseCommit(test: Test, arrives: boolean): Promise<[PipelineInstance, string]> {
    const instance = await given(test);
    const { ctx } = instance;
    const worker = await instance.startWorker('only');
    const finishing = new Set<number>();
    const lost = Promise.withResolvers<void>();
    worker.database.watch((text, connection) => {
      if (/update "pipeline_steps" set "status".*succeeded.*"sections"/s.test(text)) finishing.add(connection);
      if (!finishing.has(connection) || !text.includes('commit\0')) return;
      worker.database.watch(() => undefined);
      worker.database.partition(arrives ? 'answers' : 'everything');
      lost.resolve();
    });
    const { id } = await givenArticle(ctx, 'only');
    await lost.promise;
    if (arrives) {
      const steps = async () => (await listSteps(ctx.db, [id])).map(({ name, status }) => `${name} ${status}`);
      await vi.waitFor(async () => expect(await steps()).toContain('outline succeeded'), {
        timeout: 30_000,
        interval: 10,
      });
    }
    worker.database.cut();
    worker.database.heal('late');
    await untilSucceeded(ctx, [id]);
    await vi.waitFor(() => expectWhole(instance, [id]), { timeout: 30_000 });
    expect(askedTwice(instance.provider.calls)).toEqual([]);
    return [instance, id];
  }
  const attempts = async ({ ctx }: PipelineInstance, id: string) =>
    (await listSteps(ctx.db, [id])).filter(({ name }) => name === 'outline').map(({ status }) => status);

  it('and had arrived: the step is done, and not done again', async (test) => {
    expect(await attempts(...(await loseCommit(test, true)))).toEqual(['succeeded']);
  });

  it('and had not arrived: the step is done again from what was paid', async (test) => {
    expect(await attempts(...(await loseCommit(test, false)))).toEqual([
      expect.stringMatching('failed|cancelled'),
      'succeeded',
    ]);
  });
});

describe.concurrent('a database that closes all connections', () => {
  it('again and again while articles are written: they are, and nothing is asked twice', async (test) => {
    const instance = await given(test);
    const { ctx, provider } = instance;
    const [one, two] = [await instance.startWorker('one'), await instance.startWorker('two')];
    const made = await Promise.all(Array.from({ length: 10 }, (_, number) => givenArticle(ctx, `article-${number}x`)));
    const ids = made.map(({ id }) => id);
    let closed = 0;
    for (const share of [0.1, 0.4, 0.7]) {
      const expected = share * ids.length * 7;
      await vi.waitFor(() => expect(provider.calls.length).toBeGreaterThan(expected), {
        timeout: 90_000,
        interval: 10,
      });
      const rows = await queryRows<{ closed: boolean }>(
        ctx.db,
        sql`select pg_terminate_backend(pid) as closed from pg_stat_activity
            where datname = current_database() and application_name in ('one', 'two')`,
      );
      closed += rows.length;
    }
    await untilSucceeded(ctx, ids);
    console.log(`${closed} connections closed`);
    expect(closed).toBeGreaterThan(8);
    expect(askedTwice(provider.calls)).toEqual([]);
    expect([one.program.exitCode, two.program.exitCode]).toEqual([null, null]);
    await vi.waitFor(() => expectWhole(instance, ids), { timeout: 30_000 });
  });
});
