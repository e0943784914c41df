import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { createHttpServer } from '../app.ts';
import type { AppContext } from '../context.ts';
import { health } from './health.ts';
import type { BackupFacts } from './parts.ts';

let app: TestApp;
beforeAll(async () => {
  // No worker, so that the test says when one was last seen.
  app = await startTestApp({ role: 'web' });
});
afterAll(() => app.close());

/** A part of the context that nobody may touch: whoever does is told. */
const untouchable = <Part extends object>(touched: string[], name: string) =>
  new Proxy({} as Part, {
    get(_, property) {
      touched.push(`${name}.${String(property)}`);
      throw new Error(`${name} was touched`);
    },
  });

const facts: BackupFacts = {
  storage: 'up',
  lastSucceededAt: new Date('2026-11-30T03:15:00Z'),
  lastFailedAt: null,
  lastVerifiedAt: new Date('2026-11-30T04:00:00Z'),
  lastVerifiedOk: true,
  late: { backup: false, verification: false },
  monthSucceeded: 1,
  monthFailed: 0,
  bytes: 1,
  problem: null,
};
const withBackups = (now: string, change: Partial<BackupFacts> = {}): AppContext => ({
  ...app.ctx,
  now: () => new Date(now),
  contributions: { backups: async () => ({ ...facts, ...change }) },
});

describe('health', () => {
  it('says that the process lives without looking at the database', async () => {
    const touched: string[] = [];
    const ctx: AppContext = { ...app.ctx, db: untouchable(touched, 'db'), database: untouchable(touched, 'database') };
    const server = await createHttpServer(ctx);
    touched.length = 0;
    try {
      const answer = await server.inject('/health/live');
      expect(answer.json()).toEqual({ status: 'alive' });
      expect(touched).toEqual([]);
      expect((await server.inject('/health/ready')).statusCode).toBe(503);
      expect(touched).not.toEqual([]);
    } finally {
      await server.close();
    }
  });

  it('does not wait longer than two seconds for a part, and asks the rest all the same', async () => {
    const limiter = { ...app.ctx.limiter, health: () => new Promise<never>(() => undefined) };
    const began = performance.now();
    const answer = await health({ ...app.ctx, limiter });
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(answer).toMatchObject({ status: 'degraded', redis: 'down', database: 'up', queue: 'up', migrations: 'up' });
  });

  it('asks a database that is down nothing further, and is unhealthy', async () => {
    const asked: string[] = [];
    const db = untouchable<AppContext['db']>(asked, 'db');
    const answer = await health({ ...app.ctx, db });
    expect(answer).toMatchObject({
      status: 'unhealthy',
      database: 'down',
      queue: 'down',
      migrations: 'down',
      oldestJobSeconds: null,
      lastBackupAt: null,
    });
    expect(asked).toHaveLength(1);
  });

  it('gives whoever asks often the same answer', async () => {
    let looks = 0;
    const ctx: AppContext = {
      ...app.ctx,
      limiter: {
        ...app.ctx.limiter,
        health: async () => {
          looks++;
          return 'up' as const;
        },
      },
    };
    const server = await createHttpServer(ctx);
    try {
      const answers = await Promise.all(Array.from({ length: 20 }, () => server.inject('/health')));
      expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
      await server.inject('/health');
      expect(looks).toBe(1);
    } finally {
      await server.close();
    }
  });

  it('misses a migration of this version', async () => {
    const { db } = app.ctx;
    const [row] = (
      (await db.execute(
        sql`delete from schema_migrations where name like '0023%' returning name, checksum`,
      )) as unknown as {
        rows: { name: string; checksum: string }[];
      }
    ).rows;
    expect(await health(app.ctx)).toMatchObject({ status: 'degraded', migrations: 'down' });
    await db.execute(sql`insert into schema_migrations (name, checksum) values (${row?.name}, ${row?.checksum})`);
    expect(await health(app.ctx)).toMatchObject({ migrations: 'up' });
  });

  it('sees that the workers are dead and that a job waits for too long', async () => {
    const { db } = app.ctx;
    await db.execute(sql`update pgboss.queue set monitor_on = now() - interval '61 seconds', monitor_claim_on = null`);
    expect(await health(app.ctx)).toMatchObject({ status: 'degraded', queue: 'down' });
    await db.execute(sql`update pgboss.queue set monitor_on = now()`);
    expect(await health(app.ctx)).toMatchObject({ queue: 'up', oldestJobSeconds: null });
    await app.ctx.queue.enqueue(db, (await import('../pipeline/jobs.ts')).runPipelineJob, {
      pipelineId: crypto.randomUUID(),
    });
    await db.execute(sql`update pgboss.job set start_after = now() - interval '11 minutes'`);
    const stuck = await health(app.ctx);
    expect(stuck.queue).toBe('down');
    expect(stuck.oldestJobSeconds).toBeGreaterThan(600);
    await db.execute(sql`delete from pgboss.job`);
  });

  it('tells of backups and their proof: never asked for, fresh, stale, failed', async () => {
    expect(await health(app.ctx)).toMatchObject({
      backup: 'not configured',
      verification: 'not configured',
      storage: 'not configured',
    });
    const later = '2026-11-30T12:00:00Z';
    expect(await health(withBackups(later))).toMatchObject({
      status: 'healthy',
      backup: 'up',
      verification: 'up',
      storage: 'up',
      lastBackupAt: '2026-11-30T03:15:00.000Z',
    });
    const late = { backup: true, verification: false };
    expect(await health(withBackups(later, { late }))).toMatchObject({ backup: 'down', verification: 'up' });
    const lastFailedAt = new Date('2026-11-30T05:00:00Z');
    expect(await health(withBackups(later, { lastFailedAt }))).toMatchObject({ status: 'degraded', backup: 'down' });
    expect(await health(withBackups(later, { lastVerifiedOk: false }))).toMatchObject({ verification: 'down' });
    expect(await health(withBackups(later, { lastVerifiedAt: null }))).toMatchObject({
      verification: 'not configured',
    });
    const broken = { ...app.ctx, contributions: { backups: () => Promise.reject(new Error('no such bucket')) } };
    expect(await health(broken)).toMatchObject({ status: 'degraded', backup: 'down', storage: 'down' });
  });
});
