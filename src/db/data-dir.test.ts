import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { announceServer, findHolder, lockDataDir } from './data-dir.ts';

const module = new URL('./data-dir.ts', import.meta.url).href;
let dir: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bp-lock-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

/** A process that takes the directory, says so (or why not), and keeps it until it is killed. */
function otherProcess(): { child: ChildProcess; answer: Promise<string> } {
  const code = `
    const { lockDataDir } = await import(${JSON.stringify(module)});
    try { lockDataDir(${JSON.stringify(dir)}); console.log('locked'); setInterval(() => {}, 1000); }
    catch (error) { console.log(error.code); }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const answer = once(child.stdout as NonNullable<typeof child.stdout>, 'data').then(([chunk]) => String(chunk).trim());
  return { child, answer };
}

it('refuses a second process and names the first', async () => {
  const { child, answer } = otherProcess();
  expect(await answer).toBe('locked');
  expect(() => lockDataDir(dir)).toThrowError(expect.objectContaining({ code: 'data_in_use' }));
  expect(() => lockDataDir(dir)).toThrow(String(child.pid));
  expect(findHolder(dir)).toMatchObject({ pid: child.pid, port: null });
});

it('lets exactly one of several processes have it that start at the same moment', async () => {
  const answers = await Promise.all([1, 2, 3, 4].map(() => otherProcess().answer));
  expect(answers.sort()).toEqual(['data_in_use', 'data_in_use', 'data_in_use', 'locked']);
});

it('takes over from a process that was killed', async () => {
  const { child, answer } = otherProcess();
  await answer;
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(existsSync(join(dir, 'lock.json'))).toBe(true);
  expect(findHolder(dir)).toBeNull();
  const unlock = lockDataDir(dir);
  expect(findHolder(dir)?.pid).toBe(process.pid);
  unlock();
});

it.runIf(process.platform === 'linux')('does not take another process with the same id for the holder', () => {
  writeFileSync(join(dir, 'lock.json'), JSON.stringify({ pid: process.ppid, startedAt: '1', port: 3000 }));
  expect(findHolder(dir)).toBeNull();
  lockDataDir(dir)();
});

it('takes a half-written lock for nobody’s', () => {
  writeFileSync(join(dir, 'lock.json'), '{"pid":');
  expect(findHolder(dir)).toBeNull();
  lockDataDir(dir)();
});

it('gives the directory back and leaves no file behind', () => {
  const unlock = lockDataDir(dir);
  announceServer(dir, { port: 4321, operatorToken: 'bpo_x' });
  expect(findHolder(dir)).toMatchObject({ pid: process.pid, port: 4321, operatorToken: 'bpo_x' });
  unlock();
  expect(findHolder(dir)).toBeNull();
  expect(readdirSync(dir)).toEqual([]);
});

it('does not remove the lock of a process that came after it', () => {
  const unlock = lockDataDir(dir);
  const successor = JSON.stringify({ pid: process.ppid, startedAt: 'x', port: null });
  writeFileSync(join(dir, 'lock.json'), successor);
  unlock();
  expect(readFileSync(join(dir, 'lock.json'), 'utf8')).toBe(successor);
});

it('says that the directory cannot be made', () => {
  writeFileSync(join(dir, 'file'), '');
  expect(() => lockDataDir(join(dir, 'file', 'data'))).toThrowError(expect.objectContaining({ code: 'data_unusable' }));
});
