import { bigint, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { time } from '../db/columns.ts';
import type { StoredError } from '../errors.ts';

export const runKinds = ['backup', 'verification'] as const;
export type RunKind = (typeof runKinds)[number];
export const runTriggers = ['schedule', 'admin', 'command-line'] as const;
export type RunTrigger = (typeof runTriggers)[number];
export const runStatuses = ['running', 'succeeded', 'failed'] as const;
export const runPhases = ['copying', 'dumping', 'restoring', 'comparing', 'done'] as const;
/** What a run is at. */
export type RunPhase = (typeof runPhases)[number];

/** One taking or proving of a backup. What it is about lies in the storage, under `backupId`. */
export const backupRuns = pgTable('backup_runs', {
  id: uuid('id').primaryKey(),
  kind: text('kind').$type<RunKind>().notNull(),
  trigger: text('trigger').$type<RunTrigger>().notNull(),
  slotAt: time('slot_at'),
  attempt: integer('attempt').notNull().default(1),
  status: text('status').$type<(typeof runStatuses)[number]>().notNull().default('running'),
  backupId: text('backup_id'),
  phase: text('phase').$type<RunPhase>().notNull(),
  bytesDone: bigint('bytes_done', { mode: 'number' }).notNull().default(0),
  bytesExpected: bigint('bytes_expected', { mode: 'number' }),
  bytes: bigint('bytes', { mode: 'number' }),
  rowCount: bigint('row_count', { mode: 'number' }),
  error: jsonb('error').$type<StoredError>(),
  startedAt: time('started_at').notNull().defaultNow(),
  aliveAt: time('alive_at').notNull().defaultNow(),
  finishedAt: time('finished_at'),
});
export type BackupRun = typeof backupRuns.$inferSelect;
