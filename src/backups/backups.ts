import { desc, eq, sql } from 'drizzle-orm';
import type { Config, Secrets } from '../config.ts';
import { explainDatabaseError } from '../db/database-error.ts';
import { newId } from '../db/id.ts';
import type { Database } from '../db/open.ts';
import { AppError, type StoredError, toStoredError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { findBackup, tidyStorage } from './catalogue.ts';
import { createBackup, type Watcher } from './create.ts';
import { lockBackups } from './lock.ts';
import type { Manifest } from './manifest.ts';
import { type BackupRun, backupRuns, type RunKind, type RunPhase, type RunTrigger } from './schema.ts';
import { brokenOff } from './status.ts';
import { type BackupStorage, openBackupStorage } from './storage.ts';
import { verifyBackup } from './verify.ts';
import { withWorkFolder } from './work-folder.ts';

/** How often a run says how far it is, in milliseconds. */
const noteMs = 2_000;

/** The tries at one time of the schedule. */
export interface Slot {
  at: Date;
  attempt: number;
}

/** Takes and proves backups in this process, in the background, one thing at a time for each database. */
export interface Backups {
  storage(): Promise<BackupStorage>;
  /** Begins a backup. Throws `backup_running`. */
  create(trigger: RunTrigger): Promise<BackupRun>;
  /** Begins the proof of a backup, `latest` for the newest. Throws `backup_running`, `not_found` and `backup_damaged`. */
  verify(backupId: string, trigger: RunTrigger): Promise<BackupRun>;
  /** A time of the schedule: a backup, its proof, and what the rule no longer keeps. Resolves when all of it is over. */
  daily(slot: Slot): Promise<void>;
  /** Resolves when nothing is under way in this process. */
  settled(): Promise<void>;
  /** Ends what is under way, without leaving half a backup. */
  close(): Promise<void>;
}

interface Parts {
  config: Config;
  secrets: Secrets;
  database: Database;
  log: Logger;
  now(): Date;
}

/** Opens nothing yet. */
export function createBackups(ctx: Parts): Backups {
  const stopping = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  let opened: Promise<BackupStorage> | null = null;
  const storage = () => {
    opened ??= openBackupStorage(ctx.config, ctx.secrets);
    return opened;
  };
  const { db } = ctx.database;

  /** Takes the lock and hands it to `work`, which goes on in the background once it has said what it begins with. */
  async function begin(work: (signal: AbortSignal, begun: (run: BackupRun) => void) => Promise<void>): Promise<{
    run: BackupRun;
    over: Promise<void>;
  }> {
    if (stopping.signal.aborted) throw new AppError('shutting_down', 'The server is stopping.');
    const lock = await lockBackups(ctx.database);
    const { promise: first, resolve, reject } = Promise.withResolvers<BackupRun>();
    const over = (async () => {
      try {
        // Whoever holds the lock is the only one: what stands as running died.
        await db
          .update(backupRuns)
          .set({ status: 'failed', error: brokenOff, finishedAt: sql`alive_at` })
          .where(eq(backupRuns.status, 'running'));
        await work(AbortSignal.any([stopping.signal, lock.lost]), resolve);
      } finally {
        await lock.release();
      }
    })();
    underWay.add(over);
    over.catch(reject).finally(() => underWay.delete(over));
    return { run: await first, over };
  }

  /** One run with its row: what it does is noted there, and how it ended. Returns null when it failed. */
  async function runOne<Result extends { bytes: number | null; rows: number }>(
    about: { kind: RunKind; trigger: RunTrigger; slot?: Slot; backupId?: string },
    begun: (run: BackupRun) => void,
    signal: AbortSignal,
    work: (watch: Watcher, workFolder: string) => Promise<Result>,
  ): Promise<Result | null> {
    const [run] = await db
      .insert(backupRuns)
      .values({
        id: newId(),
        kind: about.kind,
        trigger: about.trigger,
        slotAt: about.slot?.at ?? null,
        attempt: about.slot?.attempt ?? 1,
        backupId: about.backupId ?? null,
        phase: about.kind === 'backup' ? 'copying' : 'restoring',
        startedAt: ctx.now(),
        aliveAt: ctx.now(),
      })
      .onConflictDoNothing()
      .returning();
    if (!run) throw new AppError('backup_running', 'Another process has begun the backup of this time.');
    begun(run);
    const seen: { phase: RunPhase; bytesDone: number; bytesExpected: number | null; backupId: string | null } = {
      phase: run.phase,
      bytesDone: 0,
      bytesExpected: null,
      backupId: run.backupId,
    };
    const set = (columns: Partial<typeof backupRuns.$inferInsert>) =>
      db.update(backupRuns).set(columns).where(eq(backupRuns.id, run.id));
    let noting: Promise<unknown> = Promise.resolve();
    const note = () => {
      noting = noting
        .then(() => set({ ...seen, aliveAt: ctx.now() }))
        .catch((error) => ctx.log.warn({ err: error }, 'how far a backup is could not be noted'));
    };
    const timer = setInterval(note, noteMs);
    const watch: Watcher = {
      id: (backupId) => {
        seen.backupId = backupId;
      },
      phase: (phase, expected) => {
        seen.phase = phase;
        seen.bytesExpected = expected;
        note();
      },
      bytes: (done) => {
        seen.bytesDone = done;
      },
    };
    const finish = async (columns: Partial<typeof backupRuns.$inferInsert>) => {
      clearInterval(timer);
      await noting;
      await set({ ...seen, ...columns, aliveAt: ctx.now(), finishedAt: ctx.now() });
    };
    try {
      const result = await withWorkFolder(ctx.config, ctx.secrets, (folder) => work(watch, folder));
      await finish({ status: 'succeeded', bytes: result.bytes, rowCount: result.rows, error: null });
      ctx.log.info({ backup: seen.backupId, bytes: result.bytes, rows: result.rows }, `${about.kind} done`);
      return result;
    } catch (error) {
      const stored = stopping.signal.aborted ? brokenOff : explain(error);
      ctx.log.error({ err: error, backup: seen.backupId }, `${about.kind} failed`);
      await finish({ status: 'failed', error: stored });
      if (signal.aborted) throw error;
      return null;
    }
  }

  const take = (trigger: RunTrigger, signal: AbortSignal, begun: (run: BackupRun) => void, slot?: Slot) =>
    runOne<Manifest>({ kind: 'backup', trigger, ...(slot ? { slot } : {}) }, begun, signal, async (watch, workFolder) =>
      createBackup(ctx, ctx.database, await storage(), { workFolder, signal, watch }),
    );

  const prove = (id: string, trigger: RunTrigger, signal: AbortSignal, begun: (run: BackupRun) => void) =>
    runOne({ kind: 'verification', trigger, backupId: id }, begun, signal, async (watch, workFolder) => {
      const entry = await findBackup(await storage(), id, signal);
      const proof = await verifyBackup(ctx, ctx.database, await storage(), entry, { workFolder, signal, watch });
      return { bytes: entry.manifest.bytes, rows: proof.rows };
    });

  const settled = async () => {
    await Promise.allSettled(underWay);
  };

  /** Only after a proof: nothing goes unless a newer verified one is there. */
  const tidy = async (signal: AbortSignal) => {
    const gone = await tidyStorage(await storage(), {
      keepDays: ctx.config.backups.keepDays,
      now: ctx.now(),
      signal,
    });
    if (gone.length > 0) ctx.log.info({ backups: gone }, 'deleted backups that the rule no longer keeps');
  };

  return {
    storage,
    async create(trigger) {
      const { run } = await begin(async (signal, begun) => {
        await take(trigger, signal, begun);
      });
      return run;
    },
    async verify(wanted, trigger) {
      const { id } = await findBackup(await storage(), wanted, stopping.signal);
      const { run } = await begin(async (signal, begun) => {
        if ((await prove(id, trigger, signal, begun)) !== null) await tidy(signal);
      });
      return run;
    },
    async daily(slot) {
      const { over } = await begin(async (signal, begun) => {
        const made = await take('schedule', signal, begun, slot);
        if (made === null) return;
        if ((await prove(made.id, 'schedule', signal, () => undefined)) !== null) await tidy(signal);
      });
      await over;
    },
    settled,
    async close() {
      stopping.abort(new AppError('shutting_down', 'The server is stopping.'));
      await settled();
      if (opened !== null) (await opened).close();
    },
  };
}

/** One run by its id, or null. */
export async function findRun({ db }: Pick<Database, 'db'>, id: string): Promise<BackupRun | null> {
  const [run] = await db.select().from(backupRuns).where(eq(backupRuns.id, id)).orderBy(desc(backupRuns.startedAt));
  return run ?? null;
}

/** What is stored of a failure; a database that is away or full is said in words. */
function explain(error: unknown): StoredError {
  return toStoredError(explainDatabaseError(error) ?? error);
}
