import { loadConfig } from '../src/config.ts';
import { openDatabase } from '../src/db/open.ts';
import { createImaging } from '../src/images/imaging.ts';
import { createLogger } from '../src/logger.ts';
import { createTelemetry } from '../src/monitoring/telemetry.ts';
import { createSafeFetch } from '../src/net/safe-fetch.ts';
import { createEventBus } from '../src/pipeline/event-bus.ts';
import { workPublications } from '../src/publishing/worker.ts';
import { openQueue } from '../src/queue/queue.ts';

/*
 * A process of its own that works publications as the product does and does nothing else, so that many of them start in
 * little time. Its parent kills it.
 */

const { config, secrets } = loadConfig(process.env, { role: 'worker' });
const database = await openDatabase(config, secrets);
const log = createLogger(config.log.level);
await workPublications({
  config,
  secrets,
  log,
  db: database.db,
  queue: await openQueue(database, log, true),
  bus: await createEventBus(database),
  safeFetch: createSafeFetch(config.net),
  imaging: createImaging(),
  now: () => new Date(),
  telemetry: await createTelemetry(config, secrets, log),
});
process.stdout.write('works the queue\n');
