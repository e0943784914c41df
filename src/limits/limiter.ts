import { createHmac } from 'node:crypto';
import { lt } from 'drizzle-orm';
import { RateLimiterMemory, RateLimiterPostgres } from 'rate-limiter-flexible';
import type { Config, Secrets } from '../config.ts';
import type { Database } from '../db/open.ts';
import type { Logger } from '../logger.ts';
import { keptMs } from '../retention.ts';
import { consumed, openRedisStore } from './redis-store.ts';
import { rateLimits } from './schema.ts';

/** What is limited, and to how many a minute. Each name counts for itself. */
export interface LimitPolicy {
  name: string;
  perMinute: number;
}

/** Whether a request may go on, and what is left in the window that it fell into. */
export interface LimitResult {
  allowed: boolean;
  limit: number;
  remaining: number;
  /** Until the window ends and everything is allowed again; at least 1. */
  resetSeconds: number;
}

/** Counts requests, exactly and across all processes of an instance. */
export interface Limiter {
  /** Counts one request of `key` (a user, an address; any text, of which only a digest is kept). Never throws. */
  take(policy: LimitPolicy, key: string): Promise<LimitResult>;
  /** How Redis is. */
  health(): Promise<'up' | 'down' | 'not configured'>;
  close(): Promise<void>;
}

const keyPrefix = 'blog-poster:limit';
/** A database that cannot count is said to be so this often, in milliseconds. */
const complainMs = 60_000;
/** How often ended windows are deleted, and how long after their end, in milliseconds. */
const cleanMs = keptMs('rateLimits');

/**
 * Counts in Redis or Valkey where one is configured, else in PostgreSQL, and in this process's memory on the embedded
 * database, which only one process can hold: there memory is as exact. A window begins with the first request of a key
 * and lasts `windowSeconds` (tests take a short one). When Redis goes away the database counts on from nothing, so in
 * that one window up to twice the limit can pass; when neither can count, requests are let through.
 *
 * One counter serves every limit: the library is given no limit that could be reached, and the number that it counted,
 * which no two requests share, is compared with the limit of this very request. So another limit for a user holds at once.
 */
export async function createLimiter(
  config: Config,
  secrets: Secrets,
  database: Database,
  log: Logger,
  windowSeconds = 60,
): Promise<Limiter> {
  const { engine } = database;
  const options = { keyPrefix, points: Number.MAX_SAFE_INTEGER, duration: windowSeconds };
  const store =
    engine.kind === 'postgres'
      ? new RateLimiterPostgres({
          ...options,
          storeClient: engine.pool,
          storeType: 'pool',
          tableName: 'rate_limits',
          tableCreated: true,
          // Its own timer could not be stopped; ours below does the same.
          clearExpiredByTimeout: false,
        })
      : new RateLimiterMemory(options);
  const redis =
    config.accounts.redis && secrets.redisUrl
      ? await openRedisStore({ url: secrets.redisUrl, keyPrefix, windowSeconds }, log)
      : null;
  const clean = () =>
    database.db
      .delete(rateLimits)
      .where(lt(rateLimits.expire, Date.now() - cleanMs))
      .then(
        () => undefined,
        (error) => log.warn({ err: error }, 'ended limits were not deleted; that is tried again later'),
      );
  const cleaning = setInterval(clean, cleanMs);
  cleaning.unref();
  let complainedAt = Number.NEGATIVE_INFINITY;

  return {
    async take(policy, key) {
      // Keyed: a plain digest of a mail address could be guessed from a stolen database, and two instances may share a Redis.
      const digest = createHmac('sha256', secrets.appSecret).update(key).digest('base64url');
      const counter = `${policy.name}:${digest}`;
      const limit = policy.perMinute;
      try {
        const counted = (await redis?.consume(counter)) ?? (await consumed(store, counter));
        return {
          allowed: counted.consumedPoints <= limit,
          limit,
          remaining: Math.max(0, limit - counted.consumedPoints),
          resetSeconds: Math.max(1, Math.ceil(counted.msBeforeNext / 1000)),
        };
      } catch (error) {
        // What is wrong with the database, the request's own queries will say; a limit is no reason to fail.
        if (performance.now() - complainedAt > complainMs) {
          complainedAt = performance.now();
          log.warn({ err: error }, 'requests are not counted: the database does not do it');
        }
        return { allowed: true, limit, remaining: limit, resetSeconds: windowSeconds };
      }
    },
    async health() {
      if (!redis) return 'not configured';
      return (await redis.isUp()) ? 'up' : 'down';
    },
    async close() {
      clearInterval(cleaning);
      await redis?.close();
    },
  };
}
