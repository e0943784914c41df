import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const scripts = fileURLToPath(new URL('../../scripts/', import.meta.url));
let root: string;

/** Stands in for npm: notes how it was called, and does what `npm ci` and `npm run build` leave behind. */
const fakeNpm = `
const { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const pinned = 'node_modules/node-' + process.platform + '-' + process.arch;
appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n');
const write = (file, text) => { mkdirSync(dirname(file), { recursive: true }); writeFileSync(file, text); };
if (existsSync('npm-fails')) process.exit(1);
if (process.argv[2] === 'ci') {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const skip = existsSync('npm-skips') ? readFileSync('npm-skips', 'utf8') : '';
  const here = Object.entries(packages).filter(([name, entry]) => name && name !== skip && (!entry.os || entry.os.includes(process.platform)));
  rmSync('node_modules', { recursive: true, force: true });
  for (const [name] of here) write(join(name, 'package.json'), '{}');
  write('node_modules/.package-lock.json', JSON.stringify({ packages: Object.fromEntries(here) }));
  if (existsSync(join(pinned, 'package.json'))) {
    mkdirSync(join(pinned, 'bin'));
    symlinkSync(process.execPath, join(pinned, 'bin/node'));
  }
} else if (process.argv[2] === 'rebuild') {
  write('node_modules/.bin/node', 'link');
} else {
  write('web/dist/index.html', 'built');
}
`;

function lockfile(version = '1.0.0'): string {
  const otherSystem = process.platform === 'aix' ? 'sunos' : 'aix';
  return JSON.stringify({
    packages: {
      '': { name: 'x' },
      'node_modules/a': { version },
      'node_modules/a/node_modules/b': { version: '2.0.0', dev: true },
      'node_modules/native-here': { version: '1.0.0', optional: true, os: [process.platform] },
      'node_modules/native-elsewhere': { version: '1.0.0', optional: true, os: [otherSystem] },
      'node_modules/of-elsewhere': { version: '1.0.0', optional: true },
    },
  });
}

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [join(root, 'scripts/setup.mjs'), ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, NODE_ENV: 'production', npm_execpath: join(root, 'fake-npm.cjs') },
  });
}

async function setup(...args: string[]): Promise<{ status: number; said: string }> {
  const child = start(...args);
  let said = '';
  child.stdout?.on('data', (chunk) => {
    said += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  const [status] = await once(child, 'close');
  return { status, said };
}

const calls = () => (existsSync(join(root, 'npm-calls')) ? readFileSync(join(root, 'npm-calls'), 'utf8') : '');

function put(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bp set up '));
  cpSync(scripts, join(root, 'scripts'), { recursive: true });
  put('fake-npm.cjs', fakeNpm);
  put('package-lock.json', lockfile());
  put('web/index.html', 'source');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('installing', () => {
  it('installs once, with the development packages, and is silent from then on', async () => {
    const first = await setup();
    expect(first).toMatchObject({
      status: 0,
      said: expect.stringMatching(/^Installing .*\nInstalled in [\d.]+ s\.\n$/),
    });
    expect(calls()).toMatch(/^ci --include=dev --include=optional .*\n$/);
    expect(await setup()).toEqual({ status: 0, said: '' });
    expect(calls().split('\n')).toHaveLength(2);
  });

  it('installs again when the lockfile changes', async () => {
    await setup();
    put('package-lock.json', lockfile('1.0.1'));
    expect((await setup()).said).toContain('Installed');
    expect(calls().split('\n')).toHaveLength(3);
  });

  it('repairs an installation that was interrupted or lost a package', async () => {
    put('node_modules/a/package.json', '{}');
    expect((await setup()).said).toContain('Installed');
    rmSync(join(root, 'node_modules/a/node_modules/b'), { recursive: true });
    expect((await setup()).said).toContain('Installed');
    expect(existsSync(join(root, 'node_modules/a/node_modules/b/package.json'))).toBe(true);
  });

  it('takes a complete installation that someone made with npm, without asking the network', async () => {
    await setup();
    rmSync(join(root, 'node_modules/.installed-from.json'));
    put('npm-fails', '');
    expect(await setup()).toEqual({ status: 0, said: '' });
  });

  it('ends with one line when npm fails, and tries again the next time', async () => {
    put('npm-fails', '');
    const failed = await setup();
    expect(failed.status).toBe(1);
    expect(failed.said).toContain('npm ci failed');
    expect(failed.said).not.toContain('    at ');
    rmSync(join(root, 'npm-fails'));
    expect((await setup()).status).toBe(0);
  });

  it('does not take an installation without a native package of this system for complete', async () => {
    put('npm-skips', 'node_modules/native-here');
    const incomplete = await setup();
    expect(incomplete).toMatchObject({
      status: 1,
      said: expect.stringContaining('left packages out (node_modules/native-here)'),
    });
    expect(existsSync(join(root, 'node_modules/.installed-from.json'))).toBe(false);
  });

  it.runIf(process.platform === 'linux')(
    'links the pinned Node when npm has left it unlinked, and notices when the link is lost',
    async () => {
      const lock = JSON.parse(lockfile());
      lock.packages[`node_modules/node-${process.platform}-${process.arch}`] = {
        version: '24.0.0',
        optional: true,
        os: [process.platform],
      };
      put('package-lock.json', JSON.stringify(lock));
      expect((await setup()).status).toBe(0);
      expect(calls()).toMatch(/\nrebuild node-linux-\w+ --ignore-scripts/);
      expect(await setup()).toEqual({ status: 0, said: '' });
      rmSync(join(root, 'node_modules/.bin/node'));
      await setup();
      expect(existsSync(join(root, 'node_modules/.bin/node'))).toBe(true);
      expect(calls().match(/^ci /gm)).toHaveLength(1);
    },
  );

  it('installs once when two commands start together', async () => {
    const both = await Promise.all([setup(), setup()]);
    expect(both.map((one) => one.status)).toEqual([0, 0]);
    expect(calls().split('\n')).toHaveLength(2);
  });

  it('is not stopped by the lock of a set-up that was killed', async () => {
    put('.cache/setup.pid', '4194304000');
    expect((await setup()).status).toBe(0);
  });

  it('names a missing lockfile', async () => {
    rmSync(join(root, 'package-lock.json'));
    expect(await setup()).toMatchObject({ status: 1, said: expect.stringContaining('package-lock.json') });
  });
});

describe('building the web app', () => {
  it('builds only when asked, and again only when an input has changed', async () => {
    await setup();
    expect(calls()).not.toContain('run');
    expect((await setup('--build')).said).toMatch(/^Building the web app \.\.\.\nBuilt in [\d.]+ s\.\n$/);
    expect(await setup('--build')).toEqual({ status: 0, said: '' });
    put('web/pages/new.tsx', 'changed');
    expect((await setup('--build')).said).toContain('Built');
    put('openapi.json', '{}');
    expect((await setup('--build')).said).toContain('Built');
    expect(calls().match(/run --silent build/g)).toHaveLength(3);
  });

  it('builds again when the output is gone', async () => {
    await setup('--build');
    rmSync(join(root, 'web/dist/index.html'));
    expect((await setup('--build')).said).toContain('Built');
  });

  it('leaves no stamp when the build fails', async () => {
    await setup();
    put('npm-fails', '');
    expect(await setup('--build')).toMatchObject({ status: 1, said: expect.stringContaining('could not be built') });
    rmSync(join(root, 'npm-fails'));
    expect((await setup('--build')).said).toContain('Built');
  });
});
