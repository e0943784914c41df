import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { findBackup } from '../src/backups/catalogue.ts';
import { createBackup } from '../src/backups/create.ts';
import { versionOf } from '../src/backups/postgres-source.ts';
import type { BackupContext } from '../src/backups/source.ts';
import { openBackupStorage } from '../src/backups/storage.ts';
import { findTools } from '../src/backups/tools.ts';
import { verifyBackup } from '../src/backups/verify.ts';
import { withWorkFolder } from '../src/backups/work-folder.ts';
import { queryRows } from '../src/db/open.ts';
import { finished, runProgram } from '../test/program.ts';
import { type BenchDatabase, noPostgres, openPostgresBench, postgresUrl } from './support/database.ts';
import { type Figure, figure, type Measure, repeat, timed } from './support/measure.ts';
import { watchMemory } from './support/program.ts';

/**
 * What backups cost on PostgreSQL, with a database of 1 GB (60 MB with --quick): taking one into a folder against `pg_dump |
 * zstd` of the same server, proving it against a bare restore of that dump into a new database, in turns; and the memory of
 * the process that takes one, which should not know how large the database is. Rows are text of which zstd makes about half.
 */
export const backups: Measure = async ({ quick }) => {
  if (!postgresUrl) return { figures: [], notMeasured: [`backups: ${noPostgres}`] };
  const folder = mkdtempSync(join(tmpdir(), 'bp-bench-'));
  const bench = await openPostgresBench(postgresUrl);
  try {
    const empty = await peakMemory(bench, folder);
    await fill(bench, quick ? 60 : 1000);
    return { figures: await measure(bench, folder, quick, empty), notMeasured: [] };
  } finally {
    await bench.database.close();
    await bench.remove();
    rmSync(folder, { recursive: true, force: true });
  }
};

async function fill({ database }: BenchDatabase, megabytes: number): Promise<void> {
  if (database.engine.kind !== 'postgres') throw new Error('it is measured on PostgreSQL');
  const { connection } = database.engine;
  const pg = (await import('pg')).default;
  // Without the guard against silence: the statement takes minutes.
  const client = new pg.Client({ connectionString: connection.connectionString });
  await client.connect();
  try {
    await client.query('create table bulk (id bigint primary key, words text)');
    // 40 digests of 32 characters each: 1.3 kB a row.
    await client.query(
      `insert into bulk select i, (select string_agg(md5((i * 40 + j)::text), ' ') from generate_series(1, 40) j)
       from generate_series(1, ${Math.round((megabytes * 1e6) / 1330)}) i`,
    );
    await client.query('vacuum analyze bulk');
  } finally {
    await client.end();
  }
}

const directoryIn = (folder: string) => join(folder, 'backups');

/** The most memory that the command takes in MB, of which a part is the product itself. */
async function peakMemory(
  { secrets }: BenchDatabase,
  folder: string,
  command: string[] = ['backup', 'create'],
): Promise<number> {
  const program = runProgram('src/cli.ts', command, {
    DATABASE_URL: secrets.databaseUrl ?? '',
    APP_SECRET: secrets.appSecret,
    BACKUP_DIR: directoryIn(folder),
    LOG_LEVEL: 'fatal',
  });
  const memory = watchMemory(program.pid ?? 0);
  const { status, output } = await finished(program);
  const { server } = memory.stop();
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${output}`);
  return server;
}

async function measure(bench: BenchDatabase, folder: string, quick: boolean, empty: number): Promise<Figure[]> {
  const toolPath = process.env.PATH ?? '';
  const config = {
    ...bench.config,
    backups: { ...bench.config.backups, directory: directoryIn(folder), toolPath },
  };
  const ctx: BackupContext = { config, secrets: bench.secrets, now: () => new Date() };
  const storage = await openBackupStorage(config, bench.secrets);
  const { signal } = new AbortController();
  const run = { signal, watch: { phase: () => undefined, bytes: () => undefined } };
  const take = () =>
    withWorkFolder(config, bench.secrets, (workFolder) =>
      createBackup(ctx, bench.database, storage, { workFolder, ...run }),
    );
  const prove = async () => {
    const entry = await findBackup(storage, 'latest', signal);
    await withWorkFolder(config, bench.secrets, (workFolder) =>
      verifyBackup(ctx, bench.database, storage, entry, { workFolder, ...run }),
    );
  };
  const { major } = await versionOf((text) => queryRows(bench.database.db, sql.raw(text)));
  const tools = await findTools(config, major);
  const bare = new BareTools(tools.folder, bench.secrets.databaseUrl ?? '', join(folder, 'bare.zst'));
  const runs = await repeat(quick ? 1 : 3, async () => ({
    backup: await timed(take),
    bareDump: await timed(async () => bare.dump()),
    proof: await timed(prove),
    bareRestore: await timed(async () => bare.restore()),
  }));
  const size = quick ? '60 MB' : '1 GB';
  const values = (name: keyof (typeof runs)[number]) => runs.map((each) => each[name] / 1000);
  return [
    figure(`a backup of ${size}`, 's', values('backup'), {
      baseline: { what: 'pg_dump | zstd', values: values('bareDump') },
      aimRatio: 1.3,
    }),
    figure(`its proof: restored, compared, dropped`, 's', values('proof'), {
      baseline: { what: 'zstd -d | pg_restore', values: values('bareRestore') },
      aimRatio: 2,
    }),
    figure('peak memory of the command that takes it, from the sources', 'MB', [await peakMemory(bench, folder)], {
      baseline: { what: 'of an empty database', values: [empty] },
    }),
    figure(
      'of the one that restores it for proof',
      'MB',
      [await peakMemory(bench, folder, ['backup', 'verify', 'latest'])],
      {
        baseline: { what: 'taking one of an empty database', values: [empty] },
      },
    ),
  ];
}

/** The same by the tools alone. */
class BareTools {
  readonly #folder: string;
  readonly #url: string;
  readonly #file: string;

  constructor(folder: string, url: string, file: string) {
    this.#folder = folder;
    this.#url = url;
    this.#file = file;
  }

  dump(): void {
    const pgDump = `${this.#folder}/pg_dump --format=custom --compress=0 --exclude-schema=pgboss --dbname=${this.#url}`;
    this.#shell(`${pgDump} | zstd -q -3 -f -o ${this.#file}`);
  }

  restore(): void {
    const url = new URL(this.#url);
    const name = `bp_bench_restore_${process.pid}`;
    const administer = (statement: string) => this.#shell(`${this.#folder}/psql -q -d ${this.#url} -c '${statement}'`);
    url.pathname = `/${name}`;
    administer(`create database ${name} template template0`);
    try {
      this.#shell(`zstd -q -d -c ${this.#file} | ${this.#folder}/pg_restore --no-owner --dbname=${url}`);
    } finally {
      administer(`drop database ${name} with (force)`);
    }
  }

  #shell(command: string): void {
    execFileSync('bash', ['-o', 'pipefail', '-c', command], { stdio: ['ignore', 'ignore', 'inherit'] });
  }
}
