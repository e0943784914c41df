import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openTestDatabase, testConfig } from '../../test/harness.ts';
import { type Database, queryRows } from '../db/open.ts';
import { createLogger, type Logger } from '../logger.ts';
import { limitExceeded, setLimitHeaders } from './hook.ts';
import { createLimiter, type Limiter } from './limiter.ts';
import { rateLimits } from './schema.ts';

/* In memory over PGlite, in the database over PostgreSQL (TEST_DATABASE_URL): the same must hold. */

let database: Database;
let limiter: Limiter;
let logs: string[];
let log: Logger;
const { config, secrets } = testConfig();

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  logs = [];
  log = createLogger('debug', { write: (line) => logs.push(line) });
  limiter = await createLimiter(config, secrets, database, log);
});
afterEach(async () => {
  vi.useRealTimers();
  await limiter.close();
});

const onPostgres = Boolean(process.env.TEST_DATABASE_URL);
const requests = { name: 'requests', perMinute: 5 };

describe('taking', () => {
  it('allows exactly the limit, also of requests that come at once, and says what is left', async () => {
    const key = randomUUID();
    const first = await limiter.take(requests, key);
    expect(first).toEqual({ allowed: true, limit: 5, remaining: 4, resetSeconds: 60 });
    const rest = await Promise.all(Array.from({ length: 40 }, () => limiter.take(requests, key)));
    expect(rest.filter((result) => result.allowed)).toHaveLength(4);
    const refused = rest.filter((result) => !result.allowed);
    expect(refused.every((result) => result.remaining === 0 && result.resetSeconds > 50)).toBe(true);
    expect(logs).toEqual([]);
  });

  it('counts each key and each name of a policy for itself', async () => {
    const key = randomUUID();
    for (let i = 0; i < 6; i++) await limiter.take(requests, key);
    expect((await limiter.take(requests, key)).allowed).toBe(false);
    expect((await limiter.take(requests, `${key}x`)).remaining).toBe(4);
    expect((await limiter.take({ name: 'sign-in', perMinute: 5 }, key)).remaining).toBe(4);
  });

  it('heeds another limit of the same key from the next request on', async () => {
    const key = randomUUID();
    for (let i = 0; i < 5; i++) await limiter.take(requests, key);
    expect((await limiter.take(requests, key)).allowed).toBe(false);
    expect(await limiter.take({ name: 'requests', perMinute: 10 }, key)).toMatchObject({ allowed: true, remaining: 3 });
    expect((await limiter.take({ name: 'requests', perMinute: 3 }, key)).allowed).toBe(false);
  });

  it('begins anew when the window has ended, and not before', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
    const key = randomUUID();
    for (let i = 0; i < 6; i++) await limiter.take(requests, key);
    await vi.advanceTimersByTimeAsync(58_000);
    expect(await limiter.take(requests, key)).toMatchObject({ allowed: false, resetSeconds: 2 });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await limiter.take(requests, key)).toEqual({ allowed: true, limit: 5, remaining: 4, resetSeconds: 60 });
  });

  it('takes any text as a key and keeps only a digest of it', async () => {
    const hostile = [
      `ann@example.com'; drop table rate_limits; --`,
      '\0\ud800',
      'x'.repeat(100_000),
      '',
      'ann@example.com',
    ];
    for (const key of hostile) expect((await limiter.take(requests, key)).remaining).toBe(4);
    const rows = await queryRows<{ key: string }>(database.db, sql`select key from rate_limits`);
    expect(rows.length > 0).toBe(onPostgres);
    expect(rows.filter((row) => !/^blog-poster:limit:(requests|sign-in):[\w-]{43}$/.test(row.key))).toEqual([]);
  });
});

it('says that Redis is not configured where there is none', async () => {
  expect(await limiter.health()).toBe('not configured');
});

const title = 'lets requests through while the table cannot be written, and says so once';
// In memory, as on the embedded database, there is no table that could fail.
if (onPostgres)
  it(title, async () => {
    await database.db.execute(sql`alter table rate_limits rename to elsewhere`);
    try {
      for (let i = 0; i < 10; i++) {
        expect(await limiter.take({ name: 'requests', perMinute: 2 }, 'key')).toMatchObject({
          allowed: true,
          limit: 2,
        });
      }
      expect(logs.filter((line) => line.includes('requests are not counted'))).toHaveLength(1);
    } finally {
      await database.db.execute(sql`alter table elsewhere rename to rate_limits`);
    }
    const key = randomUUID();
    expect((await limiter.take(requests, key)).remaining).toBe(4);
  });

it('deletes windows that ended a while ago, and no others', async () => {
  const kept = () =>
    queryRows<{ key: string }>(database.db, sql`select key from rate_limits where key in ('old', 'new')`);
  await database.db.insert(rateLimits).values([
    { key: 'old', expire: Date.now() - 400_000 },
    { key: 'new', expire: Date.now() - 1_000 },
  ]);
  await limiter.close();
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  limiter = await createLimiter(config, secrets, database, log);
  vi.advanceTimersByTime(5 * 60_000);
  await vi.waitFor(async () => expect(await kept()).toEqual([{ key: 'new' }]));
});

describe('answers', () => {
  const headersOf = (result: Parameters<typeof setLimitHeaders>[1]) => {
    const headers: Record<string, unknown> = {};
    const reply = { header: (name: string, value: unknown) => Object.assign(headers, { [name]: value }) };
    setLimitHeaders(reply as never, result);
    return headers;
  };

  it('carry the limit, what is left and when the window ends', () => {
    expect(headersOf({ allowed: true, limit: 600, remaining: 12, resetSeconds: 31 })).toEqual({
      'ratelimit-limit': '600',
      'ratelimit-remaining': '12',
      'ratelimit-reset': '31',
    });
  });

  it('say when to come back where they refuse', () => {
    const refusal = { allowed: false, limit: 10, remaining: 0, resetSeconds: 7 };
    expect(headersOf(refusal)['retry-after']).toBe('7');
    const error = limitExceeded(refusal, 'attempts to sign in');
    expect(error).toMatchObject({ code: 'rate_limited', status: 429, retryable: true });
    expect(error.message).toBe('Too many attempts to sign in: 10 a minute are allowed.');
    expect(error.hint).toContain('Wait 7 seconds');
  });
});
