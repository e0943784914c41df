import type { Database } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { connectPlain } from './plain-client.ts';

/** Any number that no other program takes on this database: "blop" in ASCII. */
const advisoryLock = 0x626c6f70;
/** Embedded databases that this process is at: no other process can hold one. */
const embedded = new WeakSet<object>();

/** The right to take, prove and delete the backups of one database. */
export interface BackupLock {
  /** Aborts when the right is lost: the connection that holds it broke. */
  lost: AbortSignal;
  release(): Promise<void>;
}

/**
 * Takes the lock of a database's backups, so that no two processes are at them at once. It belongs to a connection: a
 * process that dies gives it back at once, a machine that vanishes within half a minute. Throws `backup_running`.
 */
export async function lockBackups({ engine }: Pick<Database, 'engine'>): Promise<BackupLock> {
  const lost = new AbortController();
  if (engine.kind === 'embedded') {
    const { pglite } = engine;
    if (embedded.has(pglite)) throw taken();
    embedded.add(pglite);
    return {
      lost: lost.signal,
      release: async () => {
        embedded.delete(pglite);
      },
    };
  }
  const client = await connectPlain(engine.connection);
  try {
    const { rows } = await client.query<{ taken: boolean }>(`select pg_try_advisory_lock(${advisoryLock}) as taken`);
    if (!rows[0]?.taken) throw taken();
  } catch (error) {
    await client.end();
    throw error;
  }
  const lose = () =>
    lost.abort(new AppError('database_unavailable', 'The connection that kept other backups away was lost.'));
  client.on('end', lose);
  return {
    lost: lost.signal,
    release: async () => {
      client.off('end', lose);
      await client.end();
    },
  };
}

function taken(): AppError {
  return new AppError('backup_running', 'A backup of this database is being taken, verified or restored right now.');
}
