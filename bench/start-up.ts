import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createScratchDatabase } from '../test/database.ts';
import { type Program, runProgram } from '../test/program.ts';
import { noPostgres, postgresUrl } from './support/database.ts';
import { figure, type Measure, repeat } from './support/measure.ts';
import { answersAfter, entries, residentMb, serverEnv, stopped } from './support/program.ts';

/** Nothing but a web server that says it is well, from the same packages. */
const bareServer = `
import { fastify } from 'fastify';
const server = fastify();
server.get('/health', async () => ({ status: 'healthy' }));
await server.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
process.on('SIGTERM', () => server.close());`;

/**
 * The bundled server on a migrated PostgreSQL: from the start of its process to the first answer of /health, and its
 * memory once it has been idle for a while.
 */
export const startUp: Measure = async ({ quick }) => {
  if (!postgresUrl) return { figures: [], notMeasured: [`start-up and memory at rest: ${noPostgres}`] };
  const database = await createScratchDatabase(postgresUrl, 'bp_bench');
  try {
    const env = { ...serverEnv, DATABASE_URL: database.url };
    const settleMs = quick ? 1_000 : 20_000;
    const ours = async (wait: number) => {
      const port = String(await freePort());
      const start = performance.now();
      const program = runProgram(entries.bundle, [], { ...env, PORT: port });
      return observe(program, start, port, wait);
    };
    const bare = async (wait: number) => {
      const port = String(await freePort());
      const start = performance.now();
      const program = runProgram('--input-type=module', ['-e', bareServer], { PORT: port });
      return observe(program, start, port, wait);
    };
    // The first start migrates.
    await ours(0);
    const starts = await repeat(quick ? 1 : 9, async () => ({ ours: await ours(0), bare: await bare(0) }));
    const rests = await repeat(quick ? 1 : 3, async () => ({ ours: await ours(settleMs), bare: await bare(settleMs) }));
    return {
      figures: [
        figure(
          'start-up, bundle on PostgreSQL',
          'ms',
          starts.map((run) => run.ours.ms),
          {
            baseline: { what: 'bare Fastify', values: starts.map((run) => run.bare.ms) },
            aim: 1_500,
          },
        ),
        figure(
          `memory at rest, bundle on PostgreSQL, after ${settleMs / 1000} s`,
          'MB',
          rests.map((run) => run.ours.mb),
          {
            baseline: { what: 'bare Fastify', values: rests.map((run) => run.bare.mb) },
            aim: 130,
          },
        ),
      ],
      notMeasured: [],
    };
  } finally {
    await database.drop();
  }
};

async function observe(
  program: Program,
  start: number,
  port: string,
  wait: number,
): Promise<{ ms: number; mb: number }> {
  const ms = await answersAfter(start, `http://127.0.0.1:${port}/health`, program);
  await pause(wait);
  const mb = residentMb(program.pid ?? 0);
  await stopped(program);
  return { ms, mb };
}

/** A port that was free a moment ago; waiting for a server to say which it took would hide when it first answered. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
