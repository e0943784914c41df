import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { version } from '../src/config.ts';
import { migrate } from '../src/db/migrate.ts';
import { fromPglite } from '../src/db/open.ts';
import { type DatabaseShape, type LastRelease, readShape } from '../test/database-shape.ts';

/*
 * npm run last-release, in the commit that is released: notes in deploy/last-release.json what its code relies on in the
 * database. The tests hold every later migration against it (src/db/expand.test.ts, test/services/previous-release.test.ts).
 */

const root = fileURLToPath(new URL('../', import.meta.url));

/** Names of the database that stand nowhere in the code; both as the database and as TypeScript writes them. */
function unusedNames(shape: DatabaseShape): string[] {
  const code = globSync('src/**/*.ts', { cwd: root })
    .map((file) => readFileSync(new URL(file, new URL('../', import.meta.url)), 'utf8'))
    .join('\n');
  const words = new Set(code.match(/\w+/g));
  const unknown = (name: string) => !words.has(name);
  return Object.entries(shape.tables).flatMap(([table, columns]) => [
    ...(unknown(table) ? [table] : []),
    ...Object.keys(columns)
      .filter(unknown)
      .map((column) => `${table}.${column}`),
  ]);
}

const database = await fromPglite(await PGlite.create({ extensions: { vector } }));
await migrate(database);
const shape = await readShape(database.db);
await database.close();
const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
const release: LastRelease = { release: version, commit, shape, unused: unusedNames(shape) };
writeFileSync(new URL('../deploy/last-release.json', import.meta.url), `${JSON.stringify(release)}\n`);
console.log(`deploy/last-release.json: ${version}, ${commit}, ${Object.keys(shape.tables).length} tables.`);
