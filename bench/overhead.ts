import { ensureLocalOwner } from '../src/accounts/operator.ts';
import { closeContext, createContext } from '../src/app.ts';
import type { Embedder } from '../src/knowledge/embeddings.ts';
import { createLogger } from '../src/logger.ts';
import { getPipeline } from '../src/pipeline/queries.ts';
import { runPipeline } from '../src/pipeline/runner.ts';
import { stepNames } from '../src/pipeline/step-names.ts';
import { breadSources, givenPipeline, withModel } from '../test/factories.ts';
import { diligentScript, scriptedModel } from '../test/fakes/scripted-model.ts';
import {
  type BenchDatabase,
  noPostgres,
  openEmbeddedBench,
  openPostgresBench,
  postgresUrl,
} from './support/database.ts';
import { type Figure, figure, type Measure, type MeasureOptions, repeat, timed } from './support/measure.ts';
import { bareTraffic, countTraffic } from './support/statements.ts';

const never = new AbortController().signal;

/**
 * What the pipeline adds, per step, to models that answer at once: a whole run over three short texts, divided by its
 * seven steps. The baseline is as many statements in as many transactions with nothing in them. A second row has the
 * real embeddings, whose arithmetic is the larger part of it.
 */
export const overhead: Measure = async (options) => {
  const figures: Figure[] = [];
  if (postgresUrl) figures.push(...(await measure('PostgreSQL', await openPostgresBench(postgresUrl), 30, options)));
  figures.push(...(await measure('embedded', await openEmbeddedBench(), undefined, options)));
  return { figures, notMeasured: postgresUrl ? [] : [`overhead per step on PostgreSQL: ${noPostgres}`] };
};

async function measure(
  name: string,
  { database, config, secrets, remove }: BenchDatabase,
  aim: number | undefined,
  { quick }: MeasureOptions,
): Promise<Figure[]> {
  const traffic = countTraffic(database);
  const model = scriptedModel(diligentScript);
  const context = await createContext(config, secrets, createLogger('warn'), database, withModel(model));
  const ctx = Object.assign(context, { ownerId: (await ensureLocalOwner(database.db)) ?? '' });
  try {
    await ctx.db.execute(
      'create table bench_rows (id int generated always as identity primary key, value text not null)',
    );
    let edition = 0;
    const run = async (embedder: Embedder) => {
      const pipeline = await givenPipeline(ctx, { sources: texts(edition++), duplicates: 'allow' });
      Object.assign(traffic, { statements: 0, transactions: 0 });
      const before = process.cpuUsage();
      const whole = await timed(() => runPipeline({ ...ctx, embedder }, pipeline.id, never));
      const { user, system } = process.cpuUsage(before);
      const counted = { ...traffic };
      const { status, error } = await getPipeline(ctx.db, ctx.ownerId, pipeline.id);
      if (status !== 'succeeded') throw new Error(`the run is ${status}: ${error?.message}`);
      const bare = await timed(() => bareTraffic(database, counted));
      return {
        perStep: whole / stepNames.length,
        processor: (user + system) / 1000 / stepNames.length,
        bare: bare / stepNames.length,
        counted,
      };
    };
    const figuresOf = async (what: string, embedder: Embedder, wanted: number | undefined) => {
      // The first runs load modules, the process that reads pages and, where it is used, the model of the embeddings.
      await repeat(quick ? 1 : 3, () => run(embedder));
      const runs = await repeat(quick ? 2 : 15, () => run(embedder));
      const { statements = 0, transactions = 0 } = runs.at(-1)?.counted ?? {};
      const baseline = {
        what: `a seventh of ${statements} bare statements in ${transactions} transactions`,
        values: runs.map(({ bare }) => bare),
      };
      const perStep = runs.map((one) => one.perStep);
      const processor = runs.map((one) => one.processor);
      return [
        figure(`overhead per step, ${what}`, 'ms', perStep, { baseline, aim: wanted }),
        // On a busy machine a step waits for its turn; what it has to do stays the same.
        figure(`overhead per step, ${what}, processor time of this process`, 'ms', processor),
      ];
    };
    return [
      ...(await figuresOf(name, instantEmbedder(ctx.embedder), aim)),
      ...(await figuresOf(`${name} with real embeddings`, ctx.embedder, undefined)),
    ];
  } finally {
    await closeContext(ctx);
    await remove();
  }
}

/** Three short texts that no run before had, so that they are stored and embedded anew. */
const texts = (edition: number) =>
  breadSources.map(({ title, text }) => ({
    title,
    text: `${text}\n\nThis is edition number ${edition} of the notes.`,
  }));

/** Stands in for the model of the embeddings: vectors of the right form, at once. */
function instantEmbedder(real: Embedder): Embedder {
  return {
    ...real,
    embed: async (list) =>
      list.map((text) => Array.from({ length: real.dimensions }, (_, index) => Math.sin(text.length * (index + 1)))),
  };
}
