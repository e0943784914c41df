import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { migrateAll } from '../app.ts';
import { findBackup } from '../backups/catalogue.ts';
import type { Watcher } from '../backups/create.ts';
import { moveDatabase, targetOf } from '../backups/move.ts';
import { backupRunSchema, backupSchema, backupsSchema } from '../backups/present.ts';
import { type LostSecrets, type RestoreReport, restoreBackup } from '../backups/restore.ts';
import type { RunPhase } from '../backups/schema.ts';
import { openBackupStorage } from '../backups/storage.ts';
import { withWorkFolder } from '../backups/work-folder.ts';
import { loadConfig } from '../config.ts';
import { findHolder } from '../db/data-dir.ts';
import { AppError, type ErrorCode, errorCatalogue } from '../errors.ts';
import type { Api } from './api.ts';
import { type Io, print, table } from './io.ts';
import { readAll } from './password.ts';
import { createProgress } from './progress.ts';
import { openSession } from './session.ts';

type Run = z.infer<typeof backupRunSchema>;
type Backup = z.infer<typeof backupSchema>;
interface Options {
  json?: boolean;
}

/** How often a run is asked how far it is, in milliseconds. */
const askMs = 250;
const runAnswer = z.object({ run: backupRunSchema, backup: backupSchema.nullable() });
const phases: Record<RunPhase, string> = {
  copying: 'taking a snapshot',
  dumping: 'writing the backup',
  restoring: 'restoring',
  comparing: 'comparing every table with the manifest',
  done: 'done',
};

/** Takes a backup now, and waits for its end. */
export async function createBackupCommand(io: Io, options: Options): Promise<number> {
  return withSession(io, async (api) => {
    const backup = await runToEnd(io, api, '/admin/backups');
    print(io, options.json, backup, () => [
      `Backup ${backup.id}: ${backup.rows} rows of ${backup.tables} tables, ${formatBytes(backup.bytes)} in ${seconds(backup.durationMs)}.`,
      `${backup.file}${backup.encrypted ? ', encrypted' : ''}`,
    ]);
    return 0;
  });
}

/** Lists what lies in the storage, newest first. */
export async function listBackupsCommand(io: Io, options: Options): Promise<number> {
  return withSession(io, async (api) => {
    const answer = await api.request('GET', '/admin/backups', backupsSchema);
    if (answer.catalogueError) throw asAppError(answer.catalogueError);
    print(io, options.json, answer, () =>
      answer.items.length === 0
        ? [`No backups in ${answer.storage.place} yet.`]
        : table(
            ['id', 'rows', 'size', 'migration', 'verified', ''],
            answer.items.map((backup) => [
              backup.id,
              String(backup.rows),
              formatBytes(backup.bytes),
              backup.migration,
              backup.verifiedAt?.slice(0, 16).replace('T', ' ') ?? 'no',
              remarks(backup),
            ]),
          ),
    );
    return 0;
  });
}

/** Restores a backup into a scratch database and compares it with its manifest. */
export async function verifyBackupCommand(io: Io, id: string, options: Options): Promise<number> {
  return withSession(io, async (api) => {
    const backup = await runToEnd(io, api, `/admin/backups/${encodeURIComponent(id)}/verify`);
    print(io, options.json, { ok: true, ...backup }, () => [
      `Backup ${backup.id} was restored into a scratch database: ${backup.rows} rows in ${backup.tables} tables are what its manifest says.`,
    ]);
    return 0;
  });
}

/** Puts a backup into the configured database, which nobody may be using meanwhile. */
export async function restoreBackupCommand(
  io: Io,
  id: string,
  options: Options & { intoNonempty?: string },
): Promise<number> {
  const { config, secrets } = loadConfig(io.env);
  refuseServed(config.database.kind === 'embedded' ? config.dataDir : null);
  const ctx = { config, secrets, now: () => new Date() };
  const storage = await openBackupStorage(config, secrets);
  const { watch, end } = watchOn(io);
  try {
    const entry = await findBackup(storage, id, io.signal);
    const report = await withWorkFolder(config, secrets, (workFolder) =>
      restoreBackup(ctx, storage, entry, {
        ...{ workFolder, signal: io.signal, watch, migrateAll },
        intoNonempty: options.intoNonempty ?? null,
      }),
    );
    end();
    print(io, options.json, report, () => reportLines(report));
    return 0;
  } finally {
    end();
    storage.close();
  }
}

/** Copies everything into another database, of either engine. */
export async function moveCommand(
  io: Io,
  target: string | undefined,
  options: Options & { targetStdin?: boolean; intoNonempty?: string },
): Promise<number> {
  const from = loadConfig(io.env);
  const named = options.targetStdin ? (await readAll(io.stdin)).trim() : target;
  if (!named) {
    throw new AppError('invalid_request', 'Name where to move to: an address of PostgreSQL or a data directory.');
  }
  const to = targetOf(named, from);
  refuseServed(from.config.database.kind === 'embedded' ? from.config.dataDir : null);
  refuseServed(to.config.database.kind === 'embedded' ? to.config.dataDir : null);
  const { watch, end } = watchOn(io);
  try {
    const report = await withWorkFolder(from.config, from.secrets, (workFolder) =>
      moveDatabase({ ...from, now: () => new Date() }, to, {
        ...{ workFolder, signal: io.signal, watch, migrateAll },
        intoNonempty: options.intoNonempty ?? null,
      }),
    );
    end();
    print(io, options.json, report, () => [
      ...reportLines(report),
      'The database it came from is as it was.',
      from.config.secretInDataDir
        ? `Start the new one with the same secret: APP_SECRET is what stands in ${from.config.dataDir}/app-secret.`
        : 'Start the new one with the same APP_SECRET.',
    ]);
    return 0;
  } finally {
    end();
  }
}

async function withSession(io: Io, work: (api: Api) => Promise<number>): Promise<number> {
  const session = await openSession(io, { work: false });
  try {
    return await work(session.api);
  } finally {
    await session.close();
  }
}

/** Begins a run and shows how far it is until it is over. Throws what it failed with. */
async function runToEnd(io: Io, api: Api, path: string): Promise<Backup> {
  const progress = createProgress(io.stderr);
  let shown: string | null = null;
  try {
    let run: Run = await api.request('POST', path, backupRunSchema);
    let backup: Backup | null = null;
    while (run.status === 'running') {
      if (run.phase !== shown) progress.step(phases[run.phase]);
      shown = run.phase;
      progress.at(run.progress ?? 0);
      await sleep(askMs, undefined, { signal: io.signal });
      ({ run, backup } = await api.request('GET', `/operator/backup-runs/${run.id}`, runAnswer));
    }
    if (run.error) throw asAppError(run.error);
    if (!backup) throw new AppError('not_found', `The backup ${run.backupId} is not in the storage any more.`);
    return backup;
  } finally {
    progress.end();
  }
}

function asAppError({ code, message, hint }: { code: string; message: string; hint: string }): AppError {
  const known = Object.hasOwn(errorCatalogue, code) ? (code as ErrorCode) : 'internal';
  return new AppError(known, message, { hint });
}

function refuseServed(dataDir: string | null): void {
  const holder = dataDir === null ? null : findHolder(dataDir);
  if (!holder) return;
  throw new AppError('data_in_use', `${dataDir} is in use by process ${holder.pid}.`, {
    hint: 'Stop that server first: its database is about to be read or replaced as a whole.',
  });
}

/** Progress of work that is done in this process. */
function watchOn(io: Io): { watch: Watcher; end(): void } {
  const progress = createProgress(io.stderr);
  let expected: number | null = null;
  return {
    watch: {
      phase(phase, bytes) {
        expected = bytes;
        progress.step(phases[phase]);
      },
      bytes(done) {
        if (expected !== null && expected > 0) progress.at(Math.min(0.99, done / expected));
      },
    },
    end: () => progress.end(),
  };
}

function reportLines({ id, createdAt, rows, tables, applied, keptAs, lostSecrets }: RestoreReport): string[] {
  return [
    `Restored ${id}: ${rows} rows in ${tables} tables, as they were on ${createdAt.slice(0, 19).replace('T', ' ')} UTC.`,
    ...(applied.length > 0 ? [`Brought up to this version: ${applied.join(', ')}.`] : []),
    ...(keptAs ? [`The database from before is in ${keptAs}: delete it when you need it no more.`] : []),
    ...(lostSecrets ? lostLines(lostSecrets) : []),
  ];
}

function lostLines({ sites, ownKeys, webhooks, secondFactors }: LostSecrets): string[] {
  const nothing = sites.length + ownKeys.length + webhooks.length + secondFactors.length === 0;
  return [
    'It was taken under another APP_SECRET. Everyone has to log in anew.',
    'With the secret from then everything can be read again: set APP_SECRET to the present one and APP_SECRET_PREVIOUS to that, and run blog-poster doctor --rotate-secret.',
    ...(nothing ? [] : ['Without it, this has to be entered again:']),
    ...sites.map(({ name, url }) => `  the Application Password of the site ${name} (${url})`),
    ...ownKeys.map(({ account, provider }) => `  the key of ${account} for ${provider}`),
    ...webhooks.map(({ account, url }) => `  a new secret for the webhook of ${account} to ${url}`),
    ...secondFactors.map((account) => `  the second factor of ${account}, who cannot log in until then`),
  ];
}

function remarks(backup: Backup): string {
  return [
    ...(backup.problem === 'missing' ? ['its file is missing'] : []),
    ...(backup.problem === 'length' ? ['its file is cut short'] : []),
    ...(backup.encrypted ? ['encrypted'] : []),
    ...(backup.sameSecret ? [] : ['another APP_SECRET']),
  ].join(', ');
}

function formatBytes(bytes: number): string {
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
