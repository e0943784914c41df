import type { PoolConfig } from 'pg';
import { askOf, connectPlain } from './plain-client.ts';
import type { BackupContext, DumpSource } from './source.ts';
import type { Ask } from './tables.ts';
import { plainText, stateOfTables } from './tables.ts';
import { findTools, startTool, toolConnection } from './tools.ts';

/**
 * A snapshot of a PostgreSQL database, held open by a connection of its own: pg_dump and the counting look at the same one,
 * each on a processor of the server. Throws `backup_tools_missing`.
 */
export async function openPostgresSource(
  { config, secrets, now }: BackupContext,
  connection: PoolConfig,
  workFolder: string,
): Promise<DumpSource> {
  const client = await connectPlain(connection);
  try {
    const ask = askOf(client);
    const { major, version } = await versionOf(ask);
    const tools = await findTools(config, major);
    const caCertificate = config.database.kind === 'postgres' ? config.database.caCertificate : null;
    const target = await toolConnection(secrets.databaseUrl, caCertificate, workFolder);
    await client.query(plainText);
    const createdAt = now();
    await client.query('begin isolation level repeatable read read only');
    const [snapshot] = await ask<{ id: string }>('select pg_export_snapshot() as id');
    return {
      format: 'pgdump',
      engine: { kind: 'postgres', version },
      createdAt,
      migration: await newestMigration(ask),
      expectedBytes: await bytesOfTables(ask),
      tables: () => stateOfTables(ask),
      async *dump(signal) {
        const args = [
          ...['--format=custom', '--compress=0', '--no-owner', '--no-privileges', '--no-comments'],
          // Its rows are made anew from what they are about, and its tables by its own installation.
          ...['--exclude-schema=pgboss', `--snapshot=${snapshot?.id}`, `--dbname=${target.address}`],
        ];
        const { child, ended } = startTool(tools, 'pg_dump', args, target.env, signal);
        child.stdin.end();
        try {
          for await (const chunk of child.stdout) yield chunk as Buffer;
          await ended;
        } finally {
          child.kill('SIGKILL');
        }
      },
      close: () => client.end(),
    };
  } catch (error) {
    await client.end();
    throw error;
  }
}

/** The version of the server behind a connection. */
export async function versionOf(ask: Ask): Promise<{ major: number; version: string }> {
  const [row] = await ask<{ number: string; version: string }>(
    "select current_setting('server_version_num') as number, current_setting('server_version') as version",
  );
  return { major: Math.floor(Number(row?.number) / 10_000), version: row?.version.split(' ')[0] ?? '' };
}

export async function newestMigration(ask: Ask): Promise<string> {
  const [row] = await ask<{ name: string }>('select max(name) as name from public.schema_migrations');
  return row?.name ?? '';
}

/** About what a dump of all tables weighs: without their indexes. */
export async function bytesOfTables(ask: Ask): Promise<number> {
  const [row] = await ask<{ bytes: string }>(
    `select coalesce(sum(pg_table_size(c.oid)), 0)::text as bytes
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind = 'r'`,
  );
  return Number(row?.bytes);
}
