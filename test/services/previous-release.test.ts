import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { LastRelease } from '../database-shape.ts';

/*
 * The last release (deploy/last-release.json) on the tables of this one: its code and its tests are taken from the history,
 * the migrations from here. That is what it works on while this one starts, and after a deploy that was taken back.
 */

vi.setConfig({ testTimeout: 480_000, hookTimeout: 300_000 });

const root = fileURLToPath(new URL('../../', import.meta.url));
const last: LastRelease = JSON.parse(readFileSync(join(root, 'deploy/last-release.json'), 'utf8'));

/** Of its tests those that go through the tables: the drift of its columns, the article's way, publishing. */
const tests = ['src/db/schema-drift.test.ts', 'src/pipeline/runner.test.ts', 'src/publishing/deliver.test.ts'];

let folder: string;
beforeAll(() => {
  mkdirSync(join(root, '.cache'), { recursive: true });
  folder = mkdtempSync(join(root, '.cache', 'previous-release-'));
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, maxBuffer: 200e6 });
  const known = spawnSync('git', ['cat-file', '-e', `${last.commit}^{commit}`], { cwd: root });
  // A shallow clone has only the newest commit.
  if (known.status !== 0) git('fetch', '--quiet', '--depth', '1', 'origin', last.commit);
  execFileSync('tar', ['-x', '-C', folder], { input: git('archive', last.commit) });
  usePackages();
  cpSync(join(root, 'src/db/migrations'), join(folder, 'src/db/migrations'), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The packages of this checkout where they are those that it asks for; its own otherwise. */
function usePackages(): void {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const differs = Object.entries<string>({ ...dependencies, ...devDependencies }).some(([name, wanted]) => {
    const manifest = join(root, 'node_modules', name, 'package.json');
    return !existsSync(manifest) || JSON.parse(readFileSync(manifest, 'utf8')).version !== wanted;
  });
  if (differs) execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
  else symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
}

it('passes its own tests on the tables of this release', () => {
  const migrations = (of: string) => globSync('src/db/migrations/*.sql', { cwd: of }).length;
  expect(migrations(folder)).toBe(migrations(root));
  expect(tests.filter((file) => !existsSync(join(folder, file)))).toEqual([]);
  const reportFile = join(folder, '.cache/report.json');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(folder, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--reporter=json',
      `--outputFile=${reportFile}`,
      '--maxWorkers=2',
      ...tests,
    ],
    // Embedded: nothing of the servers that the other tests use.
    { cwd: folder, encoding: 'utf8', maxBuffer: 200e6, env: { ...process.env, TEST_DATABASE_URL: '', VITEST: '' } },
  );
  expect(existsSync(reportFile), stdout + stderr).toBe(true);
  const report = JSON.parse(readFileSync(reportFile, 'utf8'));
  const failed = report.testResults.flatMap((file: { name: string; assertionResults: Assertion[] }) =>
    file.assertionResults
      .filter((one) => one.status === 'failed')
      .map((one) => `${file.name}: ${one.fullName}\n${one.failureMessages[0]}`),
  );
  expect(failed).toEqual([]);
  expect(status, stderr).toBe(0);
  expect(report.numPassedTests).toBeGreaterThan(100);
});

interface Assertion {
  status: string;
  fullName: string;
  failureMessages: string[];
}
