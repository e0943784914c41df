import { readdirSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import { migrationsFolder } from '../shipped-files.ts';
import { type Database, queryRows } from './open.ts';

/** The names of the migrations that this version has and the database does not, in order; changes nothing. */
export async function pendingMigrations({ db }: Pick<Database, 'db'>): Promise<string[]> {
  const [known] = await queryRows<{ found: boolean }>(
    db,
    sql`select to_regclass('schema_migrations') is not null as found`,
  );
  const rows = known?.found ? await queryRows<{ name: string }>(db, sql`select name from schema_migrations`) : [];
  const applied = new Set(rows.map((row) => row.name));
  return readdirSync(migrationsFolder)
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.replace(/\.sql$/, ''))
    .filter((name) => !applied.has(name))
    .sort();
}
