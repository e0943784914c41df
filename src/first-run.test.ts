import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../test/harness.ts';
import { queryRows } from './db/open.ts';
import { runSampleOnce } from './first-run.ts';
import { workPipelines } from './pipeline/worker.ts';

let app: TestApp;
let folder: string;
let samples: URL;
let endWork: (() => void) | null = null;
let said: string[];

const never = new AbortController().signal;
const url = 'http://localhost:3000';
const say = (line: string) => void said.push(line);
const run = (signal: AbortSignal = never) => runSampleOnce(app.ctx, url, say, signal, samples);
const pipelines = () =>
  queryRows<{ id: string; status: string; brief: { model: string } }>(app.ctx.db, sql`select * from pipelines`);
const setting = async () =>
  (
    await queryRows<{ value: { toldAt: string | null } }>(
      app.ctx.db,
      sql`select value from instance_settings where name = 'first-run'`,
    )
  )[0]?.value;

beforeEach(async () => {
  said = [];
  folder = mkdtempSync(join(tmpdir(), 'bp-samples-'));
  samples = pathToFileURL(`${folder}/`);
  const facts = (animal: string) =>
    `# The ${animal}\n\nThe ${animal} sleeps about 12 hours a day in winter. A grown ${animal} weighs between 3 and 5 kilograms. ` +
    `Every ${animal} hears sounds up to 64 kilohertz. The ${animal} was first kept in houses about 9,000 years ago. ` +
    `People in towns keep one ${animal} for every 10 households.\n`;
  for (const animal of ['cat', 'ferret', 'otter']) writeFileSync(join(folder, `${animal}.md`), facts(animal));
  writeFileSync(
    join(folder, 'brief.json'),
    JSON.stringify({
      topic: 'Small animals in the house',
      keyword: 'small animals',
      words: { min: 100, max: 300 },
      sources: ['cat.md', 'ferret.md', 'otter.md'],
    }),
  );
  app = await startTestApp();
});
afterEach(async () => {
  endWork?.();
  endWork = null;
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

it('writes one article with the offline model, tells its receipt, and never does it again', async () => {
  endWork = await workPipelines(app.ctx);
  await run();
  const text = said.join('\n');
  expect(text).toMatch(/^First start: /);
  expect(text).toMatch(/^ {2}title +\S/m);
  expect(text).toMatch(/^ {2}address +http:\/\/localhost:3000\/articles\/[\w-]{36}$/m);
  expect(text).toMatch(/^ {2}words +\d+$/m);
  expect(text).toMatch(/^ {2}sources +\d: The /m);
  expect(text).toMatch(/^ {2}claims +\d+ checked/m);
  expect(text).toMatch(/^ {2}cost +\$0\.00/m);
  expect(text).toMatch(/^ {2}duration +[\d.]+ s$/m);
  said = [];
  await run();
  expect(said).toEqual([]);
  expect(await pipelines()).toMatchObject([{ status: 'succeeded', brief: { model: 'offline' } }]);
});

it('goes on with the same pipeline when the process was stopped in the middle', async () => {
  const stopped = new AbortController();
  const first = run(stopped.signal);
  // No worker is running yet: the pipeline is only queued when the process is asked to stop.
  stopped.abort();
  await first;
  const [kept] = await pipelines();
  expect(kept?.status).toBe('queued');
  expect((await setting())?.toldAt).toBeNull();

  endWork = await workPipelines(app.ctx);
  await run();
  expect(said.join('\n')).toContain('title');
  expect((await pipelines()).map((row) => row.id)).toEqual([kept?.id]);
  expect((await setting())?.toldAt).not.toBeNull();
});

it('tells a failure calmly, with what to do, and does not repeat it', async () => {
  for (const animal of ['cat', 'ferret', 'otter']) writeFileSync(join(folder, `${animal}.md`), 'x');
  endWork = await workPipelines(app.ctx);
  await run();
  expect(said.join('\n')).toMatch(/The sample article is failed\. \S+.*\n.*start an article of your own/s);
  said = [];
  await run();
  expect(said).toEqual([]);
});

it('does nothing on a database server, in a process that does not work the queue, and without samples', async () => {
  const postgres = { ...app.ctx.config, database: { kind: 'postgres' as const, caCertificate: null, poolSize: 5 } };
  await runSampleOnce({ ...app.ctx, config: postgres }, url, say, never, samples);
  await runSampleOnce({ ...app.ctx, config: { ...app.ctx.config, role: 'web' } }, url, say, never, samples);
  mkdirSync(join(folder, 'empty'));
  await runSampleOnce(app.ctx, url, say, never, pathToFileURL(`${folder}/empty/`));
  expect(said).toEqual([]);
  expect(await pipelines()).toEqual([]);
  expect(await setting()).toBeUndefined();
});
