import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A checkout of a version of the product that does not exist yet. */
export interface NextRelease {
  /** Its command line, to be run by Node. */
  cli: string;
  /** The migration that it brings. */
  migration: string;
  remove(): void;
}

const root = fileURLToPath(new URL('../', import.meta.url));

/**
 * Makes the next release of this checkout: one step of the pipeline means something else by its output, which has a field
 * more, and a migration adds what only the new version uses.
 */
export function makeNextRelease(): NextRelease {
  const folder = mkdtempSync(join(root, '.cache', 'next-release-'));
  cpSync(join(root, 'src'), join(folder, 'src'), { recursive: true });
  for (const name of ['node_modules', 'web', 'docs', 'openapi.json']) symlinkSync(join(root, name), join(folder, name));
  edit(join(root, 'package.json'), join(folder, 'package.json'), [['"version": "0.1.0"', '"version": "0.2.0"']]);
  const step = join(folder, 'src/pipeline/3-outline/step.ts');
  edit(step, step, [
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
function edit(from: string, to: string, changes: [string, string][]): void {
  let text = readFileSync(from, 'utf8');
  for (const [before, after] of changes) {
    if (text.split(before).length !== 2) throw new Error(`${from} does not hold this once: ${before}`);
    text = text.replace(before, after);
  }
  writeFileSync(to, text);
}
