import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openTestDatabase, testConfig } from '../../test/harness.ts';
import { newId } from '../db/id.ts';
import type { Database } from '../db/open.ts';
import { backupRuns } from './schema.ts';
import { backupStatus } from './status.ts';
import { dueSlot } from './worker.ts';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await database.db.execute(sql`update schema_migrations set applied_at = '2026-03-01T12:00:00Z'`);
});
afterAll(() => database.close());
beforeEach(() => database.db.delete(backupRuns));

const at = (now: string, env: Record<string, string> = {}) => ({
  db: database.db,
  config: testConfig(env).config,
  now: () => new Date(now),
});
const due = async (now: string, env?: Record<string, string>) => {
  const slot = await dueSlot(at(now, env));
  return slot && `${slot.at.toISOString().slice(0, 16)} ${slot.attempt}`;
};
const run = (startedAt: string, more: Partial<typeof backupRuns.$inferInsert> = {}) =>
  database.db.insert(backupRuns).values({
    ...{ id: newId(), kind: 'backup', trigger: 'schedule', status: 'succeeded', phase: 'done', backupId: startedAt },
    ...{ startedAt: new Date(startedAt), aliveAt: new Date(startedAt), finishedAt: new Date(startedAt) },
    ...more,
  });

test('a backup is due from its time on, once, and made up for after a downtime', async () => {
  expect(await due('2026-03-02T03:14:59Z')).toBeNull();
  expect(await due('2026-03-02T03:15:00Z')).toBe('2026-03-02T03:15 1');
  // Nobody was there for five days: one backup, not five.
  expect(await due('2026-03-07T01:00:00Z')).toBe('2026-03-06T03:15 1');
  await run('2026-03-07T01:00:00Z', { slotAt: new Date('2026-03-06T03:15:00Z') });
  expect(await due('2026-03-07T01:01:00Z')).toBeNull();
  expect(await due('2026-03-07T03:15:00Z')).toBe('2026-03-07T03:15 1');
});

test('an instance that has just been made waits for the first time after it', async () => {
  expect(await due('2026-03-01T13:00:00Z')).toBeNull();
  expect(await due('2026-03-01T13:00:00Z', { BACKUP_CRON: '0 * * * *' })).toBe('2026-03-01T13:00 1');
  expect(await due('2026-03-02T13:00:00Z', { BACKUP_CRON: 'off' })).toBeNull();
});

test('what failed is tried again after a quarter of an hour, four times in all', async () => {
  const slotAt = new Date('2026-03-02T03:15:00Z');
  const failed = { slotAt, status: 'failed' } as const;
  await run('2026-03-02T03:15:10Z', failed);
  expect(await due('2026-03-02T03:29:00Z')).toBeNull();
  expect(await due('2026-03-02T03:31:00Z')).toBe('2026-03-02T03:15 2');
  await run('2026-03-02T03:31:00Z', { ...failed, attempt: 2 });
  await run('2026-03-02T03:47:00Z', { ...failed, attempt: 3 });
  expect(await due('2026-03-02T04:10:00Z')).toBe('2026-03-02T03:15 4');
  await run('2026-03-02T04:10:00Z', { ...failed, attempt: 4 });
  expect(await due('2026-03-02T23:00:00Z')).toBeNull();
});

test('a run whose process died is no longer waited for', async () => {
  await run('2026-03-02T03:15:00Z', {
    slotAt: new Date('2026-03-02T03:15:00Z'),
    status: 'running',
    phase: 'dumping',
    finishedAt: null,
  });
  expect(await due('2026-03-02T03:15:50Z')).toBeNull();
  expect((await backupStatus(at('2026-03-02T03:15:50Z'))).running).toMatchObject({ phase: 'dumping' });
  const later = await backupStatus(at('2026-03-02T03:40:00Z'));
  expect(later).toMatchObject({ running: null, lastFailure: { error: { code: 'shutting_down' } } });
  expect(await due('2026-03-02T03:40:00Z')).toBe('2026-03-02T03:15 2');
});

test('a try at a time is begun by one process only', async () => {
  const slotAt = new Date('2026-03-02T03:15:00Z');
  await run('2026-03-02T03:15:00Z', { slotAt });
  await expect(run('2026-03-02T03:15:01Z', { slotAt })).rejects.toThrow();
  await run('2026-03-02T03:31:01Z', { slotAt, attempt: 2 });
});

test('the status tells the last backup, its proof, what failed since, and what is late', async () => {
  expect(await backupStatus(at('2026-03-02T12:00:00Z'))).toMatchObject({
    lastBackup: null,
    lastVerification: null,
    lastFailure: null,
    late: { backup: false, verification: false },
    counts: { succeeded: 0, failed: 0 },
  });
  await run('2026-03-02T03:15:00Z', { bytes: 1000, rowCount: 7 });
  await run('2026-03-02T03:16:00Z', { kind: 'verification', backupId: '2026-03-02T03:15:00Z' });
  const error = { code: 'backup_storage_unavailable', message: 'm', hint: 'h' } as const;
  await run('2026-03-03T03:15:00Z', { status: 'failed', error });
  const status = await backupStatus(at('2026-03-03T12:00:00Z'));
  expect(status).toMatchObject({
    lastBackup: { id: '2026-03-02T03:15:00Z', bytes: 1000, rows: 7 },
    lastVerification: { backupId: '2026-03-02T03:15:00Z', ok: true },
    lastFailure: { error },
    late: { backup: false, verification: false },
    nextAt: new Date('2026-03-04T03:15:00Z'),
    counts: { succeeded: 1, failed: 1 },
  });
  // However often it has failed since, the last one that succeeded is known.
  const minute = (number: number) => new Date(Date.parse('2026-03-03T04:00:00Z') + number * 60_000).toISOString();
  for (let number = 0; number < 60; number++) await run(minute(number), { status: 'failed', error });
  expect((await backupStatus(at('2026-03-03T12:00:00Z'))).lastBackup?.id).toBe('2026-03-02T03:15:00Z');
  expect((await backupStatus(at('2026-03-03T16:00:00Z'))).late).toEqual({ backup: true, verification: true });
  await run('2026-03-03T15:00:00Z', { bytes: 1, rowCount: 1 });
  const mended = await backupStatus(at('2026-03-03T16:00:00Z'));
  expect(mended).toMatchObject({ lastFailure: null, late: { backup: false, verification: true } });
});
