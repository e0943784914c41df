import type { PGlite } from '@electric-sql/pglite';
import { damaged } from './codec.ts';
import type { Manifest } from './manifest.ts';

/** About how many bytes of rows are handed to the database at a time. */
const pieceBytes = 4_000_000;
const header = /^COPY public\.(?:"[^"]+"|\w+) \(.*\) FROM stdin;$/;
const [newline, endMark] = [Buffer.from('\n'), Buffer.from('\\.\n')];
const endOfRows = Buffer.concat([newline, endMark]);

/**
 * Puts the rows of a dump into an embedded database: everything between `COPY ... FROM stdin;` and `\.` (in which no row
 * can be taken for an end, because a backslash of a value is doubled). All else of it is left out.
 */
export async function loadRows(
  pglite: PGlite,
  dump: AsyncIterable<Uint8Array>,
  manifest: Pick<Manifest, 'id'>,
): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  let copying: string | null = null;
  let rows: Buffer[] = [];
  let size = 0;
  const keep = (part: Buffer) => {
    if (part.length === 0) return;
    rows.push(part);
    size += part.length;
  };
  const flush = async () => {
    if (size === 0 || copying === null) return;
    await pglite.query(copying, [], { blob: new Blob(rows as Buffer<ArrayBuffer>[]) });
    rows = [];
    size = 0;
  };
  for await (const chunk of dump) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    for (;;) {
      if (copying === null) {
        const end = rest.indexOf(newline);
        if (end < 0) break;
        const line = rest.toString('utf8', 0, end);
        rest = rest.subarray(end + 1);
        if (header.test(line)) copying = line.replace(/ FROM stdin;$/, " from '/dev/blob'");
        continue;
      }
      // What is left always begins at the beginning of a line.
      if (rest.subarray(0, endMark.length).equals(endMark)) {
        rest = rest.subarray(endMark.length);
        await flush();
        copying = null;
        continue;
      }
      const end = rest.indexOf(endOfRows);
      const until = end >= 0 ? end + 1 : rest.lastIndexOf(newline) + 1;
      keep(rest.subarray(0, until));
      rest = rest.subarray(until);
      if (size >= pieceBytes) await flush();
      if (end < 0) break;
    }
  }
  if (copying !== null) throw damaged(manifest, 'its dump ends in the middle of a table');
}
