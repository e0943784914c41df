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
  type Worker,
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

/** Resolves when a worker sends a statement, before it has been passed on; `then` is done at that moment. */
function atStatement({ database }: Worker, statement: RegExp, then: () => void): Promise<void> {
  const sent = Promise.withResolvers<void>();
  database.watch((text) => {
    if (!statement.test(text)) return;
    database.watch(() => undefined);
    then();
    sent.resolve();
  });
  return sent.promise;
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
    // Taken, taken over, and given back.
    expect(await readPipeline(ctx, id)).toMatchObject({ lease: 3 });
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
    const instance = await given(test);
    const { ctx, provider } = instance;
    const frozen = await instance.startWorker('frozen');
    // The money is held back by now, and it does not hear of it.
    const stopped = atStatement(frozen, /money_for_call.*draft-section/s, () => frozen.program.kill('SIGSTOP'));
    const { id } = await givenArticle(ctx, 'first');
    await stopped;
    await instance.startWorker('whole');
    await untilSucceeded(ctx, [id]);
    const [finished, asked] = [await everythingOf(ctx, id), provider.calls.length];
    frozen.program.kill('SIGCONT');
    await untilGivenUp(frozen, id);
    expect(await everythingOf(ctx, id)).toEqual(finished);
    expect(provider.calls).toHaveLength(asked);
    expect(askedTwice(provider.calls)).toEqual([]);
    // What was held back for the call that never went out is given back.
    const released = (await listCalls(ctx.db, [id])).filter(({ status }) => status === 'released');
    expect(released).toMatchObject([{ task: 'draft-section', costMicroUsd: 0, estimated: false }]);
    await vi.waitFor(() => expectWhole(instance, [id]), { timeout: 30_000 });
  });

  it('between the work of a step and its end does not write its end when it wakes', async (test) => {
    const instance = await given(test);
    const { ctx, provider } = instance;
    const outline = async (id: string) =>
      (await listSteps(ctx.db, [id])).filter(({ name }) => name === 'outline').map(({ status }) => status);
    /** The last statement before the transaction in which the step ends. */
    const lastWord = /pipeline_events.*(One section|\d sections): /s;
    const frozen = await instance.startWorker('frozen');
    const stopped = atStatement(frozen, lastWord, () => frozen.program.kill('SIGSTOP'));
    const { id } = await givenArticle(ctx, 'first');
    await stopped;
    const whole = await instance.startWorker('whole');
    // Later, a record of the other's would keep out a second one by itself.
    await atStatement(whole, lastWord, () => whole.database.hold());
    expect(await outline(id)).toEqual(['cancelled', 'running']);
    frozen.program.kill('SIGCONT');
    await untilGivenUp(frozen, id);
    expect(await outline(id)).toEqual(['cancelled', 'running']);
    whole.database.release();
    await untilSucceeded(ctx, [id]);
    expect(await outline(id)).toEqual(['cancelled', 'succeeded']);
    // Its answer was paid, and is used.
    expect(askedTwice(provider.calls)).toEqual([]);
    await vi.waitFor(() => expectWhole(instance, [id]), { timeout: 30_000 });
  });

  it('in a transaction keeps nobody waiting for what it has locked, and writes nothing of it', async (test) => {
    const instance = await given(test);
    const { ctx, provider } = instance;
    const frozen = await instance.startWorker('frozen');
    // The pipeline's row is locked by now; the statement goes out, and its answer is not heard.
    const stopped = atStatement(frozen, /update "pipeline_steps" set "status".*succeeded.*"sections"/s, () =>
      frozen.program.kill('SIGSTOP'),
    );
    const { id } = await givenArticle(ctx, 'first');
    await stopped;
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
