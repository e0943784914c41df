import type { PGlite } from '@electric-sql/pglite';
import { schemaUntil } from '../db/migrate.ts';
import { damaged } from './codec.ts';
import { askEmbedded } from './embedded-source.ts';
import { loosen, tighten } from './loosen.ts';
import type { Manifest } from './manifest.ts';
import { asScript } from './postgres-target.ts';
import { loadRows } from './rows-loader.ts';
import type { BackupContext } from './source.ts';
import { compareTables, plainText, stateOfTables } from './tables.ts';
import { findTools } from './tools.ts';

/**
 * Puts what is in a backup into an embedded database that is empty and that nothing else uses, and compares every table with
 * the manifest. Throws `backup_damaged`, and `backup_tools_missing` for a backup of PostgreSQL where its programs are missing.
 */
export async function loadIntoEmbedded(
  ctx: Pick<BackupContext, 'config'>,
  pglite: PGlite,
  manifest: Manifest,
  dump: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  onComparing: () => void = () => undefined,
): Promise<void> {
  // Any version that can read it will do: rows are the same in all of them.
  const rows =
    manifest.format === 'copy'
      ? dump
      : asScript(
          await findTools(ctx.config, Number.parseInt(manifest.engine.version, 10)),
          dump,
          ['--data-only'],
          signal,
        );
  for (const statement of schemaUntil(manifest.migration)) await pglite.exec(statement);
  await pglite.exec(loosen);
  await loadRows(pglite, rows, manifest);
  await pglite.exec(tighten);
  onComparing();
  await pglite.exec(plainText);
  const differences = compareTables(manifest.tables, await stateOfTables(askEmbedded(pglite), manifest.tables));
  if (differences.length > 0) throw damaged(manifest, differences.slice(0, 5).join('; '));
}
