import type { AccessTokens } from './accounts/access-tokens.ts';
import type { Auth } from './accounts/auth.ts';
import type { Backups } from './backups/backups.ts';
import type { Config, Secrets } from './config.ts';
import type { Database, Db } from './db/open.ts';
import type { Imaging } from './images/imaging.ts';
import type { Embedder } from './knowledge/embeddings.ts';
import type { Extractor } from './knowledge/extract.ts';
import type { Robots } from './knowledge/robots.ts';
import type { Limiter } from './limits/limiter.ts';
import type { Models } from './llm/models.ts';
import type { Logger } from './logger.ts';
import type { Contributions } from './monitoring/parts.ts';
import type { Telemetry } from './monitoring/telemetry.ts';
import type { SafeFetch } from './net/safe-fetch.ts';
import type { Mailer } from './notify/mailer.ts';
import type { EventBus } from './pipeline/event-bus.ts';
import type { Queue } from './queue/queue.ts';
import type { WebSearch } from './web-search/web-search.ts';

/** Everything that functions may need and do not own; built once in `app.ts`, replaced piece by piece in tests. */
export interface AppContext {
  config: Config;
  secrets: Secrets;
  log: Logger;
  database: Database;
  db: Db;
  queue: Queue;
  bus: EventBus;
  safeFetch: SafeFetch;
  robots: Robots;
  extractor: Extractor;
  embedder: Embedder;
  imaging: Imaging;
  models: Models;
  webSearch: WebSearch;
  auth: Auth;
  accessTokens: AccessTokens;
  /** With it the command line is let in, on this machine only; a new one for each process. */
  operatorToken: string;
  limiter: Limiter;
  mailer: Mailer;
  backups: Backups;
  /** What is told of this process: counts, errors, traces. */
  telemetry: Telemetry;
  /** What features tell of themselves to those who watch over the instance. */
  contributions: Contributions;
  /** The present time in UTC. */
  now(): Date;
}
