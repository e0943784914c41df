import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { version } from '../../src/config.ts';
import { queryRows } from '../../src/db/open.ts';
import type { PipelineAnswer } from '../../src/pipeline/present.ts';
import { listSteps } from '../../src/pipeline/steps-store.ts';
import { breadSources } from '../factories.ts';
import { makeNextRelease, type NextRelease, nextVersion } from '../next-release.ts';
import { servedAt } from '../program.ts';
import { ask, pipelineUntil } from '../server-process.ts';
import { holdCall, type PipelineInstance, readPipeline, startPipelineInstance } from './pipeline-instance.ts';

/*
 * A release: a process of the next version starts while one of this version works, the two share one database and one
 * queue for a while, and the old one is told to stop.
 */

// A busy machine starts processes slowly.
vi.setConfig({ testTimeout: 480_000, hookTimeout: 120_000 });

/** What each process may use; two releases fit into the 22 of a small managed database. */
const connectionsEach = 9;
/** Pipelines that a process works on at a time. */
const slots = 4;

let instance: PipelineInstance;
let release: NextRelease;
beforeAll(async () => {
  release = makeNextRelease();
  instance = await startPipelineInstance({ CONCURRENT_PIPELINES: String(2 * slots) });
});
afterAll(async () => {
  await instance.close();
  release.remove();
});

async function begin(address: string, tag: string): Promise<string> {
  const { status, json } = await ask<PipelineAnswer>(address, 'POST', '/api/v1/pipelines', {
    topic: `Keeping a sourdough starter alive ${tag}`,
    sources: breadSources.map(({ title, text }) => ({ title, text: `By ${tag}: ${text}` })),
    duplicates: 'allow',
    words: { min: 100, max: 200 },
  });
  expect(status).toBe(202);
  return json.id;
}
const ended = ({ status }: PipelineAnswer) => ['succeeded', 'failed', 'cancelled', 'waiting'].includes(status);
const succeeds = async (address: string, id: string) =>
  expect(await pipelineUntil(address, id, ended)).toMatchObject({ status: 'succeeded', error: null });
const outlines = async (id: string) =>
  (await listSteps(instance.ctx.db, [id])).flatMap(({ name, stepVersion, status }) =>
    name === 'outline' ? [`${stepVersion} ${status}`] : [],
  );

/** Counts connections by process, again and again, until the returned function is called; that returns the most there were. */
function watchConnections(): () => Promise<{ each: Record<string, number>; together: number }> {
  let over = false;
  const most = { each: {} as Record<string, number>, together: 0 };
  const watching = (async () => {
    while (!over) {
      const rows = await queryRows<{ name: string; count: number }>(
        instance.ctx.db,
        sql`select application_name as name, count(*)::int as count from pg_stat_activity
            where datname = current_database() and application_name in ('old', 'new') group by 1`,
      );
      for (const { name, count } of rows) most.each[name] = Math.max(most.each[name] ?? 0, count);
      most.together = Math.max(
        most.together,
        rows.reduce((sum, { count }) => sum + count, 0),
      );
      await pause(10);
    }
  })();
  return async () => {
    over = true;
    await watching;
    return most;
  };
}

it('hands over from one version to the next: side by side, nothing guessed, and in order', async ({
  onTestFinished,
}) => {
  const { ctx, provider } = instance;
  const counted = watchConnections();
  onTestFinished(async () => void (await counted()));
  const old = await instance.startWorker('old', 'server');
  const oldAddress = await servedAt(old.program);
  // One article of the old version is under way when the new one changes the tables.
  const tags = Array.from({ length: 2 * slots }, (_, number) => `tag-${number}-`);
  const holds = tags.map((tag) => holdCall(instance, 'draft-frame', tag));
  const ids = [await begin(oldAddress, 'tag-0-')];
  expect((await holds[0]?.asked)?.key).toBe('old');

  const next = () => instance.startWorker('new', { script: release.cli, args: ['start'] });
  let fresh = await next();
  let newAddress = await servedAt(fresh.program);
  const versions = await Promise.all(
    [oldAddress, newAddress].map(async (address) => (await ask<{ version: string }>(address, 'GET', '/health')).json),
  );
  expect(versions.map((health) => health.version)).toEqual([version, nextVersion]);
  const applied = await queryRows<{ name: string }>(ctx.db, sql`select name from schema_migrations order by name desc`);
  expect(applied[0]?.name).toBe(release.migration);

  // Both work on one queue: as many as both can have are under way at once, begun at either.
  for (const [index, tag] of tags.entries()) {
    if (index > 0) ids.push(await begin(index % 2 ? oldAddress : newAddress, tag));
  }
  const keys = (await Promise.all(holds.map(({ asked }) => asked))).map(({ key }) => key);
  expect(keys.filter((key) => key === 'old')).toHaveLength(slots);
  expect(keys.filter((key) => key === 'new')).toHaveLength(slots);
  const byNew = ids.filter((_, index) => keys[index] === 'new');
  for (const [index, id] of ids.entries()) {
    expect(await outlines(id)).toEqual([keys[index] === 'old' ? '1 succeeded' : '2 succeeded']);
  }

  // The first place that comes free is one of the new version, which begins the next article there.
  const mine = holdCall(instance, 'draft-section', 'tag-new');
  const newId = await begin(oldAddress, 'tag-new');
  const finished = keys.indexOf('new');
  holds[finished]?.answer();
  expect((await mine.asked).key).toBe('new');
  await succeeds(oldAddress, ids[finished] as string);
  // What the new version has recorded comes to the old one: it would pass there, and would mean something else.
  await fresh.kill();
  mine.answer();
  for (const { answer } of holds) answer();
  for (const id of [newId, ...byNew.slice(1)]) {
    expect(await pipelineUntil(oldAddress, id, ended)).toMatchObject({
      status: 'failed',
      error: { code: 'step_output_unreadable', hint: 'Redo the pipeline from the step "outline".' },
    });
    expect(await outlines(id)).toEqual(['2 succeeded']);
  }
  for (const [index, id] of ids.entries()) if (keys[index] === 'old') await succeeds(oldAddress, id);

  // The other way round, when the old one is told to stop.
  const long = holdCall(instance, 'draft-section', 'tag-long');
  const longId = await begin(oldAddress, 'tag-long');
  expect((await long.asked).key).toBe('old');
  fresh = await next();
  newAddress = await servedAt(fresh.program);
  old.database.hold();
  const stopping = once(old.program, 'close');
  old.program.kill('SIGTERM');
  const reached = () =>
    fetch(`${oldAddress}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await vi.waitFor(async () => expect(await reached()).toBe(false), { timeout: 10_000, interval: 5 });
  // Nobody is sent there any more, while the work is still its own.
  expect(await readPipeline(ctx, longId)).toMatchObject({ status: 'running', takeovers: 0 });
  old.database.release();
  expect(await stopping).toEqual([0, null]);
  expect(old.program.output()).toContain('Stopped.');
  const stopped = await pipelineUntil(newAddress, longId, ended);
  expect(stopped).toMatchObject({
    status: 'failed',
    error: { code: 'step_output_unreadable', hint: 'Redo the pipeline from the step "outline".' },
  });
  // It was handed over, not found by its lease running out.
  expect(await readPipeline(ctx, longId)).toMatchObject({ takeovers: 0 });
  long.answer();

  // The choice that is offered.
  for (const id of [newId, longId]) {
    const { status } = await ask(newAddress, 'POST', `/api/v1/pipelines/${id}/retry`, { fromStep: 'outline' });
    expect(status).toBe(202);
    await succeeds(newAddress, id);
    expect((await outlines(id)).at(-1)).toBe('2 succeeded');
  }
  const most = await counted();
  console.log('connections at most', JSON.stringify(most), `${provider.calls.length} calls`);
  for (const [name, count] of Object.entries(most.each)) expect(count, name).toBeLessThanOrEqual(connectionsEach);
  expect(Object.keys(most.each).sort()).toEqual(['new', 'old']);
  expect(most.together).toBeLessThanOrEqual(2 * connectionsEach);

  // The way back: the old version starts again on what the new one has only added to.
  const late = await instance.startWorker('late', 'server');
  expect(await (await fetch(`${await servedAt(late.program)}/health/ready`)).json()).toEqual({ status: 'ready' });
  expect(late.program.output()).toContain(release.migration);
  await late.kill();
  // Not once it has taken something away that the old one may use.
  await ctx.db.execute(sql`update schema_migrations set runs_from = ${nextVersion} where name = ${release.migration}`);
  await expect(instance.startWorker('later', 'server')).rejects.toThrow(/newer version/);
});
