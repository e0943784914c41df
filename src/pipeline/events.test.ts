import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { givenPipeline } from '../../test/factories.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { newId } from '../db/id.ts';
import { cancelPipeline } from './commands.ts';
import { changeChannel } from './event-bus.ts';
import { eventsAfter, recordEvents, recordUnderLease } from './events.ts';
import { changeUnderLease, claimPipeline, holdsLease } from './lease.ts';
import { getPipeline } from './queries.ts';
import type { Pipeline } from './schema.ts';

let app: TestApp;
let pipeline: Pipeline;
beforeAll(async () => {
  // Each test claims one and keeps it.
  app = await startTestApp({ env: { CONCURRENT_PIPELINES: '99' } });
});
afterAll(() => app.close());
beforeEach(async () => {
  const { id } = await givenPipeline(app.ctx);
  const claimed = await claimPipeline(app.ctx, id);
  if (!claimed) throw new Error('a queued pipeline can be claimed');
  pipeline = claimed;
});

const events = async () => (await eventsAfter(app.ctx.db, pipeline.id, 0)).map(({ type, data }) => ({ type, data }));
const log = (message: string) => ({ type: 'log' as const, data: { message } });

/** Resolves when every announcement so far has arrived: they come in the order of their commits. */
async function caughtUp(): Promise<void> {
  const id = newId();
  let end: () => void = () => undefined;
  const heard = new Promise<void>((resolve) => {
    end = app.ctx.bus.subscribe(id, resolve);
  });
  await app.ctx.db.execute(sql`select pg_notify(${changeChannel}, ${id})`);
  await heard;
  end();
}

describe('recording events', () => {
  test('keeps their order and their data, for the owner of the pipeline', async () => {
    const messages = ['one', 'two', 'three\'s "quoted" \\ line\nand 日本'];
    await recordEvents(app.ctx.db, pipeline, messages.map(log));
    expect((await events()).slice(-3)).toEqual(messages.map(log));
    const rows = await eventsAfter(app.ctx.db, pipeline.id, 0);
    expect(new Set(rows.map((row) => row.userId))).toEqual(new Set([pipeline.userId]));
    expect(rows.map((row) => row.id)).toEqual(rows.map((row) => row.id).sort((a, b) => a - b));
  });

  test('wakes those who wait for news of this pipeline, and only when it is committed', async () => {
    await caughtUp();
    const woken: string[] = [];
    const ends = [pipeline.id, newId()].map((id) => app.ctx.bus.subscribe(id, () => woken.push(id)));
    const rolledBack = app.ctx.db.transaction(async (tx) => {
      await recordEvents(tx, pipeline, [log('never seen')]);
      throw new Error('rolled back');
    });
    await expect(rolledBack).rejects.toThrow('rolled back');
    await caughtUp();
    expect(woken).toEqual([]);
    await recordEvents(app.ctx.db, pipeline, [log('seen')]);
    await caughtUp();
    for (const end of ends) end();
    expect(woken).toEqual([pipeline.id]);
    expect(await events()).not.toContainEqual(log('never seen'));
  });

  test('refuses a pipeline that is gone', async () => {
    await expect(recordEvents(app.ctx.db, { id: newId() }, [log('to nobody')])).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('under the lease', () => {
  test('an event is recorded and the progress moves with it', async () => {
    await recordUnderLease(app.ctx.db, pipeline, { type: 'progress', data: { progress: 0.25 } }, 0.25);
    await recordUnderLease(app.ctx.db, pipeline, log('reading'));
    expect((await events()).slice(-2)).toEqual([{ type: 'progress', data: { progress: 0.25 } }, log('reading')]);
    expect((await getPipeline(app.ctx.db, pipeline.userId, pipeline.id)).progress).toBe(0.25);
    expect(await holdsLease(app.ctx.db, pipeline)).toBe(true);
  });

  test('nothing is written by a worker whose pipeline was cancelled or taken over', async () => {
    await cancelPipeline(app.ctx, pipeline.userId, pipeline.id);
    const before = await events();
    const lost = { code: 'lease_lost' };
    await expect(recordUnderLease(app.ctx.db, pipeline, log('late'))).rejects.toMatchObject(lost);
    const late = recordUnderLease(app.ctx.db, pipeline, { type: 'progress', data: { progress: 0.9 } }, 0.9);
    await expect(late).rejects.toMatchObject(lost);
    await expect(changeUnderLease(app.ctx.db, pipeline, { progress: 0.9 })).rejects.toMatchObject(lost);
    expect(await holdsLease(app.ctx.db, pipeline)).toBe(false);
    expect(await events()).toEqual(before);
    expect((await getPipeline(app.ctx.db, pipeline.userId, pipeline.id)).progress).toBe(0);
  });
});
