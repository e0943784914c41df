import { createHash } from 'node:crypto';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';

/** Files of an archive of an account, by their names. */
export type ArchiveParts = Record<string, Uint8Array>;

type Row = Record<string, unknown>;
interface Manifest {
  files: Record<string, { rows: number; sha256: string }>;
  [key: string]: unknown;
}

/** All rows of an archive, by table. */
export function rowsIn(zip: Uint8Array): Map<string, Row[]> {
  const rows = new Map<string, Row[]>();
  for (const [name, bytes] of Object.entries(unzipSync(zip))) {
    if (!name.startsWith('data/')) continue;
    for (const line of strFromU8(bytes).trimEnd().split('\n')) {
      const { table, row } = JSON.parse(line) as { table: string; row: Row };
      rows.set(table, [...(rows.get(table) ?? []), row]);
    }
  }
  return rows;
}

/** What a change of an archive may reach. */
export interface Rebuilding {
  parts: ArchiveParts;
  manifest: Manifest;
  /** Changes the rows of a table, or adds some to those of its file. */
  rows(table: string, change: (rows: Row[]) => Row[]): void;
}

/** The archive changed by somebody who knows how it is made: what it says of its files fits them. */
export function rebuilt(zip: Uint8Array, change: (archive: Rebuilding) => void): Uint8Array<ArrayBuffer> {
  const parts: ArchiveParts = unzipSync(zip);
  const manifest = JSON.parse(strFromU8(parts['archive.json'] ?? new Uint8Array())) as Manifest;
  change({
    parts,
    manifest,
    rows(table, changeRows) {
      for (const name of Object.keys(manifest.files)) {
        const lines = strFromU8(parts[name] ?? new Uint8Array())
          .trimEnd()
          .split('\n');
        const read = lines.map((line) => JSON.parse(line) as { table: string; row: Row });
        if (!read.some((line) => line.table === table)) continue;
        const changed = changeRows(read.filter((line) => line.table === table).map(({ row }) => row));
        const at = read.findIndex((line) => line.table === table);
        const others = read.filter((line) => line.table !== table);
        others.splice(at, 0, ...changed.map((row) => ({ table, row })));
        write(parts, manifest, name, others.map((line) => JSON.stringify(line)).join('\n'));
        return;
      }
      throw new Error(`The archive has no rows of ${table}.`);
    },
  });
  parts['archive.json'] = strToU8(JSON.stringify(manifest));
  return new Uint8Array(zipSync(parts, { level: 1 }));
}

function write(parts: ArchiveParts, manifest: Manifest, name: string, lines: string): void {
  const bytes = strToU8(`${lines}\n`);
  parts[name] = bytes;
  manifest.files[name] = {
    rows: lines.split('\n').length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}
