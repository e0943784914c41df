import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url).pathname;
const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('docs/security.md', () => {
  it('names for each thing that it says is protected the tests that try to break it, which exist', () => {
    const [, told] = read('docs/security.md').split('## What is protected\n');
    const statements = (told?.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('- '));
    expect(statements.length).toBeGreaterThan(25);
    for (const statement of statements) {
      const tests = [...statement.matchAll(/`([\w./-]+\.test\.ts)`/g)].map(([, path]) => path ?? '');
      expect(tests, statement).not.toEqual([]);
      for (const path of tests) expect(existsSync(join(root, path)), `${path} of: ${statement}`).toBe(true);
    }
  });
});

describe('what others have written', () => {
  const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
  const lock = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { integrity?: string; dev?: boolean; optional?: boolean; os?: string[]; cpu?: string[] }>;
  };

  it('is named by exact versions', () => {
    const named = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
      Object.entries(manifest[kind] ?? {}),
    );
    expect(named.length).toBeGreaterThan(100);
    expect(named.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  it('has a checksum each, but for tools of development on systems that a lockfile from here knows by name only', () => {
    const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
    expect(packages.length).toBeGreaterThan(300);
    const bare = packages.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'));
    expect(bare.filter(([, { dev, optional, cpu }]) => !dev || !optional || !cpu)).toEqual([]);
    const isHere = ({ os, cpu }: { os?: string[]; cpu?: string[] }) => os?.includes('linux') && cpu?.includes('x64');
    expect(bare.filter(([path, entry]) => isHere(entry) && !path.includes('musl')).map(([path]) => path)).toEqual([]);
  });

  it('runs nothing while what is shipped is installed into the image', () => {
    const installs = read('deploy/Dockerfile')
      .split('\n')
      .filter((line) => /npm ci .*--omit=dev/.test(line));
    expect(installs.length).toBeGreaterThan(0);
    expect(installs.filter((line) => !line.includes('--ignore-scripts'))).toEqual([]);
  });
});
