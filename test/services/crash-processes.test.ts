import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { eq, inArray, sql } from 'drizzle-orm';
import type { PoolConfig } from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { queryRows } from '../../src/db/open.ts';
import { pipelines } from '../../src/pipeline/schema.ts';
import { type Program, printed, runProgram } from '../program.ts';
import { expectOneStory, expectPaidOnce, markOf, resultOf } from './crash-books.ts';
import { immortal, type Rig, startRig } from './crash-rig.ts';
import { beginPlay, type Play } from './crash-scenarios.ts';
import { seeded } from './seeded.ts';

/* Worker processes that are killed (SIGKILL) at random moments while each is at work on several articles. */

const worker = fileURLToPath(new URL('../pipeline-worker.ts', import.meta.url));
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
const kills = 15;
/** As many as one process works on at a time, and more. */
const articles = 6;
/** What a model takes to answer, and the longest that a process lives after it began to work, in milliseconds. */
const answerMs = 60;
const longestLifeMs = 1_200;

let rig: Rig;
const programs: Program[] = [];
beforeAll(async () => {
  rig = await startRig({ LLM_MODEL: 'openai:gpt-4o-mini' });
});
afterAll(async () => {
  for (const program of programs) program.kill('SIGKILL');
  await rig?.close();
});

/** A process that is loaded, has not begun, and reaches its database under a name of its own. */
async function load(): Promise<{ name: string; program: Program }> {
  const { engine } = rig.ctx.database;
  if (engine.kind !== 'postgres') throw new Error('this needs PostgreSQL');
  const name = `bp-process-${programs.length}`;
  const url = new URL((engine.connection as PoolConfig).connectionString ?? '');
  url.searchParams.set('application_name', name);
  const program = runProgram(worker, [], {
    DATABASE_URL: url.toString(),
    APP_SECRET: rig.ctx.secrets.appSecret,
    ALLOW_PRIVATE_HOSTS: '127.0.0.1',
    OPENAI_BASE_URL: rig.models.url,
    LLM_MODEL: 'openai:gpt-4o-mini',
  });
  programs.push(program);
  await printed(program, 'is loaded');
  return { name, program };
}

async function begin({ program }: { program: Program }): Promise<void> {
  program.kill('SIGUSR2');
  await printed(program, 'works the queue');
}

/** Resolves when the database has noticed its end too. */
async function kill({ name, program }: { name: string; program: Program }): Promise<void> {
  const gone = once(program, 'close');
  program.kill('SIGKILL');
  await gone;
  const { db } = rig.ctx;
  for (;;) {
    const open = await queryRows(
      db,
      sql`select pg_terminate_backend(pid, 5000) from pg_stat_activity
            where application_name = ${name} and datname = current_database()`,
    );
    if (open.length === 0) break;
  }
  const left = await queryRows<{ id: string }>(db, sql`select id from paid_calls where status = 'reserved'`);
  rig.deaths.push({ site: name, side: 'after', reserved: left.map(({ id }) => id) });
}

const briefOf = ({ siteId }: Play, number: number) => ({
  topic: `Keeping a sourdough starter alive, part ${number}`,
  siteId,
  publish: 'draft' as const,
});
const withoutNumber = (result: unknown) => JSON.parse(JSON.stringify(result).replaceAll(/part([ -])\d/g, 'part$1n'));

test(`processes that are killed at random moments leave whole articles, paid once (CRASH_SEED=${seed})`, async () => {
  const { ctx, models } = rig;
  const random = seeded(seed);
  const plays = await Promise.all(Array.from({ length: articles }, () => beginPlay(rig, immortal)));
  for (const [index, play] of plays.entries()) await play.start(briefOf(play, index));
  models.intercept = async () => {
    await sleep(answerMs);
    return false;
  };
  const mark = markOf(rig);
  let next = load();
  for (let killed = 0; killed < kills; killed += 1) {
    const current = await next;
    next = load();
    await begin(current);
    await sleep(random() * longestLifeMs);
    await kill(current);
    const moved = { takeovers: 0, leaseExpiresAt: sql`now() - interval '1 second'` as never };
    await ctx.db.update(pipelines).set(moved).where(eq(pipelines.status, 'running'));
  }
  const finished = await ctx.db.$count(pipelines, eq(pipelines.status, 'succeeded'));
  await begin(await next);
  const open = () => ctx.db.$count(pipelines, inArray(pipelines.status, ['queued', 'running']));
  await vi.waitFor(async () => expect(await open()).toBe(0), { timeout: 240_000, interval: 100 });
  const lost = rig.deaths.reduce((sum, { reserved }) => sum + reserved.length, 0);
  console.log(
    `${kills} killed, ${lost} calls under way; ${finished} of ${articles} articles were done before the last one`,
  );

  await expectPaidOnce(
    rig,
    plays.map(({ userId }) => userId),
    mark,
    { inOrder: false },
  );
  const clean = await beginPlay(rig, immortal);
  const cleanId = await clean.start(briefOf(clean, articles));
  await clean.until(cleanId, 'succeeded');
  const expected = await resultOf(ctx.db, clean.userId);
  for (const { userId } of plays) {
    await expectOneStory(rig, userId);
    expect(withoutNumber(await resultOf(ctx.db, userId))).toEqual(withoutNumber(expected));
  }
}, 560_000);
