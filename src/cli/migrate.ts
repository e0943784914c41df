import { migrateAll } from '../app.ts';
import { loadConfig } from '../config.ts';
import { findHolder } from '../db/data-dir.ts';
import { openDatabase } from '../db/open.ts';
import { type Io, print } from './io.ts';

/** Brings the schema of the database and of the queue up to this version; safe when two run at once. */
export async function migrateCommand(io: Io, options: { json?: boolean }): Promise<number> {
  const { config, secrets } = loadConfig(io.env);
  const holder = config.database.kind === 'embedded' ? findHolder(config.dataDir) : null;
  if (holder) {
    print(io, options.json, { applied: [], serverPid: holder.pid }, () => [
      `Process ${holder.pid} runs on this data directory and has migrated it when it started.`,
    ]);
    return 0;
  }
  const database = await openDatabase(config, secrets);
  try {
    const { applied } = await migrateAll(database);
    print(io, options.json, { applied }, () =>
      applied.length === 0 ? ['The database is up to date.'] : applied.map((name) => `Applied ${name}.`),
    );
    return 0;
  } finally {
    await database.close();
  }
}
