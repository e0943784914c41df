// node scripts/complete-lock.mjs [--check]
// A registry that does not carry a tool's packages for other systems makes npm write a lockfile without them, and
// `npm ci` then refuses that lockfile on every system. This adds the missing optional packages by name, version, os and
// cpu, the way npm itself records them; they are only ever fetched on the system they are for. Run it after every
// `npm install`; with --check it changes nothing and ends with 1 when something is missing.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../package-lock.json', import.meta.url));
const lock = JSON.parse(readFileSync(file, 'utf8'));
const systems = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'linuxmusl',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'wasi',
  'win32',
];
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

/** Where the package `name` that `folder` depends on would stand: beside it or in any folder above. */
function isLocked(folder, name) {
  const parts = folder.split('/node_modules/');
  for (let depth = parts.length; depth > 0; depth--) {
    if (lock.packages[`${parts.slice(0, depth).join('/node_modules/')}/node_modules/${name}`]) return true;
  }
  return Boolean(lock.packages[`node_modules/${name}`]);
}

/** Such packages carry system, processor and C library in their names: cli-win32-x64, binding-linux-arm-gnueabihf. */
function conditions(name) {
  const words = name.split(/[-/]/);
  const system = words.find((word) => systems.includes(word));
  const processor = words.find((word) => processors.includes(word));
  if (!system || !processor)
    throw new Error(`The system that ${name} is for cannot be told from its name: add it to the lockfile by hand.`);
  if (system === 'wasi') return { cpu: ['wasm32'] };
  const libc = /musl/.test(name) ? ['musl'] : /gnu/.test(name) ? ['glibc'] : null;
  return { cpu: [processor], ...(libc ? { libc } : {}), os: [system === 'linuxmusl' ? 'linux' : system] };
}

const added = [];
for (const [folder, entry] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(folder, name)) continue;
    if (!/^\d+\.\d+\.\d+[\w.-]*$/.test(range))
      throw new Error(`${folder} wants ${name} ${range}, which names no single version.`);
    const { cpu, libc, os } = conditions(name);
    lock.packages[`node_modules/${name}`] = {
      version: range,
      cpu,
      ...(entry.dev ? { dev: true } : {}),
      ...(libc ? { libc } : {}),
      optional: true,
      ...(os ? { os } : {}),
    };
    added.push(`${name}@${range}`);
  }
}

if (added.length === 0) console.log('package-lock.json names the packages of all systems.');
else if (process.argv.includes('--check')) {
  console.error(
    `package-lock.json lacks ${added.length} packages of other systems (npm ci will refuse it): node scripts/complete-lock.mjs`,
  );
  process.exitCode = 1;
} else {
  const rest = Object.entries(lock.packages).filter(([folder]) => folder !== '');
  rest.sort(([a], [b]) => a.localeCompare(b, 'en'));
  lock.packages = { '': lock.packages[''], ...Object.fromEntries(rest) };
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`Added ${added.join(', ')}.`);
}
