import { type ChildProcess, fork, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createServer, type AddressInfo as Listening } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { migrateAll } from '../../src/app.ts';
import { type Database, openDatabase } from '../../src/db/open.ts';
import { createLimiter, type Limiter } from '../../src/limits/limiter.ts';
import { createLogger } from '../../src/logger.ts';
import { createScratchDatabase, type ScratchDatabase } from '../database.ts';
import { startTestApp, testConfig } from '../harness.ts';
import type { Blow } from '../limit-hammer.ts';

/* Limits on real servers: exact over several processes, and no request waits for a Redis that is gone. */

const postgresUrl = process.env.TEST_DATABASE_URL;
const redisUrl = process.env.TEST_REDIS_URL;
if (!postgresUrl || !redisUrl)
  throw new Error('TEST_DATABASE_URL or TEST_REDIS_URL is not set: see test/services/compose.yaml.');

let scratch: ScratchDatabase;
let database: Database;
const children: ChildProcess[] = [];

beforeAll(async () => {
  scratch = await createScratchDatabase(postgresUrl, 'bp_limits');
  const { config, secrets } = testConfig({ DATABASE_URL: scratch.url });
  database = await openDatabase(config, secrets);
  await migrateAll(database);
});
afterAll(async () => {
  await database.close();
  await scratch.drop();
});
afterEach(async () => {
  const ended = children.map((child) => once(child, 'exit'));
  for (const child of children.splice(0)) child.disconnect();
  await Promise.all(ended);
});

describe.each([
  ['PostgreSQL', {}],
  ['Valkey', { REDIS_URL: redisUrl }],
])('four processes on %s', (_name, env: Record<string, string>) => {
  async function hammer(blow: Omit<Blow, 'keys'> & { keys: number }): Promise<number[]> {
    const keys = Array.from({ length: blow.keys }, () => randomUUID());
    const counts = await Promise.all(
      children.map(async (child) => {
        const answer = once(child, 'message');
        child.send({ ...blow, keys });
        return (await answer)[0] as Record<string, number>;
      }),
    );
    return keys.map((key) => counts.reduce((sum, count) => sum + (count[key] ?? 0), 0));
  }

  it('let exactly the limit through, for small and large limits, and for two keys at once', async () => {
    for (let i = 0; i < 4; i++) {
      const script = fileURLToPath(new URL('../limit-hammer.ts', import.meta.url));
      const child = fork(script, [], { env: { PATH: process.env.PATH, DATABASE_URL: scratch.url, ...env } });
      children.push(child);
      await once(child, 'message');
    }
    expect(await hammer({ keys: 1, perMinute: 1, times: 50 })).toEqual([1]);
    expect(await hammer({ keys: 1, perMinute: 7, times: 50 })).toEqual([7]);
    expect(await hammer({ keys: 1, perMinute: 600, times: 250 })).toEqual([600]);
    expect(await hammer({ keys: 2, perMinute: 100, times: 150 })).toEqual([100, 100]);
  });
});

describe('when Valkey', () => {
  let port: number;
  let valkey: ChildProcess | null = null;
  let client: Redis;
  let limiter: Limiter;
  let logs: string[];
  const policy = { name: 'requests', perMinute: 10_000 };

  beforeAll(async () => {
    port = await freePort();
  });
  afterEach(async () => {
    await limiter?.close();
    client?.disconnect();
    await stopValkey();
  });

  async function freePort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as Listening;
    server.close();
    return port;
  }

  /** A Valkey of our own, of the program that the one to test against runs from; on another machine from PATH. */
  async function startValkey(...options: string[]): Promise<void> {
    const shared = new Redis(redisUrl as string);
    const info = await shared.info('server');
    shared.disconnect();
    const pid = /process_id:(\d+)/.exec(info)?.[1];
    const root = pid && existsSync(`/proc/${pid}/root`) ? realpathSync(`/proc/${pid}/root`) : '/';
    const isOurs =
      pid && existsSync(`/proc/${pid}/cmdline`) && /valkey/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    const [program, ...first] = isOurs && root !== '/' ? ['chroot', root, '/usr/bin/valkey-server'] : ['valkey-server'];
    const args = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no', ...options];
    valkey = spawn(program as string, [...first, ...args], { stdio: 'ignore' });
    client = new Redis({ host: '127.0.0.1', port, retryStrategy: () => 50 });
    client.on('error', () => undefined);
    await new Promise((resolve) => client.once('ready', resolve));
  }

  async function stopValkey(): Promise<void> {
    if (!valkey || valkey.exitCode !== null || valkey.signalCode !== null) return;
    const gone = once(valkey, 'exit');
    valkey.kill('SIGKILL');
    await gone;
  }

  async function openLimiter(url = `redis://127.0.0.1:${port}`): Promise<void> {
    logs = [];
    const { config, secrets } = testConfig({ DATABASE_URL: scratch.url, REDIS_URL: url });
    const log = createLogger('info', { write: (line) => logs.push(line) });
    limiter = await createLimiter(config, secrets, database, log);
  }

  /** Asks without a break for a while, as requests do; how long the slowest waited, in milliseconds. */
  async function slowest(times: number, key = 'a key'): Promise<number> {
    let most = 0;
    for (let i = 0; i < times; i++) {
      const from = performance.now();
      expect((await limiter.take(policy, key)).allowed).toBe(true);
      most = Math.max(most, performance.now() - from);
    }
    return most;
  }

  const counters = async () => (await client.keys('blog-poster:limit:requests:*')).length;
  const logged = (words: string) => logs.filter((line) => line.includes(words)).length;
  const isBack = () =>
    vi.waitFor(async () => expect(await limiter.health()).toBe('up'), { timeout: 10_000, interval: 100 });

  /** Redis counts again: a key that it has not seen has its counter there afterwards, and the first count is one. */
  async function expectUsed(): Promise<void> {
    const before = await counters();
    expect((await limiter.take(policy, randomUUID())).remaining).toBe(policy.perMinute - 1);
    expect(await counters()).toBe(before + 1);
  }

  it('is killed and comes back, requests go on at once, and it is used again', async () => {
    await startValkey();
    await openLimiter();
    await expectUsed();
    expect(await limiter.health()).toBe('up');
    const asking = slowest(2_000);
    await stopValkey();
    expect(await asking).toBeLessThan(250);
    expect(await slowest(500)).toBeLessThan(250);
    expect(await limiter.health()).toBe('down');
    expect(logged('does not count requests')).toBe(1);
    client.disconnect();
    await startValkey();
    await isBack();
    await expectUsed();
    expect(logged('counts requests again')).toBe(1);
    expect(logged('does not count requests')).toBe(1);
  });

  it('hangs and comes to itself, one request waits a moment and no other, and it is used again', async () => {
    await startValkey();
    await openLimiter();
    await expectUsed();
    valkey?.kill('SIGSTOP');
    expect(await slowest(1)).toBeLessThan(250);
    expect(await slowest(500)).toBeLessThan(100);
    await vi.waitFor(() => expect(logged('does not count requests')).toBe(1));
    expect(await limiter.health()).toBe('down');
    valkey?.kill('SIGCONT');
    await isBack();
    await expectUsed();
    expect(logged('counts requests again')).toBe(1);
  });

  it('has answered while this process was busy, the answer counts', async () => {
    await startValkey();
    await openLimiter();
    const key = randomUUID();
    await limiter.take(policy, key);
    const asking = limiter.take(policy, key);
    const until = performance.now() + 400;
    while (performance.now() < until);
    expect((await asking).remaining).toBe(policy.perMinute - 2);
    expect(logs).toEqual([]);
  });

  it('is down at the start, the start goes on, and it is used when it comes', async () => {
    const from = performance.now();
    await openLimiter();
    expect(performance.now() - from).toBeLessThan(1_500);
    expect(await slowest(100)).toBeLessThan(250);
    expect(logged('does not count requests')).toBe(1);
    expect(logs.join()).toContain('ECONNREFUSED');
    await startValkey();
    await isBack();
    await expectUsed();
  });

  it('takes no writes, the database counts exactly, and it is used when it takes them again', async () => {
    await startValkey();
    await openLimiter();
    await expectUsed();
    await client.replicaof('127.0.0.1', '1');
    const key = randomUUID();
    const results = await Promise.all(
      Array.from({ length: 60 }, () => limiter.take({ name: 'requests', perMinute: 25 }, key)),
    );
    expect(results.filter((result) => result.allowed)).toHaveLength(25);
    expect(await limiter.health()).toBe('down');
    expect(logged('does not count requests')).toBe(1);
    expect(logs.join()).toContain('READONLY');
    await client.replicaof('NO', 'ONE');
    await isBack();
    await expectUsed();
  });

  it('refuses the password, requests go on and the log does not hold it', async () => {
    await startValkey();
    await client.config('SET', 'requirepass', 'the right one');
    await openLimiter(`redis://:the-wrong-one@127.0.0.1:${port}`);
    expect(await slowest(50)).toBeLessThan(250);
    expect(await limiter.health()).toBe('down');
    expect(logged('does not count requests')).toBe(1);
    expect(logs.join()).toMatch(/WRONGPASS|NOAUTH/);
    expect(logs.join()).not.toContain('the-wrong-one');
  });

  it('is gone, the health of the server is degraded and not worse', async () => {
    await startValkey();
    const app = await startTestApp({ env: { REDIS_URL: `redis://127.0.0.1:${port}` } });
    try {
      const health = async () => (await app.server.inject('/health')).json();
      expect(await health()).toMatchObject({ status: 'healthy', redis: 'up' });
      await stopValkey();
      // An answer is kept for two seconds.
      await expect.poll(health, { timeout: 10_000 }).toMatchObject({ status: 'degraded', redis: 'down' });
    } finally {
      await app.close();
    }
  });
});
