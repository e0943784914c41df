import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { version } from '../src/config.ts';

/** A checkout of a version of the product that does not exist yet. */
export interface NextRelease {
  /** Its command line, to be run by Node. */
  cli: string;
  /** The migration that it brings. */
  migration: string;
  remove(): void;
}

/** What it says it is. */
export const nextVersion = '99.0.0';

const root = fileURLToPath(new URL('../', import.meta.url));

/**
 * Makes the next release of this checkout: one step of the pipeline means something else by its output, which has a field
 * more, and a migration adds what only the new version uses.
 */
export function makeNextRelease(): NextRelease {
  mkdirSync(join(root, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(root, '.cache', 'next-release-'));
  cpSync(join(root, 'src'), join(folder, 'src'), { recursive: true });
  const shared = ['node_modules', 'package.json', 'web', 'docs', 'openapi.json'];
  for (const name of shared) symlinkSync(join(root, name), join(folder, name));
  edit(join(folder, 'src/config.ts'), [[`version = '${version}'`, `version = '${nextVersion}'`]]);
  edit(join(folder, 'src/pipeline/3-outline/step.ts'), [
    ['version: 1,', 'version: 2,'],
    ['wantsFaq: z.boolean(),', 'wantsFaq: z.boolean(),\n  reader: z.string(),'],
    ['wantsFaq: answer.wantsFaq }', "wantsFaq: answer.wantsFaq, reader: 'anyone' }"],
  ]);
  const migration = '9999-next-release';
  writeFileSync(
    join(folder, `src/db/migrations/${migration}.sql`),
    "alter table pipelines add column next_note text not null default '';\ncreate index pipelines_next_note on pipelines (next_note);\n",
  );
  return {
    cli: join(folder, 'src/cli.ts'),
    migration,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Fails where the code is no longer what is changed here. */
function edit(file: string, changes: [string, string][]): void {
  let text = readFileSync(file, 'utf8');
  for (const [before, after] of changes) {
    if (text.split(before).length !== 2) throw new Error(`${file} does not hold this once: ${before}`);
    text = text.replace(before, after);
  }
  writeFileSync(file, text);
}
