import { setTimeout as pause } from 'node:timers/promises';
import { closeContext, createContext } from '../src/app.ts';
import { createLogger } from '../src/logger.ts';
import { createMetrics } from '../src/monitoring/metrics.ts';
import { storeCounts } from '../src/monitoring/store-counts.ts';
import { createLookout } from '../src/monitoring/watch.ts';
import { createScratchDatabase } from '../test/database.ts';
import { runProgram, servedAt } from '../test/program.ts';
import { noPostgres, openPostgresBench, postgresUrl } from './support/database.ts';
import { type Figure, figure, type Measure, repeat } from './support/measure.ts';
import { entries, processorTime, residentMb, serverEnv, stopped } from './support/program.ts';

const token = 'a-token-for-measuring-only';
const never = new AbortController().signal;

/** One hundredth of a minute of one core, in milliseconds. */
const onePercentMs = 600;
const scrapeMs = 15_000;

/**
 * What monitoring costs an instance at rest, in processor time a minute: first the work itself (counts stored twice, a look at
 * what is wrong, four scrapes), then the bundled server with a scrape every 15 seconds, held against the same without.
 */
export const monitoring: Measure = async ({ quick }) => {
  if (!postgresUrl) return { figures: [], notMeasured: [`monitoring at rest: ${noPostgres}`] };
  const figures: Figure[] = [await work(postgresUrl, quick ? 2 : 20)];
  const minutes = quick ? 0.1 : 1;
  const runs = await repeat(quick ? 1 : 3, async () => {
    // At the same time: what else the machine does falls on both.
    const [watched, alone] = await Promise.all([atRest(true, minutes), atRest(false, minutes)]);
    return { watched, alone };
  });
  figures.push(
    figure(
      'a minute at rest, scraped every 15 s, processor time',
      'ms',
      runs.map(({ watched }) => watched.ms),
      {
        baseline: { what: 'the same without metrics', values: runs.map(({ alone }) => alone.ms) },
        aim: Math.min(...runs.map(({ alone }) => alone.ms)) + onePercentMs,
      },
    ),
    figure(
      'memory at rest with metrics',
      'MB',
      runs.map(({ watched }) => watched.mb),
      { baseline: { what: 'the same without metrics', values: runs.map(({ alone }) => alone.mb) } },
    ),
  );
  return { figures, notMeasured: [] };
};

/** Processor time of this process for what monitoring does in a minute, in milliseconds. */
async function work(server: string, count: number): Promise<Figure> {
  const { database, config, secrets, remove } = await openPostgresBench(server);
  const ctx = await createContext(config, secrets, createLogger('warn'), database);
  try {
    const look = createLookout(ctx, never);
    const metrics = await createMetrics({ ...ctx, now: () => new Date() });
    const minute = async () => {
      const before = process.cpuUsage();
      for (let store = 0; store < 2; store++) {
        for (let answer = 0; answer < 100; answer++) {
          const seen = { method: 'GET', route: '/api/v1/me', status: 200, seconds: answer / 1000, counts: true };
          ctx.telemetry.counts.answered(seen);
        }
        ctx.telemetry.counts.add('blog_poster_publication_attempts_total', { outcome: 'done' });
        await storeCounts(ctx.db, ctx.telemetry.counts, true);
      }
      await look();
      for (let scrape = 0; scrape < 4; scrape++) await metrics.read();
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    };
    // The first ones load what is needed and compile it.
    await repeat(count > 2 ? 5 : 1, minute);
    const values = await repeat(count, minute);
    return figure('monitoring for a minute: 2 stores, a look, 4 scrapes, processor time', 'ms', values, {
      aim: onePercentMs,
    });
  } finally {
    await closeContext(ctx);
    await remove();
  }
}

/** Processor time a minute, and memory, of the bundled server while nobody uses it. */
async function atRest(scraped: boolean, minutes: number): Promise<{ ms: number; mb: number }> {
  const database = await createScratchDatabase(postgresUrl ?? '', 'bp_bench');
  const env = { ...serverEnv, DATABASE_URL: database.url, ...(scraped ? { METRICS_TOKEN: token } : {}) };
  const program = runProgram(entries.bundle, [], env);
  let timer: NodeJS.Timeout | undefined;
  try {
    const address = await servedAt(program);
    const pid = program.pid ?? 0;
    const scrape = async () => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(`${address}/metrics`, { headers });
      if (!answer.ok) throw new Error(`/metrics answers ${answer.status}`);
      await answer.text();
    };
    if (scraped) {
      await scrape();
      timer = setInterval(scrape, minutes < 1 ? scrapeMs * minutes : scrapeMs);
    }
    await pause(minutes < 1 ? 1_000 : 20_000);
    const before = processorTime(pid);
    await pause(minutes * 60_000);
    return { ms: (processorTime(pid) - before) / minutes, mb: residentMb(pid) };
  } finally {
    clearInterval(timer);
    await stopped(program);
    await database.drop();
  }
}
