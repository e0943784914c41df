import { createHash } from 'node:crypto';
import { type SQL, sql } from 'drizzle-orm';
import { version } from '../config.ts';
import type { AppContext } from '../context.ts';
import { type Db, queryRows } from '../db/open.ts';
import { type ArchiveFamily, type ArchiveTable, archiveFamilies, carriedSettings } from './archive-tables.ts';
import type { ArchiveManifest } from './manifest.ts';
import type { ExportFile } from './zip.ts';

/**
 * The rows of an account as an archive carries them: files of lines in `data/`, and last `archive.json`, which names them
 * with their digests, so that an archive that was cut short or changed is known. No secrets.
 */
export async function* archiveFiles(ctx: Pick<AppContext, 'db' | 'now'>, userId: string): AsyncGenerator<ExportFile> {
  const { db } = ctx;
  const files: ArchiveManifest['files'] = {};
  for (const family of archiveFamilies.toReversed()) {
    let number = 0;
    for await (const lines of batches(db, family, userId)) {
      number += 1;
      const name = `data/${family.name}-${String(number).padStart(5, '0')}.jsonl`;
      const text = `${lines.join('\n')}\n`;
      files[name] = { rows: lines.length, sha256: createHash('sha256').update(text).digest('hex') };
      yield { name, text };
    }
  }
  const manifest: ArchiveManifest = {
    format: 'blog-poster account',
    version: 1,
    release: version,
    migration: await lastMigration(db),
    exportedAt: ctx.now().toISOString(),
    settings: await settingsOf(db, userId),
    files,
  };
  yield { name: 'archive.json', text: `${JSON.stringify(manifest, null, 2)}\n` };
}

/** Lines with the rows of a family, a file's worth at a time, each read at one moment. */
async function* batches(db: Db, family: ArchiveFamily, userId: string): AsyncGenerator<string[]> {
  const [root, ...parts] = family.tables;
  let last: unknown[] | null = null;
  for (;;) {
    const after: unknown[] | null = last;
    const lines: string[] = [];
    const end = await db.transaction(
      async (tx) => {
        const keys = new Map<string, string[]>();
        const take = async (table: ArchiveTable, where: SQL, limit?: number) => {
          const rows = await rowsOf(tx, table, userId, where, limit);
          for (const { row } of rows) lines.push(`{"table":"${table.name}","row":${row}}`);
          keys.set(
            table.name,
            rows.map(({ key }) => String(key[0])),
          );
          return rows;
        };
        const rows = await take(
          root,
          after ? sql`(${columns(root.key)}) > (${values(after)})` : sql`true`,
          family.perFile,
        );
        for (const part of parts) {
          const column = part.partOf ?? '';
          const of = keys.get(part.refs?.[column] ?? '') ?? [];
          await take(part, sql`${sql.identifier(column)} = any(${sql.param(of)}::uuid[])`);
        }
        return rows.length < family.perFile ? null : (rows.at(-1)?.key ?? null);
      },
      { isolationLevel: 'repeatable read', accessMode: 'read only' },
    );
    if (lines.length > 0) yield lines;
    if (end === null) return;
    last = end;
  }
}

async function rowsOf(tx: Db, { name, key, without = [] }: ArchiveTable, userId: string, where: SQL, limit?: number) {
  const left = sql.param(['user_id', ...without]);
  return queryRows<{ row: string; key: unknown[] }>(
    tx,
    sql`select (to_jsonb(t) - ${left}::text[])::text as row, jsonb_build_array(${columns(key)}) as key
        from ${sql.identifier(name)} t where user_id = ${userId} and ${where}
        order by ${columns(key)} ${limit === undefined ? sql`` : sql`limit ${limit}`}`,
  );
}

const columns = (names: readonly string[]) =>
  sql.join(
    names.map((name) => sql.identifier(name)),
    sql`, `,
  );
const values = (key: readonly unknown[]) =>
  sql.join(
    key.map((value) => sql`${value}`),
    sql`, `,
  );

async function settingsOf(db: Db, userId: string): Promise<Record<string, unknown>> {
  const [row] = await queryRows<{ settings: Record<string, unknown> }>(
    db,
    sql`select to_jsonb(u) as settings from (select ${columns(carriedSettings)} from users where id = ${userId}) u`,
  );
  return row?.settings ?? {};
}

async function lastMigration(db: Db): Promise<string> {
  const [row] = await queryRows<{ name: string }>(db, sql`select max(name) as name from schema_migrations`);
  return row?.name ?? '';
}
