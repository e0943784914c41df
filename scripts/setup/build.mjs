import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectedError, npm, timed } from './npm.mjs';

const stampFile = (root) => join(root, 'web', 'dist', '.built-from');

/** The web app in web/dist, as built from the present web/, openapi.json and packages. */
export const ensureBuild = { isDone: isBuilt, run: build };

function isBuilt(root) {
  const file = stampFile(root);
  return (
    existsSync(join(root, 'web', 'dist', 'index.html')) &&
    existsSync(file) &&
    readFileSync(file, 'utf8') === inputDigest(root)
  );
}

function build(root) {
  timed('Building the web app', 'Built', () => {
    if (npm(root, ['run', '--silent', 'build']) !== 0) {
      throw expectedError('The web app could not be built (the reason stands above).');
    }
  });
  writeFileSync(stampFile(root), inputDigest(root));
}

function inputDigest(root) {
  const hash = createHash('sha256');
  for (const file of [
    ...filesOf(root, 'web'),
    'openapi.json',
    'package-lock.json',
    'vite.config.ts',
    'web/tsconfig.json',
  ]) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(`${file}\0`).update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

function filesOf(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.name !== 'dist' && entry.name !== 'node_modules')
    .flatMap((entry) => (entry.isDirectory() ? filesOf(root, `${folder}/${entry.name}`) : [`${folder}/${entry.name}`]))
    .sort();
}
