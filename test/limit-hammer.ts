import { openDatabase } from '../src/db/open.ts';
import { createLimiter } from '../src/limits/limiter.ts';
import { createLogger } from '../src/logger.ts';
import { testConfig } from './harness.ts';

/** What one process is told to ask for: every key `times` times (a multiple of ten) under `perMinute`. */
export interface Blow {
  keys: string[];
  perMinute: number;
  times: number;
}

/* A process of its own that asks a limiter over and over; its parent tells it what, and counts. */

const { config, secrets } = testConfig({
  DATABASE_URL: process.env.DATABASE_URL ?? '',
  REDIS_URL: process.env.REDIS_URL ?? '',
});
const database = await openDatabase(config, secrets);
const limiter = await createLimiter(config, secrets, database, createLogger('warn'));

process.on('message', async ({ keys, perMinute, times }: Blow) => {
  const allowed = Object.fromEntries(keys.map((key) => [key, 0]));
  const ask = async (key: string) => {
    const result = await limiter.take({ name: 'hammered', perMinute }, key);
    if (result.allowed) allowed[key] = (allowed[key] ?? 0) + 1;
  };
  // Ten at a time, so that the processes get in each other's way: all at once would leave each as one packet.
  for (let done = 0; done < times; done += 10) {
    await Promise.all(keys.flatMap((key) => Array.from({ length: 10 }, () => ask(key))));
  }
  process.send?.(allowed);
});
process.on('disconnect', async () => {
  await limiter.close();
  await database.close();
});
process.send?.('ready');
