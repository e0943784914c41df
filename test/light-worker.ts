import { flushCompileCache } from 'node:module';
import { tendBudget } from '../src/budget/worker.ts';
import { loadConfig } from '../src/config.ts';
import type { AppContext } from '../src/context.ts';
import { openDatabase } from '../src/db/open.ts';
import { createExtractor, type Extractor, extractPlainText } from '../src/knowledge/extract.ts';
import { createRobots } from '../src/knowledge/robots.ts';
import { createModels } from '../src/llm/models.ts';
import { createLogger } from '../src/logger.ts';
import { createTelemetry } from '../src/monitoring/telemetry.ts';
import { createSafeFetch } from '../src/net/safe-fetch.ts';
import { createEventBus } from '../src/pipeline/event-bus.ts';
import { workPipelines } from '../src/pipeline/worker.ts';
import { openQueue } from '../src/queue/queue.ts';
import { workSchedules } from '../src/schedules/worker.ts';
import { createWebSearch } from '../src/web-search/web-search.ts';
import { createPlainEmbedder } from './fakes/plain-embedder.ts';

/*
 * A process of its own that works pipelines or schedules (its argument) as the product does and does nothing else, with
 * an embedder without a model: so many of them start in little time and write in little memory. Its parent kills it.
 */

const { config: loaded, secrets } = loadConfig(process.env, { role: 'worker' });
if (loaded.database.kind !== 'postgres') throw new Error('several processes need PostgreSQL');
// Instances of several processes run side by side on one server, which has a hundred connections.
const config = { ...loaded, database: { ...loaded.database, poolSize: 3 } };
const database = await openDatabase(config, secrets);
const log = createLogger(config.log.level);
const safeFetch = createSafeFetch(config.net);
// Pasted texts only, which need no process that could be killed over them.
const extractor: Extractor = {
  ...createExtractor(),
  extract: async ({ content }) => extractPlainText(content.toString()),
};
// Accounts, mails, images and limits of requests are left out: nothing here asks for them.
const ctx = {
  config,
  secrets,
  log,
  database,
  db: database.db,
  queue: await openQueue(database, log, true),
  bus: await createEventBus(database),
  safeFetch,
  extractor,
  robots: createRobots(safeFetch, extractor, config.net),
  embedder: createPlainEmbedder(),
  models: createModels(config, secrets),
  webSearch: createWebSearch(config, secrets),
  telemetry: await createTelemetry(config, secrets, log),
  now: () => new Date(),
} as unknown as AppContext;
if (process.argv[2] === 'schedules') {
  await workSchedules(ctx);
} else {
  // The first article is not to wait for what writes it.
  await import('../src/pipeline/runner.ts');
  await workPipelines(ctx);
  await tendBudget(ctx);
}
// Who is killed leaves nothing behind for the next one by itself.
flushCompileCache();
process.stdout.write('works the queue\n');
