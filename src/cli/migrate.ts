import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { migrateAll } from '../app.ts';
import { loadConfig } from '../config.ts';
import { findHolder } from '../db/data-dir.ts';
import { type SchemaState, schemaState } from '../db/migrate.ts';
import { type Database, openDatabase } from '../db/open.ts';
import { queueSchema } from '../queue/queue.ts';
import { type Io, print } from './io.ts';

interface Options {
  check?: boolean;
  json?: boolean;
}

/**
 * Brings the schema of the database and of the queue up to this version; safe when two run at once. With `check` it
 * changes nothing, says what would be done, and answers 1 when that is anything.
 */
export async function migrateCommand(io: Io, options: Options): Promise<number> {
  const { config, secrets } = loadConfig(io.env);
  const embedded = config.database.kind === 'embedded';
  const holder = embedded ? findHolder(config.dataDir) : null;
  if (holder) {
    const document = options.check ? { current: true } : { applied: [] };
    print(io, options.json, { ...document, serverPid: holder.pid }, () => [
      `Process ${holder.pid} runs on this data directory and has migrated it when it started.`,
    ]);
    return 0;
  }
  if (options.check && embedded && !existsSync(join(config.dataDir, 'db'))) {
    print(io, options.json, { current: false, pending: null }, () => [
      `There is no database in ${config.dataDir} yet: the first start makes it.`,
    ]);
    return 1;
  }
  const database = await openDatabase(config, secrets);
  try {
    if (options.check) return await check(io, database, options);
    const { applied, newer } = await migrateAll(database);
    print(io, options.json, { applied, newer }, () => [
      ...(applied.length === 0 ? ['The database is up to date.'] : applied.map((name) => `Applied ${name}.`)),
      ...sayNewer({ newer }),
    ]);
    return 0;
  } finally {
    await database.close();
  }
}

async function check(io: Io, database: Database, options: Options): Promise<number> {
  const { pending, newer } = await schemaState(database);
  const queue = await queueSchema(database.db);
  const queueIsOld = queue.installed === null || queue.installed < queue.wanted;
  const current = pending.length === 0 && !queueIsOld;
  print(io, options.json, { current, pending, newer, queue }, () => [
    ...pending.map((name) => `Not applied yet: ${name}.`),
    ...(queueIsOld
      ? [
          queue.installed === null
            ? 'The queue is not installed yet.'
            : `The schema of the queue is version ${queue.installed}, this version has ${queue.wanted}.`,
        ]
      : []),
    ...sayNewer({ newer }),
    current ? 'The database is up to date.' : 'Bring it up to date: blog-poster migrate',
  ]);
  return current ? 0 : 1;
}

function sayNewer({ newer }: Pick<SchemaState, 'newer'>): string[] {
  return newer.map((name) => `A newer version has applied ${name}, which this version runs beside.`);
}
