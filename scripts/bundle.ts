import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type OutputChunk, type Plugin, rolldown } from 'rolldown';

/*
 * npm run bundle: makes dist/, what an image or a package ships. It keeps the shape of the checkout (code one folder
 * below the root, see src/shipped-files.ts):
 *   dist/server/    main.js, cli.js, the workers that are started beside them, shared chunks, db/migrations
 *   dist/web/dist/ dist/docs/samples/ dist/openapi.json     what the code reads
 *   dist/package.json dist/package-lock.json     the version, and the packages that have to be installed next to it: npm ci
 */

const root = fileURLToPath(new URL('../', import.meta.url));
const dist = join(root, 'dist');
const server = join(dist, 'server');

/** Packages that read files of their own (WebAssembly, extensions, weights), so they stay as they are installed. */
const external = [/^@electric-sql\//, /^@energetic-ai\//, /^node:/, 'pg-native', 'sharp', 'harfbuzzjs', /^wawoff2/];

/** Packages that no code imports: their files are read (src/images/card/fonts.ts). */
const readPackages = /^@fontsource-variable\//;

/** What a library uses where it finds it, and does without elsewhere: better-auth would report spans to it. */
const optional = new Set(['@opentelemetry/api']);

/** A worker is started by its file, which nothing imports: each `entryBeside('name', ...)` makes an entry of that name. */
const workerEntries: Plugin = {
  name: 'worker-entries',
  transform(code, id) {
    for (const [, name] of code.matchAll(/\bentryBeside\('([\w-]+)', import\.meta\.url\)/g)) {
      this.emitFile({ type: 'chunk', id: join(dirname(id), `${name}.ts`), fileName: `${name}.js` });
    }
    return null;
  },
};

async function bundleServer(): Promise<OutputChunk[]> {
  const bundle = await rolldown({
    cwd: root,
    input: { main: 'src/main.ts', cli: 'src/cli.ts' },
    platform: 'node',
    external,
    plugins: [workerEntries],
    onLog(level, log) {
      if (level === 'warn') throw new Error(`The bundler warns: ${log.message}`);
    },
  });
  // Not minified: it would save a tenth of the start, and cost every stack trace its names.
  const { output } = await bundle.write({
    dir: server,
    format: 'esm',
    entryFileNames: '[name].js',
    // Flat, because a chunk looks for workers and migrations beside itself.
    chunkFileNames: '[name]-[hash].js',
  });
  await bundle.close();
  return output.filter((file) => file.type === 'chunk');
}

/** The packages that the chunks import and do not hold. */
function importedPackages(chunks: OutputChunk[]): string[] {
  const own = new Set(chunks.map((chunk) => chunk.fileName));
  const names = chunks
    .flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports])
    .filter((name) => !own.has(name) && !isBuiltin(name))
    .map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);
  return [...new Set(names)].filter((name) => !optional.has(name)).sort();
}

function writePackage(chunks: OutputChunk[]): void {
  const { name, version, description, license, engines, dependencies } = readJson('package.json');
  const read = Object.keys(dependencies).filter((name) => readPackages.test(name));
  const needed = [...importedPackages(chunks), ...read].sort().map((dependency) => {
    const wanted = dependencies[dependency];
    if (!wanted) throw new Error(`The bundle imports ${dependency}, which package.json does not name.`);
    return [dependency, wanted];
  });
  const manifest = { name, version, private: true, description, license, type: 'module', engines };
  writeJson('package.json', { ...manifest, dependencies: Object.fromEntries(needed) });
  writeLock({ ...manifest, dependencies: Object.fromEntries(needed) });
}

interface LockedPackage {
  dev?: boolean;
  devOptional?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

/** What is installed next to the bundle is what the tests ran with: the entries of our own lockfile, and all they ask for. */
function writeLock(manifest: { name: string; version: string; dependencies: Record<string, string> }): void {
  const { lockfileVersion, packages } = readJson('package-lock.json') as {
    lockfileVersion: number;
    packages: Record<string, LockedPackage>;
  };
  const kept = new Map<string, LockedPackage>();
  const keep = (names: object | undefined, from: string) => {
    for (const name of Object.keys(names ?? {})) {
      const path = findPackage(packages, name, from);
      const found = path === null ? undefined : packages[path];
      // Peers that nobody brought are optional ones.
      if (path === null || !found || kept.has(path)) continue;
      const { dev, devOptional, ...entry } = found;
      kept.set(path, entry);
      keep({ ...found.peerDependencies, ...found.optionalDependencies, ...found.dependencies }, path);
    }
  };
  keep(manifest.dependencies, '');
  const entries = [...kept].sort(([a], [b]) => (a < b ? -1 : 1));
  const { name, version } = manifest;
  writeJson('package-lock.json', {
    name,
    version,
    lockfileVersion,
    requires: true,
    packages: { '': manifest, ...Object.fromEntries(entries) },
  });
}

/** Where Node finds a package that the one at `from` imports: in its own folder, or in that of a package around it. */
function findPackage(packages: Record<string, unknown>, name: string, from: string): string | null {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = `${folder}${folder ? '/' : ''}node_modules/${name}`;
    if (packages[path]) return path;
    if (!folder) return null;
  }
}

/** Licences of what was bundled ask to be passed on with it. */
function writeLicences(chunks: OutputChunk[]): void {
  const folders = chunks.flatMap((chunk) => chunk.moduleIds).flatMap((id) => packageFolder(id) ?? []);
  const notices = [...new Set(folders)].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const texts = globSync('{LICENSE,LICENCE,license,licence,NOTICE}*', { cwd: folder });
    return [`${name} ${version} (${license})`, ...texts.map((file) => readFileSync(join(folder, file), 'utf8'))];
  });
  const line = `\n${'-'.repeat(80)}\n`;
  writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), notices.map((parts) => parts.join('\n\n')).join(line));
}

/** The package that a file belongs to; null for our own. Files may lie deep, beside a package.json without a name. */
function packageFolder(file: string): string | null {
  for (let folder = dirname(file); folder.includes('/node_modules/'); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version) return folder;
  }
  return null;
}

function copyFiles(): void {
  if (!existsSync(join(root, 'web/dist/index.html'))) throw new Error('The web app is not built: npm run build');
  for (const path of ['web/dist', 'docs/samples', 'openapi.json', 'LICENSE']) copy(path, path);
  for (const file of globSync('src/db/migrations/*.sql', { cwd: root })) {
    copy(file, join('server/db/migrations', basename(file)));
  }
}

function copy(from: string, to: string): void {
  cpSync(join(root, from), join(dist, to), { recursive: true });
}

function readJson(file: string) {
  return JSON.parse(readFileSync(join(root, file), 'utf8'));
}

function writeJson(file: string, value: unknown): void {
  writeFileSync(join(dist, file), `${JSON.stringify(value, null, 2)}\n`);
}

const start = performance.now();
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
copyFiles();
const chunks = await bundleServer();
writePackage(chunks);
writeLicences(chunks);
const size = chunks.reduce((sum, chunk) => sum + Buffer.byteLength(chunk.code), 0);
console.log(
  `dist/: ${chunks.length} files of code, ${(size / 1e6).toFixed(1)} MB, in ${((performance.now() - start) / 1000).toFixed(1)} s.`,
);
