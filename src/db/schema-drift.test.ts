import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { is, sql } from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase } from '../../test/harness.ts';
import { type Database, queryRows } from './open.ts';

interface Column {
  table_name: string;
  column_name: string;
  is_nullable: 'YES' | 'NO';
  has_default: boolean;
  type: string;
}

const root = fileURLToPath(new URL('../', import.meta.url));
const modules = await Promise.all(
  globSync('**/schema.ts', { cwd: root }).map((file) => import(/* @vite-ignore */ `../${file}`)),
);
const tables = modules
  .flatMap((module) => Object.values(module))
  .filter((value): value is PgTable => is(value, PgTable))
  .map((table) => getTableConfig(table));

let database: Database;
let columns: Column[];

beforeAll(async () => {
  database = await openTestDatabase();
  columns = await queryRows<Column>(
    database.db,
    sql`select c.table_name, c.column_name, c.is_nullable,
               c.column_default is not null or c.is_identity = 'YES' or c.is_generated = 'ALWAYS' as has_default,
               format_type(a.atttypid, a.atttypmod) as type
        from information_schema.columns c
        join pg_attribute a on a.attrelid = format('%I.%I', c.table_schema, c.table_name)::regclass and a.attname = c.column_name
        where c.table_schema = current_schema()`,
  );
});
afterAll(() => database.close());

it('finds the tables of every feature', () => {
  expect(tables.map((table) => table.name)).toEqual(
    expect.arrayContaining(['users', 'pipelines', 'articles', 'publications']),
  );
  expect(new Set(tables.map((table) => table.name)).size).toBe(tables.length);
});

describe.each(tables.map((table) => [table.name, table] as const))('%s', (name, table) => {
  const inDatabase = () =>
    new Map(columns.filter((column) => column.table_name === name).map((column) => [column.column_name, column]));

  it('has every column of the code in the migrated database, of the same type and nullability', () => {
    const found = inDatabase();
    const differences = table.columns.flatMap((column) => {
      const real = found.get(column.name);
      if (!real) return [`${column.name} is missing`];
      const type =
        column.getSQLType() === 'timestamp with time zone' ? 'timestamp with time zone' : column.getSQLType();
      return [
        ...(column.notNull === (real.is_nullable === 'NO')
          ? []
          : [`${column.name}: nullable ${real.is_nullable} in the database`]),
        ...(type === real.type ? [] : [`${column.name}: ${type} in the code, ${real.type} in the database`]),
        ...(column.hasDefault && !column.defaultFn && !real.has_default
          ? [`${column.name}: no default in the database`]
          : []),
      ];
    });
    expect(differences).toEqual([]);
  });

  it('leaves out no column that an insert would have to fill', () => {
    const known = new Set(table.columns.map((column) => column.name));
    const needed = [...inDatabase().values()].filter((column) => column.is_nullable === 'NO' && !column.has_default);
    expect(needed.map((column) => column.column_name).filter((column) => !known.has(column))).toEqual([]);
  });
});
