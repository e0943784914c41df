import { createHash } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { users } from '../accounts/schema.ts';
import type { AppContext } from '../context.ts';
import { explainDatabaseError } from '../db/database-error.ts';
import { type Db, queryRows } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { imageTypes } from '../images/schema.ts';
import { sniffImage } from '../images/sniff-image.ts';
import { assertRoom } from '../images/store.ts';
import { containsVerbatim } from '../text/match.ts';
import { type ArchiveTable, archiveFamilies, archiveTables } from './archive-tables.ts';
import { arrive, isToBeSent, notARow } from './arrive.ts';
import { settingsSchema } from './manifest.ts';
import { type AccountArchive, newer, unreadable } from './open-archive.ts';
import { showArrived } from './show-arrived.ts';

type Ctx = Pick<AppContext, 'db' | 'secrets' | 'now' | 'log'>;
type Row = Record<string, unknown>;

/** What became of the rows of a kind: taken over, here already and left as it is here, or left out because its like is here. */
export interface KindCount {
  taken: number;
  here: number;
  left: number;
}

export const importedKinds = [
  ...['articles', 'publications', 'sources', 'images', 'sites'],
  ...['topics', 'schedules', 'watched_sources', 'webhooks'],
] as const;

/** What an archive has brought. */
export interface ArchiveImport {
  counts: Record<(typeof importedKinds)[number], KindCount>;
  /** Sites that need their password again before anything is sent there. */
  sites: { id: string; name: string }[];
  /** Publications that waited when the archive was made, and wait no more. */
  stopped: number;
  /** Claims that were called proven and are not: their quote does not stand in the passage of the archive. */
  unproven: number;
}

/** Rows and bytes of JSON in one statement. */
const batch = { rows: 500, bytes: 4_000_000 };
const mostImageBytes = 30_000_000;

/**
 * Takes an archive of an account into an account, whole or not at all. Every row keeps its id: what texts, claims and posts
 * on sites name stays what they name, and an archive that is imported twice brings nothing the second time. What is here
 * is never changed. Nothing is sent from here for it: sites are held until they have their password again, schedules,
 * watched sources and webhooks are paused, and publications that waited are stopped.
 * @throws AppError import_unreadable when the archive is damaged, was changed or is of a newer release; conflict when
 *   another account of this instance has it already; images_full
 */
export async function importArchive(ctx: Ctx, userId: string, archive: AccountArchive): Promise<ArchiveImport> {
  const [known] = await queryRows(
    ctx.db,
    sql`select 1 from schema_migrations where name = ${archive.manifest.migration}`,
  );
  if (!known) throw newer();
  try {
    return await ctx.db.transaction(async (tx) => {
      await tx.execute(sql`select pg_advisory_xact_lock(hashtext(${`imports of ${userId}`}))`);
      const taking = new Taking(ctx, tx, userId, archive);
      await taking.takeAll();
      await showArrived(ctx, tx, userId, taking.fresh);
      return taking.result();
    });
  } catch (error) {
    throw explain(error);
  }
}

/**
 * What the database does not take of a row (SQLSTATE classes 22, 23 and 54) is a fault of the archive, and so is a value that
 * nests deeper than can be walked.
 */
function explain(error: unknown): unknown {
  if (error instanceof AppError || explainDatabaseError(error)?.code === 'storage_full') return error;
  for (let cause: unknown = error, depth = 0; cause instanceof Error && depth < 8; depth += 1) {
    const { code } = cause as { code?: unknown };
    if ((typeof code === 'string' && /^(?:2[23]|54)/.test(code)) || cause instanceof RangeError) {
      return unreadable('The archive holds something that no export writes.', { cause: error });
    }
    cause = cause.cause;
  }
  return error;
}

class Taking {
  private readonly ctx: Ctx;
  private readonly tx: Db;
  private readonly userId: string;
  private readonly archive: AccountArchive;
  /** Ids of rows that this import has brought, by table. */
  readonly fresh = new Map<string, Set<string>>();
  /** Ids of rows of this account that were here before, as far as the archive names them. */
  private readonly here = new Map<string, Set<string>>();
  /** Ids of the archive whose like is here under another id, and that id. */
  private readonly like = new Map<string, string>();
  private readonly counts = new Map<string, KindCount>();
  private readonly columns = new Map<string, Map<string, { nullable: boolean }>>();
  private stopped = 0;
  private unproven = 0;

  constructor(ctx: Ctx, tx: Db, userId: string, archive: AccountArchive) {
    this.ctx = ctx;
    this.tx = tx;
    this.userId = userId;
    this.archive = archive;
  }

  async takeAll(): Promise<void> {
    await this.readColumns();
    const names = Object.keys(this.archive.manifest.files).sort();
    const files = Map.groupBy(names, (name) => name.replace(/^data\/|-\d+\.jsonl$/g, ''));
    for (const family of archiveFamilies) {
      for (const name of files.get(family.name) ?? []) {
        for await (const { table, rows } of this.groups(name)) {
          if (!family.tables.includes(table)) throw unreadable(`${name} holds rows of ${table.name}.`);
          await this.take(table, this.renamed(rows));
        }
      }
      files.delete(family.name);
    }
    for (const [, [name]] of files) throw unreadable(`The archive has ${name}, which no export writes.`);
    await this.takeSettings();
  }

  async result(): Promise<ArchiveImport> {
    const none = { taken: 0, here: 0, left: 0 };
    const ids = [...(this.fresh.get('sites') ?? [])];
    const sites = await queryRows<{ id: string; name: string }>(
      this.tx,
      sql`select id, name from sites where user_id = ${this.userId} and id = any(${sql.param(ids)}::uuid[]) order by lower(name)`,
    );
    const counts = Object.fromEntries(importedKinds.map((kind) => [kind, this.counts.get(kind) ?? none]));
    return {
      counts: counts as ArchiveImport['counts'],
      ...{ sites, stopped: this.stopped, unproven: this.unproven },
    };
  }

  /** Rows of one table that follow each other in a file, so many as one statement takes. */
  private async *groups(name: string): AsyncGenerator<{ table: ArchiveTable; rows: Row[] }> {
    let table: ArchiveTable | undefined;
    let rows: Row[] = [];
    let bytes = 0;
    for await (const line of this.archive.rows(name)) {
      if (table && (line.table !== table.name || rows.length >= batch.rows || bytes > batch.bytes)) {
        yield { table, rows };
        rows = [];
        bytes = 0;
      }
      table = archiveTables.get(line.table);
      if (!table) throw unreadable(`${name} holds rows of ${line.table}.`);
      rows.push(this.checked(table, line.row));
      bytes += line.bytes;
    }
    if (table && rows.length > 0) yield { table, rows };
  }

  /** The rows, naming what is here in place of what is like it in the archive, wherever they name it: also in texts. */
  private renamed(rows: Row[]): Row[] {
    if (this.like.size === 0) return rows;
    const text = JSON.stringify(rows).replace(uuids, (id) => this.like.get(id) ?? id);
    return JSON.parse(text) as Row[];
  }

  /** The row, when it has only columns that its table has and an archive carries. */
  private checked(table: ArchiveTable, row: Row): Row {
    const columns = this.columns.get(table.name);
    for (const name of Object.keys(row)) {
      if (!columns?.has(name)) throw unreadable(`A row of ${table.name} in the archive has a column ${name}.`);
    }
    for (const name of table.key) {
      if (name !== 'user_id' && row[name] === undefined) throw notARow(table.name, row);
    }
    return row;
  }

  private async take(table: ArchiveTable, rows: Row[]): Promise<void> {
    const named = rows.map((row) => this.withKnownRefs(table, row)).filter((row) => row !== null);
    if (named.length === 0) return;
    const now = this.ctx.now().toISOString();
    const arrived = (fresh: Row[]) => fresh.map((row) => arrive(table.name, row, { secrets: this.ctx.secrets, now }));
    if (table.key.length > 1 || table.key[0] !== 'id') {
      await this.insert(table, arrived(named), this.joins(table) || table.name === 'article_imports' ? 'skip' : 'must');
      return;
    }
    const fresh = await this.unknown(table, named);
    switch (table.name) {
      case 'images':
        for (const row of fresh) await this.takeImage(table, row);
        return;
      case 'sources':
        return this.insertAll(table, await this.withoutLike(table, fresh, 'content_hash'));
      case 'passages':
        return this.insertAll(table, await this.passages(fresh));
      case 'sites':
        return this.insertAll(table, arrived(await this.sites(fresh)));
      case 'claims':
        return this.insertAll(table, await this.proven(fresh));
      case 'publications':
        this.stopped += fresh.filter(isToBeSent).length;
        return this.insertAll(table, arrived(fresh));
      case 'topics':
      case 'watched_sources':
      case 'watched_entries':
        return this.insert(table, arrived(fresh), 'skip');
      default:
        return this.insertAll(table, arrived(fresh));
    }
  }

  private insertAll(table: ArchiveTable, rows: Row[]): Promise<void> {
    return this.insert(table, rows, 'must');
  }

  /**
   * The row with what it names: null where that did not come along and may be missing; no row where it may not, or where it
   * is a part of something that was here already.
   */
  private withKnownRefs(table: ArchiveTable, row: Row): Row | null {
    const columns = this.columns.get(table.name);
    const changed = { ...row };
    for (const [column, of] of Object.entries(table.refs ?? {})) {
      const id = row[column];
      if (id === null || id === undefined) continue;
      const isNew = this.fresh.get(of)?.has(String(id)) ?? false;
      const isKnown = isNew || (this.here.get(of)?.has(String(id)) ?? false);
      if (column === table.partOf ? isNew || (isKnown && this.joins(table)) : isKnown) continue;
      if (column === table.partOf || !columns?.get(column)?.nullable) {
        if (table.key[0] === 'id') this.count(table.name, column === table.partOf && isKnown ? 'here' : 'left');
        return null;
      }
      changed[column] = null;
    }
    return changed;
  }

  /** What joins a source or a site that is here already; every other part comes with its whole only. */
  private joins(table: ArchiveTable): boolean {
    return table.name === 'passages' || table.name === 'site_media';
  }

  /** The rows whose id nobody has here. @throws AppError conflict when another account has it */
  private async unknown(table: ArchiveTable, rows: Row[]): Promise<Row[]> {
    const ids = rows.map((row) => row.id);
    if (new Set(ids).size < ids.length) throw twice(table);
    const found = await queryRows<{ id: string; user_id: string }>(
      this.tx,
      sql`select id, user_id from ${sql.identifier(table.name)} where id = any(${sql.param(ids)}::uuid[])`,
    );
    if (found.some((row) => row.user_id !== this.userId)) throw ofAnother();
    const known = new Set(found.map(({ id }) => id));
    for (const id of known) {
      if (this.fresh.get(table.name)?.has(id)) throw twice(table);
      this.note(this.here, table.name, id);
      this.count(table.name, 'here');
    }
    return rows.filter((row) => !known.has(String(row.id)));
  }

  /** The rows without those whose like is here; from then on these are what the archive means by them. */
  private async withoutLike(table: ArchiveTable, rows: Row[], column: string): Promise<Row[]> {
    const found = await queryRows<{ id: string; value: string }>(
      this.tx,
      sql`select id, ${sql.identifier(column)} as value from ${sql.identifier(table.name)}
          where user_id = ${this.userId} and ${sql.identifier(column)} = any(${sql.param(rows.map((row) => row[column]))}::text[])`,
    );
    const byValue = new Map(found.map(({ id, value }) => [value, id]));
    return rows.filter((row) => {
      const id = byValue.get(String(row[column]));
      if (id !== undefined) this.takeFor(table.name, String(row.id), id);
      return id === undefined;
    });
  }

  private takeFor(table: string, id: string, known: string): void {
    this.like.set(id, known);
    this.note(this.here, table, known);
    this.count(table, 'here');
  }

  /** Passages of new sources, and those of a source that is here which it has not: behind its own. */
  private async passages(rows: Row[]): Promise<Row[]> {
    const joining = rows.filter(({ source_id }) => this.here.get('sources')?.has(String(source_id)));
    if (joining.length === 0) return rows;
    const sources = [...new Set(joining.map(({ source_id }) => String(source_id)))];
    const found = await queryRows<{ id: string; source_id: string; ordinal: number; text: string }>(
      this.tx,
      sql`select id, source_id, ordinal, text from passages where source_id = any(${sql.param(sources)}::uuid[])`,
    );
    return rows.flatMap((row) => {
      if (!joining.includes(row)) return [row];
      const same = found.find((one) => one.source_id === row.source_id && one.text === row.text);
      if (same) {
        this.like.set(String(row.id), same.id);
        this.note(this.here, 'passages', same.id);
        return [];
      }
      const last = Math.max(
        -1,
        ...found.filter((one) => one.source_id === row.source_id).map(({ ordinal }) => ordinal),
      );
      found.push({ id: String(row.id), source_id: String(row.source_id), ordinal: last + 1, text: String(row.text) });
      return [{ ...row, ordinal: last + 1 }];
    });
  }

  /** Sites that are not connected here; one that has the name of another one here gets a number behind it. */
  private async sites(rows: Row[]): Promise<Row[]> {
    const found = await queryRows<{ id: string; name: string; url: string; username: string }>(
      this.tx,
      sql`select id, name, url, username from sites where user_id = ${this.userId}`,
    );
    const names = new Set(found.map(({ name }) => name.toLowerCase()));
    return rows.flatMap((row) => {
      const same = found.find(({ url, username }) => url === row.url && username === row.username);
      if (same) {
        this.takeFor('sites', String(row.id), same.id);
        return [];
      }
      const wanted = String(row.name);
      let name = wanted;
      for (let number = 2; names.has(name.toLowerCase()); number += 1) name = `${wanted.slice(0, 90)} ${number}`;
      names.add(name.toLowerCase());
      return [{ ...row, name }];
    });
  }

  /** Claims, and none of them called proven whose quote does not stand in its passage word for word. */
  private async proven(rows: Row[]): Promise<Row[]> {
    const ids = rows.flatMap(({ passage_id }) => (typeof passage_id === 'string' ? [passage_id] : []));
    const found = await queryRows<{ id: string; text: string }>(
      this.tx,
      sql`select id, text from passages where user_id = ${this.userId} and id = any(${sql.param(ids)}::uuid[])`,
    );
    const texts = new Map(found.map(({ id, text }) => [id, text]));
    return rows.map((row) => {
      const text = texts.get(String(row.passage_id));
      if (row.verdict !== 'supported') return row;
      if (text !== undefined && typeof row.quote === 'string' && containsVerbatim(text, row.quote)) return row;
      this.unproven += 1;
      return { ...row, verdict: 'unsupported', reason: 'The quote does not stand in the passage that came with it.' };
    });
  }

  private async takeImage(table: ArchiveTable, row: Row): Promise<void> {
    const mime = imageTypes.find((type) => type === row.mime);
    const [left] = await this.withoutLike(table, [row], 'digest');
    if (!left) return;
    if (!mime) throw notARow('images', row);
    const data = await this.archive.image(String(row.id), mime.slice('image/'.length), mostImageBytes);
    // Made while the archive was written: its file would have come before.
    if (data === null) return this.count('images', 'left');
    const digest = createHash('sha256').update(data).digest('hex');
    if (digest !== row.digest || data.length !== row.size || sniffImage(data) !== mime) {
      throw unreadable('An image of the archive is not the one that was exported.');
    }
    if (row.deleted_at === null) await assertRoom(this.tx, this.userId, data.length);
    await this.insertAll(table, [row]);
    await this.tx.execute(sql`insert into image_files (image_id, data) values (${row.id}, ${Buffer.from(data)})`);
  }

  /** Inserts rows. With `skip` those are left out whose like is here under another id; otherwise there is none. */
  private async insert(table: ArchiveTable, rows: Row[], alike: 'must' | 'skip'): Promise<void> {
    // Rows of one form in one statement: what an older release did not have gets its default.
    for (const group of Map.groupBy(rows, (row) => Object.keys(row).sort().join()).values()) {
      const names = Object.keys(group[0] ?? {}).map((name) => sql.identifier(name));
      const list = sql.join(names, sql`, `);
      const [key] = table.key;
      const inserted = await queryRows<{ key: string }>(
        this.tx,
        sql`insert into ${sql.identifier(table.name)} (user_id, ${list})
            select ${this.userId}::uuid, ${list}
            from jsonb_populate_recordset(null::${sql.identifier(table.name)}, ${JSON.stringify(group)}::jsonb)
            ${alike === 'skip' ? sql`on conflict do nothing` : sql``}
            returning ${sql.identifier(key)}::text as key`,
      );
      if (table.key.length > 1 || key !== 'id') continue;
      for (const { key: id } of inserted) {
        this.note(this.fresh, table.name, id);
        this.count(table.name, 'taken');
      }
      for (let left = inserted.length; left < group.length; left += 1) this.count(table.name, 'left');
    }
  }

  /** What of the settings nobody has set here. */
  private async takeSettings(): Promise<void> {
    const { voice, time_zone, locale, model, muted_mails } = settingsSchema.parse(this.archive.manifest.settings);
    const [user] = await this.tx.select().from(users).where(eq(users.id, this.userId));
    if (!user) return;
    await this.tx
      .update(users)
      .set({
        voice: user.voice ?? voice,
        locale: user.locale ?? locale,
        model: user.model ?? model,
        mutedMails: user.mutedMails.length > 0 ? user.mutedMails : muted_mails,
        timeZone: user.timeZone === 'UTC' ? (time_zone ?? 'UTC') : user.timeZone,
      })
      .where(eq(users.id, this.userId));
  }

  private async readColumns(): Promise<void> {
    const found = await queryRows<{ table_name: string; column_name: string; is_nullable: string }>(
      this.tx,
      sql`select table_name, column_name, is_nullable from information_schema.columns
          where table_schema = current_schema() and is_generated = 'NEVER'`,
    );
    for (const { table_name, column_name, is_nullable } of found) {
      const table = archiveTables.get(table_name);
      if (!table || column_name === 'user_id' || table.without?.includes(column_name)) continue;
      const columns = this.columns.get(table_name) ?? new Map<string, { nullable: boolean }>();
      this.columns.set(table_name, columns.set(column_name, { nullable: is_nullable === 'YES' }));
    }
  }

  private note(where: Map<string, Set<string>>, table: string, id: string): void {
    const ids = where.get(table) ?? new Set<string>();
    where.set(table, ids.add(id));
  }

  private count(table: string, what: keyof KindCount): void {
    const counts = this.counts.get(table) ?? { taken: 0, here: 0, left: 0 };
    counts[what] += 1;
    this.counts.set(table, counts);
  }
}

const uuids = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g;

function twice({ name }: ArchiveTable): AppError {
  return unreadable(`The archive has two rows of ${name} with one id.`);
}

function ofAnother(): AppError {
  return new AppError('conflict', 'Another account of this instance has what is in the archive already.', {
    hint: 'Log in to that account, or delete it first. An archive is for an account on another instance, or for a new one in place of the old.',
  });
}
