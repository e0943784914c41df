import { sql } from 'drizzle-orm';
import { type Db, queryRows } from '../src/db/open.ts';

/** What programs rely on in the tables of a database: columns, and the rules that rows have to keep. */
export interface DatabaseShape {
  /** Table -> column -> its type, whether it may be null, and whether it fills itself. */
  tables: Record<string, Record<string, ColumnShape>>;
  /** Table -> definitions of its unique indexes, without their names. */
  uniques: Record<string, string[]>;
  /** Table -> definitions of its checks and references. */
  rules: Record<string, string[]>;
}

interface ColumnShape {
  type: string;
  nullable: boolean;
  hasDefault: boolean;
}

/** The last release as the tests know it: deploy/last-release.json, written by `npm run last-release`. */
export interface LastRelease {
  release: string;
  /** Where its code is found in the history. */
  commit: string;
  shape: DatabaseShape;
  /** Tables and `table.column`s of which its code knows nothing any more, so that a contract migration may take them away. */
  unused: string[];
}

/** Something that the last release relies on and no longer finds. */
export interface Narrowing {
  /** A table or `table.column`. */
  subject: string;
  what: string;
}

/** Reads what is there, except the tables of the queue. */
export async function readShape(db: Db): Promise<DatabaseShape> {
  const columns = await queryRows<{ table: string; column: string } & ColumnShape>(
    db,
    sql`select c.table_name as "table", c.column_name as "column", format_type(a.atttypid, a.atttypmod) as type,
               c.is_nullable = 'YES' as nullable,
               c.column_default is not null or c.is_identity = 'YES' or c.is_generated = 'ALWAYS' as "hasDefault"
        from information_schema.columns c
        join pg_attribute a on a.attrelid = format('%I.%I', c.table_schema, c.table_name)::regclass and a.attname = c.column_name
        where c.table_schema = 'public' order by 1, 2`,
  );
  const uniques = await queryRows<{ table: string; definition: string }>(
    db,
    sql`select tablename as "table", regexp_replace(indexdef, '^.* (?=USING )', '') as definition
        from pg_indexes where schemaname = 'public' and indexdef like 'CREATE UNIQUE%' order by 1, 2`,
  );
  const rules = await queryRows<{ table: string; definition: string }>(
    db,
    sql`select conrelid::regclass::text as "table", pg_get_constraintdef(oid) as definition
        from pg_constraint where connamespace = 'public'::regnamespace and contype in ('c', 'f') order by 1, 2`,
  );
  const tables: DatabaseShape['tables'] = {};
  for (const { table, column, ...shape } of columns) tables[table] = { ...tables[table], [column]: shape };
  return { tables, uniques: byTable(uniques), rules: byTable(rules) };
}

function byTable(rows: { table: string; definition: string }[]): Record<string, string[]> {
  const grouped: Record<string, string[]> = {};
  for (const { table, definition } of rows) grouped[table] = [...(grouped[table] ?? []), definition];
  return grouped;
}

/** What a program that was made for `before` would miss, or stumble over, in `after`. */
export function narrowings(before: DatabaseShape, after: DatabaseShape): Narrowing[] {
  return Object.entries(before.tables).flatMap(([table, columns]) => {
    const now = after.tables[table];
    if (!now) return [{ subject: table, what: 'is gone' }];
    const found: Narrowing[] = [];
    for (const [column, was] of Object.entries(columns)) {
      const is = now[column];
      const subject = `${table}.${column}`;
      if (!is) found.push({ subject, what: 'is gone' });
      else if (is.type !== was.type) found.push({ subject, what: `was ${was.type} and is ${is.type}` });
      else if (was.nullable && !is.nullable) found.push({ subject, what: 'may no longer be null' });
      else if (was.hasDefault && !is.hasDefault) found.push({ subject, what: 'no longer fills itself' });
    }
    for (const [column, is] of Object.entries(now)) {
      if (!columns[column] && !is.nullable && !is.hasDefault) {
        found.push({ subject: `${table}.${column}`, what: 'is new and has to be filled' });
      }
    }
    const missing = (a: string[] = [], b: string[] = []) => b.filter((definition) => !a.includes(definition));
    // `on conflict` names the columns of a unique index that has to be there.
    for (const lost of missing(after.uniques[table], before.uniques[table])) {
      found.push({ subject: table, what: `is no longer unique ${lost}` });
    }
    for (const fresh of missing(before.uniques[table], after.uniques[table])) {
      if (!onlyNewColumns(fresh, columns, now)) found.push({ subject: table, what: `is newly unique ${fresh}` });
    }
    for (const fresh of missing(before.rules[table], after.rules[table])) {
      if (!onlyNewColumns(fresh, columns, now)) found.push({ subject: table, what: `has a new rule: ${fresh}` });
    }
    return found;
  });
}

/** A rule that speaks of a column which the program does not know holds no row of it back: the column is empty there. */
function onlyNewColumns(definition: string, before: Record<string, unknown>, after: Record<string, unknown>): boolean {
  const named = Object.keys(after).filter((column) => new RegExp(`\\b${column}\\b`).test(definition));
  return named.some((column) => !before[column]);
}
