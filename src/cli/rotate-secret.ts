import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { adoptNextSecret, hasNextSecret, nextSecretOf, secretOfDataDir } from '../app-secret.ts';
import { type Config, loadConfig, type Secrets } from '../config.ts';
import { migrate } from '../db/migrate.ts';
import { type Database, openDatabase, queryRows } from '../db/open.ts';
import { pendingMigrations } from '../db/pending-migrations.ts';
import { AppError } from '../errors.ts';
import { countKinds, type RotationReport, rotateSecret, sealedKinds } from '../secret-rotation/rotate.ts';
import { type Io, print } from './io.ts';

/**
 * Changes APP_SECRET: encrypts what is stored anew. From APP_SECRET_PREVIOUS to APP_SECRET, or on an embedded instance that
 * keeps its secret in its directory to one that is made for it. Throws `config_invalid`, `data_in_use` while a server runs,
 * `secret_unreadable` when the previous secret is wrong.
 */
export async function rotateSecretCommand(io: Io, options: { json?: boolean }): Promise<number> {
  const { config, secrets } = loadConfig(io.env, { changingSecret: true });
  assertSecrets(config, secrets);
  const database = await openDatabase(config, secrets);
  try {
    await assertReady(config, database);
    const { previousAppSecret } = secrets;
    const report = previousAppSecret
      ? await rotateSecret(database.db, { from: { appSecret: previousAppSecret }, to: secrets }, { trusted: false })
      : await renewFile(config.dataDir, database);
    const ok = report.unreadable.length === 0;
    print(io, options.json, { ok, ...report }, () => [...reportLines(report), ...nextLines(config, secrets)]);
    return ok ? 0 : 1;
  } finally {
    await database.close();
  }
}

function assertSecrets(config: Config, { appSecret, previousAppSecret }: Secrets): void {
  if (previousAppSecret === null && !config.secretInDataDir) {
    throw new AppError(
      'config_invalid',
      'APP_SECRET_PREVIOUS: is what APP_SECRET was before, and needed to read what is stored.',
      {
        hint: 'Set APP_SECRET to the new secret (openssl rand -base64 48) and APP_SECRET_PREVIOUS to the one until now.',
      },
    );
  }
  if (previousAppSecret === appSecret) {
    throw new AppError('config_invalid', 'APP_SECRET_PREVIOUS: is the present secret.', {
      hint: 'Leave it unset: a new secret is made for this data directory.',
    });
  }
  if (previousAppSecret !== null && config.secretInDataDir && hasNextSecret(config.dataDir)) {
    throw new AppError('data_unusable', 'A change of the secret of this data directory was cut off.', {
      hint: 'Finish it first: run this without APP_SECRET_PREVIOUS.',
    });
  }
}

/**
 * A new secret for a data directory, in an order in which a crash loses nothing: the new one is on disk before the database
 * knows it, and the old one until the database has no use for it any more.
 */
async function renewFile(dataDir: string, { db }: Database): Promise<RotationReport> {
  // The directory is ours from here on; before, another process may have changed it.
  const from = { appSecret: secretOfDataDir(dataDir, { changing: true }) };
  const to = { appSecret: nextSecretOf(dataDir) };
  const report = await rotateSecret(db, { from, to }, { trusted: true });
  adoptNextSecret(dataDir);
  return report;
}

/** A server that has just been stopped may need a moment to close its connections, in milliseconds. */
const closingMs = 3_000;

/** Brings an embedded database up to date, as every start does; others have to be, and must not be in use. */
async function assertReady(config: Config, database: Database): Promise<void> {
  if (config.database.kind === 'embedded') {
    await migrate(database);
    return;
  }
  const pending = await pendingMigrations(database);
  if (pending.length > 0) {
    throw new AppError('invalid_state', `The database is not up to date: ${pending.join(', ')}.`, {
      hint: 'Apply the migrations first: blog-poster migrate',
    });
  }
  const deadline = performance.now() + closingMs;
  while ((await otherConnections(database)) > 0) {
    if (performance.now() > deadline) {
      throw new AppError(
        'data_in_use',
        'A blog-poster is connected to this database: it would go on with the old secret.',
        {
          hint: 'Stop every server and worker, change the secret, and start them with the new one.',
        },
      );
    }
    await sleep(200);
  }
}

async function otherConnections({ db }: Database): Promise<number> {
  const [row] = await queryRows<{ count: number }>(
    db,
    sql`select count(*)::int as count from pg_stat_activity
        where datname = current_database() and application_name = 'blog-poster' and pid <> pg_backend_pid()`,
  );
  return row?.count ?? 0;
}

function reportLines({ moved, already, unreadable, sessionsEnded }: RotationReport): string[] {
  const kinds = sealedKinds.flatMap((kind) => Array.from({ length: moved[kind] }, () => kind));
  return [
    kinds.length > 0 ? `Encrypted anew: ${countKinds(kinds)}.` : 'Nothing had to be encrypted anew.',
    ...(already > 0 ? [`Under the new secret already: ${already}.`] : []),
    ...unreadable.map(
      ({ kind, id, name, reason }) => `Not readable, left as it is: ${kind} ${name} (${id}). ${reason}`,
    ),
    ...(unreadable.length > 0 ? ['Enter what could not be read anew; until then it cannot be used.'] : []),
    ...(sessionsEnded === null
      ? []
      : [
          `Everyone has to log in anew (${sessionsEnded} ${sessionsEnded === 1 ? 'session' : 'sessions'} ended).`,
          'Access tokens are worth nothing any more: the keys that signed them could be read with the old secret. API keys go on.',
        ]),
  ];
}

function nextLines({ secretInDataDir, dataDir }: Config, { previousAppSecret }: Secrets): string[] {
  return [
    ...(secretInDataDir && previousAppSecret === null ? [`The new secret is in ${dataDir}/app-secret.`] : []),
    ...(previousAppSecret ? ['Start the servers with the new APP_SECRET and take APP_SECRET_PREVIOUS away.'] : []),
    'A backup from before can only be read with the old secret: keep that with it.',
  ];
}
