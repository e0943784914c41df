import { createInterface } from 'node:readline';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { schemaUntil } from '../db/migrate.ts';
import { damaged } from './codec.ts';
import { dropEverything, loosen, tighten } from './loosen.ts';
import type { Manifest, TableState } from './manifest.ts';
import { compareTables, countTable, plainText } from './tables.ts';
import { startTool, type ToolConnection, type Tools } from './tools.ts';

/** Begins a line with what a table holds, among all else that is said. */
const stateMark = 'state of table|';

/**
 * Replaces everything in a PostgreSQL database by what is in a backup, in one transaction that is only committed when the
 * whole backup has come and every table holds what its manifest says: until then, and whenever something goes wrong, the
 * database is as it was. Throws `backup_damaged` and what psql and pg_restore say.
 */
export async function loadIntoPostgres(
  { tools, target }: { tools: Tools; target: ToolConnection },
  manifest: Manifest,
  dump: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  onComparing: () => void = () => undefined,
): Promise<void> {
  const args = ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--set=ON_ERROR_STOP=1'];
  const { child, ended } = startTool(tools, 'psql', [...args, `--dbname=${target.address}`], target.env, signal);
  const found: Pick<TableState, 'name' | 'rows' | 'checksum'>[] = [];
  const compared = Promise.withResolvers<void>();
  compared.promise.catch(() => undefined);
  ended.catch(compared.reject);
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    if (!line.startsWith(stateMark)) return;
    const [, name = '', rows, checksum = ''] = line.split('|');
    found.push({ name, rows: Number(rows), checksum });
    if (found.length === manifest.tables.length) compared.resolve();
  });

  async function* script(): AsyncGenerator<Uint8Array | string> {
    yield `begin;\nset search_path = public;\nset statement_timeout = 0;\n${dropEverything}\n`;
    if (manifest.format === 'pgdump') yield* asScript(tools, dump, [], signal);
    else {
      for (const statement of schemaUntil(manifest.migration)) yield `${statement};\n`;
      yield `${loosen}\n`;
      yield* dump;
      yield `${tighten}\n`;
    }
    onComparing();
    // pg_restore leaves no search path, and a checksum must not depend on what it has set.
    yield `set search_path = public;\n${plainText};\n`;
    for (const table of manifest.tables) yield `${stateOf(table)};\n`;
    await compared.promise;
    const differences = compareTables(manifest.tables, found);
    if (differences.length > 0) throw damaged(manifest, differences.slice(0, 5).join('; '));
    yield 'commit;\n';
  }

  let failure: unknown = null;
  try {
    await pipeline(Readable.from(script()), child.stdin, { signal });
  } catch (error) {
    failure = error;
    child.stdin.destroy();
  }
  // Its own words explain a broken pipe; and it must have rolled back before anybody goes on.
  await ended.catch((error) => {
    if (failure === null || isBrokenPipe(failure)) failure = error;
  });
  if (failure !== null) throw failure;
}

const isBrokenPipe = (error: unknown) =>
  ['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? '');

/** As `stateOfTables` asks; a table or column that is missing fails the whole. */
function stateOf(table: TableState): string {
  const literal = `'${stateMark}${table.name.replaceAll("'", "''")}|'`;
  const { rows, checksum, from } = countTable(table);
  return `select ${literal} || ${rows} || '|' || ${checksum} from ${from}`;
}

/** A dump of pg_dump as the SQL that makes it, or with `--data-only` only its rows. */
export async function* asScript(
  tools: Tools,
  dump: AsyncIterable<Uint8Array>,
  args: string[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const all = [...args, '--no-owner', '--no-privileges', '--no-comments', '--file=-'];
  const { child, ended } = startTool(tools, 'pg_restore', all, {}, signal);
  const failed = new AbortController();
  ended.catch((error) => failed.abort(error));
  const fed = feed(dump, child.stdin, failed.signal);
  // Thrown below; a dump that breaks off must not look like one that has come to its end.
  fed.catch(() => child.kill('SIGKILL'));
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    await fed;
    await ended;
  } finally {
    child.kill('SIGKILL');
  }
}

/** Hands a dump over. pg_restore stops reading once it has all it needs; the rest is still looked at, for its checksum. */
async function feed(dump: AsyncIterable<Uint8Array>, into: Writable, failed: AbortSignal): Promise<void> {
  // EPIPE: it has read enough, or it has failed, which it says itself.
  into.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => into.once('close', resolve));
  for await (const chunk of dump) {
    failed.throwIfAborted();
    if (into.writable && !into.write(chunk)) {
      await Promise.race([new Promise<void>((resolve) => into.once('drain', resolve)), closed]);
    }
  }
  into.end();
}
