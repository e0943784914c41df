import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { type RateLimiterAbstract, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Logger } from '../logger.ts';

/** Counters in Redis or Valkey, and whether they can be used at the moment. */
export interface RedisStore {
  /** Counts one request; null when Redis does not do it in time: then somebody else has to count. */
  consume(key: string): Promise<RateLimiterRes | null>;
  /** Whether Redis takes writes right now; never longer than {@link answerMs}. */
  isUp(): Promise<boolean>;
  close(): Promise<void>;
}

/** A request waits this long for Redis before it is counted elsewhere, in milliseconds; an answer takes about one. */
const answerMs = 150;
/** How often a Redis that is gone is tried again, in milliseconds. */
const probeMs = 1_000;
/** How long a start waits for the first connection, in milliseconds: what is counted before that would be counted twice. */
const firstAnswerMs = 1_000;

/** What {@link openRedisStore} connects to and counts with. */
export interface RedisStoreOptions {
  url: string;
  keyPrefix: string;
  windowSeconds: number;
}

/**
 * Connects to Redis and counts there. While it is gone, hangs or refuses writes no request asks it: one probe a second,
 * on a new connection, finds out when it is back. Going and coming back are logged, once each.
 */
export async function openRedisStore(options: RedisStoreOptions, log: Logger): Promise<RedisStore> {
  // Loaded only where it is configured: it costs as much memory as the rest of the limiter.
  const { Redis } = await import('ioredis');
  const client = new Redis(options.url, {
    connectTimeout: probeMs,
    retryStrategy: () => probeMs,
    // Nothing is kept for later: what Redis does not count at once is counted elsewhere.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectionName: 'blog-poster',
  });
  let connectionError: Error | null = null;
  client.on('error', (error: Error) => {
    connectionError = error;
  });
  const limiter = new RateLimiterRedis({
    storeClient: client,
    keyPrefix: options.keyPrefix,
    points: Number.MAX_SAFE_INTEGER,
    duration: options.windowSeconds,
    rejectIfRedisNotReady: true,
  });
  let up = true;
  let closed = false;
  let timer: NodeJS.Timeout | null = null;

  /** A write, because a replica and a full or read-only server answer questions all the same. */
  const probe = () => within(answerMs, () => client.set(`${options.keyPrefix}:probe`, '1', 'PX', 10_000));

  function goDown(cause: unknown): void {
    if (!up || closed) return;
    up = false;
    // Only its words: the error of a refused AUTH carries the password.
    const reason = [cause, connectionError].flatMap((error) => (error instanceof Error ? [error.message] : []));
    log.warn({ reason }, 'Redis does not count requests: the database does until Redis is back');
    timer = setTimeout(tryAgain, probeMs);
  }

  async function tryAgain(): Promise<void> {
    try {
      await probe();
      up = true;
      connectionError = null;
      if (!closed) log.info('Redis counts requests again');
    } catch {
      // A connection that hangs may lead to a server that is no longer there: the next probe gets a new one.
      if (client.status === 'ready' || client.status === 'connect') client.disconnect(true);
      if (!closed) timer = setTimeout(tryAgain, probeMs);
    }
  }

  if (!(await firstConnection(client))) goDown(new Error(`no connection within ${firstAnswerMs} ms`));
  return {
    async consume(key) {
      if (!up) return null;
      try {
        return await within(answerMs, () => consumed(limiter, key));
      } catch (error) {
        goDown(error);
        return null;
      }
    },
    async isUp() {
      try {
        await probe();
      } catch (error) {
        goDown(error);
        return false;
      }
      return up;
    },
    async close() {
      closed = true;
      if (timer) clearTimeout(timer);
      client.disconnect();
    },
  };
}

/** Counts one request with a limiter of the library, whose refusals and answers are of one type. Throws its errors. */
export async function consumed(limiter: RateLimiterAbstract, key: string): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(key);
  } catch (error) {
    if (error instanceof RateLimiterRes) return error;
    throw error;
  }
}

async function firstConnection(client: Redis): Promise<boolean> {
  const deadline = Date.now() + firstAnswerMs;
  while (client.status !== 'ready' && Date.now() < deadline) await sleep(10);
  return client.status === 'ready';
}

async function within<T>(ms: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    // When this process itself was busy for that long, the answer has arrived and is read in the next turn of its loop.
    const giveUp = () => setImmediate(() => setImmediate(() => reject(new Error(`no answer within ${ms} ms`))));
    timer = setTimeout(giveUp, ms);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
