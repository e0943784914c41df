import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { PipelineAnswer } from '../src/pipeline/present.ts';
import { fetchAs } from '../test/account.ts';
import { finished, printed, runProgram, servedAt } from '../test/program.ts';
import { figure, type Measure, repeat } from './support/measure.ts';
import { entries, serverEnv, stopped } from './support/program.ts';

/** Nothing but the database engine on the same directory, up to its first answer. */
const barePglite = `
const { PGlite } = await import('@electric-sql/pglite');
const { vector } = await import('@electric-sql/pglite-pgvector');
const pglite = await PGlite.create({ dataDir: process.env.DATA_DIR + '/db', extensions: { vector } });
await pglite.query('select 1');
console.log('open');
await pglite.close();`;

/**
 * Starts on an embedded data directory that has been used before (the sample article is in it), from the sources as
 * `npm start` does and from the bundle: from the start of the process until it says that it serves.
 */
export const embeddedStart: Measure = async ({ quick }) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'bp-bench-'));
  const env = { ...serverEnv, DATA_DIR: dataDir };
  try {
    await firstStart(env);
    const start = async (entry: string) => {
      const began = performance.now();
      const program = runProgram(entry, [], env);
      await servedAt(program);
      const ms = performance.now() - began;
      await stopped(program);
      return ms;
    };
    const bare = async () => {
      const began = performance.now();
      const program = runProgram('--input-type=module', ['-e', barePglite], env);
      const ended = finished(program);
      await printed(program, 'open');
      const ms = performance.now() - began;
      await ended;
      return ms;
    };
    await start(entries.sources);
    const runs = await repeat(quick ? 1 : 7, async () => ({
      sources: await start(entries.sources),
      bundle: await start(entries.bundle),
      bare: await bare(),
    }));
    const baseline = { what: 'bare PGlite', values: runs.map((run) => run.bare) };
    return {
      figures: [
        figure(
          'embedded start after the first, sources',
          'ms',
          runs.map((run) => run.sources),
          { baseline, aim: 3_000 },
        ),
        figure(
          'embedded start after the first, bundle',
          'ms',
          runs.map((run) => run.bundle),
          { baseline, aim: 3_000 },
        ),
      ],
      notMeasured: [],
    };
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
};

/** The very first start writes the sample article; it must be done before a second start is like all later ones. */
async function firstStart(env: Record<string, string>): Promise<void> {
  const program = runProgram(entries.bundle, [], env);
  const address = await servedAt(program);
  for (;;) {
    const answer = await fetchAs(`${address}/api/v1/pipelines`);
    const { items } = (await answer.json()) as { items: PipelineAnswer[] };
    if (items[0]?.status === 'succeeded') break;
    if (items[0]?.status === 'failed') throw new Error(`the sample article failed: ${items[0].error?.message}`);
    await pause(100);
  }
  await stopped(program);
}
