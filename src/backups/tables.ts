import type { TableState } from './manifest.ts';

/** Asks one database; rows come as objects. */
export type Ask = <Row>(sql: string) => Promise<Row[]>;

/** As PostgreSQL quotes a name. */
export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
export const qualified = (table: string) => `public.${quoted(table)}`;

/** The texts of values must not depend on the settings of a server, a user or a connection. */
export const plainText =
  "set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres'; set extra_float_digits = 1; set bytea_output = 'hex'";

/** A table of the product as it is counted. */
type CountedTable = Pick<TableState, 'name' | 'columns' | 'hash' | 'vectors'>;

/** The tables of the product with their columns, without what extensions own and without what is generated from other columns. */
export async function listTables(ask: Ask): Promise<Pick<CountedTable, 'name' | 'columns' | 'vectors'>[]> {
  return ask<Pick<CountedTable, 'name' | 'columns' | 'vectors'>>(
    `select c.relname as name, json_agg(a.attname order by a.attnum) as columns,
       coalesce(json_agg(a.attname order by a.attnum) filter (where t.typname = 'vector'), '[]') as vectors
     from pg_class c
     join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
     join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     join pg_type t on t.oid = a.atttypid
     where c.relkind = 'r'
       and not exists (select 1 from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
     group by c.relname order by c.relname`,
  );
}

/**
 * Counts and sums up a table: the sum of a 64-bit hash of each row, so that the order of rows does not matter and no row
 * has to leave the database. A row that differs is overlooked once in 2^64. Hashing records takes well under half the time of
 * hashing them as text (measured with 1 GB), and counts a number the same that is only written otherwise (1 and 1.0 in JSON).
 * The hashes are those that PostgreSQL partitions by. Needs {@link plainText}.
 */
export function countTable({ name, columns, hash, vectors }: CountedTable): {
  rows: string;
  checksum: string;
  from: string;
} {
  const values = columns.map((column) =>
    hash === 'record' && vectors.includes(column) ? `${quoted(column)}::real[]` : quoted(column),
  );
  const row = `row(${values.join(', ')})`;
  const hashed = hash === 'record' ? `hash_record_extended(${row}, 0)` : `hashtextextended(${row}::text, 0)`;
  return { rows: 'count(*)', checksum: `coalesce(sum(${hashed}), 0)`, from: qualified(name) };
}

/** What every table holds. Those of `like` are hashed as they were there. Needs {@link plainText}. */
export async function stateOfTables(ask: Ask, like: readonly TableState[] = []): Promise<TableState[]> {
  const states: TableState[] = [];
  for (const table of await listTables(ask)) {
    const hash = like.find(({ name }) => name === table.name)?.hash ?? 'record';
    const { rows, checksum, from } = countTable({ ...table, hash });
    const [state] = await ask<{ rows: string; checksum: string }>(
      `select ${rows}::text as rows, ${checksum}::text as checksum from ${from}`,
    );
    states.push({ ...table, hash, rows: Number(state?.rows), checksum: state?.checksum ?? '' });
  }
  return states;
}

/** How two states differ, in words; none when they are the same. A table that nobody has counted is a difference. */
export function compareTables(
  expected: TableState[],
  found: Pick<TableState, 'name' | 'rows' | 'checksum'>[],
): string[] {
  const byName = new Map(found.map((table) => [table.name, table]));
  const differences = expected.flatMap(({ name, rows, checksum }) => {
    const table = byName.get(name);
    if (!table) return [`the table ${name} is missing`];
    if (table.rows !== rows) return [`${name} has ${table.rows} rows instead of ${rows}`];
    return table.checksum === checksum ? [] : [`rows of ${name} differ`];
  });
  const known = new Set(expected.map(({ name }) => name));
  return [...differences, ...found.filter(({ name }) => !known.has(name)).map(({ name }) => `${name} is one too many`)];
}

/** Whether somebody's work is in a database: an account with an address, or an article that is not the sample. Null without tables. */
export async function hasData(ask: Ask): Promise<boolean> {
  const [found] = await ask<{ users: string | null }>("select to_regclass('public.users')::text as users");
  if (!found?.users) return false;
  const [row] = await ask<{ used: boolean }>(
    `select exists (select 1 from public.users where email is not null)
         or exists (select 1 from public.articles)
         or exists (select 1 from public.pipelines) as used`,
  );
  return row?.used ?? false;
}
