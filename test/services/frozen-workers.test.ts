import { sql } from 'drizzle-orm';
import { describe, expect, it, vi } from 'vitest';
import { listCalls } from '../../src/budget/ledger.ts';
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
} from './pipeline-instance.ts';

/* Worker processes that freeze (SIGSTOP) for longer than their lease and wake up when another has gone on without them. */

// A busy machine starts processes slowly.
vi.setConfig({ testTimeout: 480_000, maxConcurrency: 2 });

/** Of one of the tests that run side by side. */
type Test = { onTestFinished(end: () => Promise<void>): void };

async function given({ onTestFinished }: Test): Promise<PipelineInstance> {
  const instance = await startPipelineInstance();
  onTestFinished(() => instance.close());
  return instance;
}

/**
 * A worker freezes as it sends a statement, which the server does while the answer is not heard, and wakes when another has
 * written the article: then it writes nothing and asks nothing.
 */
async function freezeAt(test: Test, statement: RegExp): Promise<{ instance: PipelineInstance; id: string }> {
  const instance = await given(test);
  const { ctx, provider } = instance;
  const frozen = await instance.startWorker('frozen');
  const stopped = Promise.withResolvers<void>();
  frozen.database.watch((text) => {
    if (!statement.test(text)) return;
    frozen.database.watch(() => undefined);
    frozen.program.kill('SIGSTOP');
    stopped.resolve();
  });
  const { id } = await givenArticle(ctx, 'first');
  await stopped.promise;
  await instance.startWorker('whole');
  await untilSucceeded(ctx, [id]);
  expect(await readPipeline(ctx, id)).toMatchObject({ takeovers: 1 });
  const [finished, asked] = [await everythingOf(ctx, id), provider.calls.length];
  frozen.program.kill('SIGCONT');
  await untilGivenUp(frozen, id);
  expect(await everythingOf(ctx, id)).toEqual(finished);
  expect(provider.calls).toHaveLength(asked);
  await vi.waitFor(() => expectWhole(instance, [id]), { timeout: 30_000 });
  return { instance, id };
}

describe.concurrent('a worker that freezes', () => {
  it('while a model answers it asks nothing and writes nothing when it wakes', async (test) => {
    const instance = await given(test);
    const { ctx, provider } = instance;
    const frozen = await instance.startWorker('frozen');
    const held = holdCall(instance, 'draft-section', 'first');
    const { id } = await givenArticle(ctx, 'first');
    await held.asked;
    const whole = await instance.startWorker('whole');
    frozen.program.kill('SIGSTOP');
    held.answer();
    await untilSucceeded(ctx, [id]);
    expect(await readPipeline(ctx, id)).toMatchObject({ takeovers: 1 });
    const [finished, asked] = [await everythingOf(ctx, id), provider.calls.length];
    frozen.program.kill('SIGCONT');
    await untilGivenUp(frozen, id);
    expect(await everythingOf(ctx, id)).toEqual(finished);
    expect(provider.calls).toHaveLength(asked);
    expect(askedTwice(provider.calls)).toEqual([['frozen', 'whole']]);

    await whole.kill();
    const next = await givenArticle(ctx, 'second');
    await untilSucceeded(ctx, [id, next.id]);
    await vi.waitFor(() => expectWhole(instance, [id, next.id]), { timeout: 30_000 });
  });

  it('between what it holds back for a call and the call does not make it when it wakes', async (test) => {
    const { instance, id } = await freezeAt(test, /money_for_call.*draft-section/s);
    expect(askedTwice(instance.provider.calls)).toEqual([]);
    // What was held back for the call that never went out is given back.
    const given = (await listCalls(instance.ctx.db, [id])).filter(({ status }) => status === 'released');
    expect(given).toMatchObject([{ task: 'draft-section', costMicroUsd: 0, estimated: false }]);
  });

  it('between the work of a step and its end does not write its end when it wakes', async (test) => {
    const { instance, id } = await freezeAt(test, /pipeline_events.*(One section|sections): /s);
    // Its answer was paid, and is used.
    expect(askedTwice(instance.provider.calls)).toEqual([]);
    const outline = (await listSteps(instance.ctx.db, [id])).filter(({ name }) => name === 'outline');
    expect(outline.map(({ status }) => status)).toEqual(['cancelled', 'succeeded']);
  });

  it('in a transaction keeps nobody waiting for what it has locked, and writes nothing of it', async (test) => {
    const instance = await given(test);
    const { ctx, provider } = instance;
    const frozen = await instance.startWorker('frozen');
    const stopped = Promise.withResolvers<void>();
    // The pipeline's row is locked by now; the statement goes out, and its answer is not heard.
    frozen.database.watch((text) => {
      if (!/update "pipeline_steps" set "status".*succeeded.*"sections"/s.test(text)) return;
      frozen.database.watch(() => undefined);
      frozen.program.kill('SIGSTOP');
      stopped.resolve();
    });
    const { id } = await givenArticle(ctx, 'first');
    await stopped.promise;
    const open = () =>
      queryRows(
        ctx.db,
        sql`select pid from pg_stat_activity where datname = current_database() and application_name = 'frozen'
            and state = 'idle in transaction'`,
      );
    await vi.waitFor(async () => expect(await open()).toHaveLength(1), { timeout: 10_000 });
    await instance.startWorker('whole');
    await untilSucceeded(ctx, [id]);
    expect(await open()).toEqual([]);
    const [finished, asked] = [await everythingOf(ctx, id), provider.calls.length];
    frozen.program.kill('SIGCONT');
    await untilGivenUp(frozen, id);
    expect(await everythingOf(ctx, id)).toEqual(finished);
    expect(provider.calls).toHaveLength(asked);
    // The answers of the step that was taken back were paid and are used.
    expect(askedTwice(provider.calls)).toEqual([]);
    const outline = (await listSteps(ctx.db, [id])).filter(({ name }) => name === 'outline');
    expect(outline.map(({ status }) => status)).toEqual(['cancelled', 'succeeded']);
    await vi.waitFor(() => expectWhole(instance, [id]), { timeout: 30_000 });
  });
});
