import { once } from 'node:events';
import { loadConfig } from '../src/config.ts';
import type { AppContext } from '../src/context.ts';
import { openDatabase } from '../src/db/open.ts';
import { createEmbedder } from '../src/knowledge/embeddings.ts';
import { createExtractor } from '../src/knowledge/extract.ts';
import { createRobots } from '../src/knowledge/robots.ts';
import { createModels } from '../src/llm/models.ts';
import { createLogger } from '../src/logger.ts';
import { createSafeFetch } from '../src/net/safe-fetch.ts';
import { createEventBus } from '../src/pipeline/event-bus.ts';
import { workPipelines } from '../src/pipeline/worker.ts';
import { openQueue } from '../src/queue/queue.ts';
import { createWebSearch } from '../src/web-search/web-search.ts';

/*
 * A process of its own that works pipelines as the product does and does nothing else, so that many of them start in
 * little time. It begins with SIGUSR2, so that it is loaded by then. Its parent kills it.
 */

const { config, secrets } = loadConfig(process.env, { role: 'worker' });
// What writes articles is loaded with the first of them otherwise.
await import('../src/pipeline/runner.ts');
const told = once(process, 'SIGUSR2');
process.stdout.write('is loaded\n');
// Waiting for a signal alone keeps no process alive.
const alive = setInterval(() => undefined, 60_000);
await told;
clearInterval(alive);
const database = await openDatabase(config, secrets);
const log = createLogger(config.log.level);
const safeFetch = createSafeFetch(config.net);
const extractor = createExtractor();
/** All that a pipeline uses; accounts, mail and pictures are for others. */
const ctx: Omit<AppContext, 'auth' | 'accessTokens' | 'operatorToken' | 'limiter' | 'mailer' | 'imaging'> = {
  config,
  secrets,
  log,
  database,
  db: database.db,
  queue: await openQueue(database, log, true),
  bus: await createEventBus(database),
  safeFetch,
  extractor,
  robots: createRobots(safeFetch, extractor, { userAgent: config.net.userAgent }),
  embedder: createEmbedder(),
  models: createModels(config, secrets),
  webSearch: createWebSearch(config, secrets),
  now: () => new Date(),
};
await workPipelines(ctx as AppContext);
process.stdout.write('works the queue\n');
