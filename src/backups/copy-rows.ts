import type { PGlite } from '@electric-sql/pglite';
import { askEmbedded } from './embedded-source.ts';
import { listTables, qualified, quoted } from './tables.ts';

/** About how much of a table is read at a time, in bytes: all of it is in memory at once. */
const pieceBytes = 4_000_000;
const pageBytes = 8192;

/**
 * All rows of a database that nobody changes meanwhile, as psql would take them: for each table a line `COPY ... FROM
 * stdin;`, its rows, and `\.`. This is also what `pg_restore --data-only` makes of a dump of pg_dump.
 */
export async function* copyRows(pglite: PGlite, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const ask = askEmbedded(pglite);
  for (const { name, columns } of await listTables(ask)) {
    const list = columns.map(quoted).join(', ');
    yield Buffer.from(`COPY ${qualified(name)} (${list}) FROM stdin;\n`);
    const [size] = await ask<{ pages: string; bytes: string }>(
      `select (pg_relation_size(c) / ${pageBytes})::text as pages, pg_table_size(c)::text as bytes from (select '${qualified(name).replaceAll("'", "''")}'::regclass as c) as t`,
    );
    const pages = Number(size?.pages);
    // Long values lie elsewhere: a page of rows may stand for much more than a page.
    const step = Math.max(1, Math.floor((pieceBytes / Math.max(1, Number(size?.bytes))) * pages));
    for (let page = 0; page < pages; page += step) {
      signal.throwIfAborted();
      const where = `ctid >= '(${page},0)' and ctid < '(${page + step},0)'`;
      const { blob } = await pglite.query(
        `copy (select ${list} from ${qualified(name)} where ${where}) to '/dev/blob'`,
      );
      if (blob && blob.size > 0) yield Buffer.from(await blob.arrayBuffer());
    }
    yield Buffer.from('\\.\n\n');
  }
}
