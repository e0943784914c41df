import type { AddressInfo } from 'node:net';
import { createAccessTokens } from './accounts/access-tokens.ts';
import { adminRoutes } from './accounts/admin-routes.ts';
import { apiKeyRoutes } from './accounts/api-key-routes.ts';
import { createAuth } from './accounts/auth.ts';
import { authRoutes } from './accounts/auth-routes.ts';
import { createGuard } from './accounts/authenticate.ts';
import { tendAccounts } from './accounts/clean-up.ts';
import { meRoutes } from './accounts/me-routes.ts';
import { ensureLocalOwner, operatorTokenPrefix } from './accounts/operator.ts';
import { newToken } from './accounts/tokens.ts';
import { tellWebhookDisabled } from './accounts/webhook-disabled.ts';
import { approvalRecordRoutes } from './approvals/routes.ts';
import { articleRoutes } from './articles/routes.ts';
import { workArticles } from './articles/worker.ts';
import { assistRoutes } from './assist/routes.ts';
import { createBackups } from './backups/backups.ts';
import { backupRoutes } from './backups/routes.ts';
import { backupStatus } from './backups/status.ts';
import { workBackups } from './backups/worker.ts';
import { spendingRoutes } from './budget/admin-routes.ts';
import { priceRoutes } from './budget/price-routes.ts';
import { usageRoutes } from './budget/usage-routes.ts';
import { spendingChecked } from './budget/warnings.ts';
import { tendBudget } from './budget/worker.ts';
import { calendarRoutes } from './calendar/routes.ts';
import { cleanUp } from './clean-up/worker.ts';
import type { Config, Secrets } from './config.ts';
import type { AppContext } from './context.ts';
import { migrate } from './db/migrate.ts';
import { type Database, openDatabase } from './db/open.ts';
import { documentRoutes } from './documents/routes.ts';
import { workDocuments } from './documents/worker.ts';
import { archiveImportRoutes } from './export/import-routes.ts';
import { exportRoutes } from './export/routes.ts';
import { adminFailureRoutes } from './failures/admin-routes.ts';
import { failureRoutes } from './failures/routes.ts';
import { createServer, type HttpServer } from './http/server.ts';
import { generateRoutes } from './images/generate-routes.ts';
import { createImaging } from './images/imaging.ts';
import { imageRoutes } from './images/routes.ts';
import { workImages } from './images/worker.ts';
import { importRoutes as articleImportRoutes } from './import/routes.ts';
import { createEmbedder } from './knowledge/embeddings.ts';
import { createExtractor } from './knowledge/extract.ts';
import { createRobots } from './knowledge/robots.ts';
import { createLimiter } from './limits/limiter.ts';
import { createModels } from './llm/models.ts';
import type { Logger } from './logger.ts';
import { backupFactsOf } from './monitoring/backup-facts.ts';
import type { Contributions } from './monitoring/parts.ts';
import { monitoringRoutes } from './monitoring/routes.ts';
import { createTelemetry } from './monitoring/telemetry.ts';
import { watchInstance } from './monitoring/watch.ts';
import { listenForWorker } from './monitoring/worker-server.ts';
import { createSafeFetch } from './net/safe-fetch.ts';
import { createMailer } from './notify/create-mailer.ts';
import { sendEmailJob } from './notify/jobs.ts';
import { emailRoutes } from './notify/routes.ts';
import { workEmails } from './notify/worker.ts';
import { instanceRoutes } from './overview/instance-routes.ts';
import { overviewRoutes } from './overview/routes.ts';
import { approvalRoutes } from './pipeline/approval-routes.ts';
import { createEventBus } from './pipeline/event-bus.ts';
import { holdRoutes } from './pipeline/hold-routes.ts';
import { runPipelineJob } from './pipeline/jobs.ts';
import { pipelineRoutes } from './pipeline/routes.ts';
import { workPipelines } from './pipeline/worker.ts';
import { previewRoutes } from './preview/routes.ts';
import { providerKeyRoutes } from './provider-keys/routes.ts';
import { decisionRoutes } from './publishing/decision-routes.ts';
import { publishJob } from './publishing/jobs.ts';
import { queueRoutes } from './publishing/queue-routes.ts';
import { publicationRoutes } from './publishing/routes.ts';
import { workPublications } from './publishing/worker.ts';
import { migrateQueue, openQueue } from './queue/queue.ts';
import { autopilotRoutes } from './schedules/autopilot-routes.ts';
import { scheduleRoutes } from './schedules/routes.ts';
import { slotRoutes } from './schedules/slot-routes.ts';
import { workSchedules } from './schedules/worker.ts';
import { syncSiteJob } from './site-posts/jobs.ts';
import { sitePostRoutes } from './site-posts/routes.ts';
import { workSitePosts } from './site-posts/worker.ts';
import { siteConnectionRoutes } from './sites/connection-routes.ts';
import { siteRoutes } from './sites/routes.ts';
import { workSites } from './sites/worker.ts';
import { importRoutes } from './topics/import-routes.ts';
import { topicRoutes } from './topics/routes.ts';
import { startTopicRoutes } from './topics/start-routes.ts';
import { readSourceJob } from './watching/jobs.ts';
import { watchingRoutes } from './watching/routes.ts';
import { workWatching } from './watching/worker.ts';
import { webSearchRoutes } from './web-search/routes.ts';
import { createWebSearch } from './web-search/web-search.ts';
import { webhookJob } from './webhooks/jobs.ts';
import { webhookRoutes } from './webhooks/routes.ts';
import { workWebhooks } from './webhooks/worker.ts';

/** A started application: where it listens, what it is made of, and how it stops. */
export interface App {
  ctx: AppContext;
  server: HttpServer;
  /** Where it listens; null in a worker. */
  url: string | null;
  port: number | null;
  /** Stops taking work, hands over what is under way, and closes everything in reverse order. */
  stop(): Promise<void>;
}

const jobs = [runPipelineJob, publishJob, sendEmailJob, webhookJob, syncSiteJob, readSourceJob];
const apiRoutes = [
  authRoutes,
  meRoutes,
  apiKeyRoutes,
  providerKeyRoutes,
  pipelineRoutes,
  articleRoutes,
  previewRoutes,
  assistRoutes,
  approvalRoutes,
  approvalRecordRoutes,
  holdRoutes,
  topicRoutes,
  startTopicRoutes,
  importRoutes,
  watchingRoutes,
  documentRoutes,
  scheduleRoutes,
  slotRoutes,
  calendarRoutes,
  autopilotRoutes,
  siteRoutes,
  sitePostRoutes,
  siteConnectionRoutes,
  publicationRoutes,
  queueRoutes,
  decisionRoutes,
  webSearchRoutes,
  webhookRoutes,
  imageRoutes,
  generateRoutes,
  failureRoutes,
  adminFailureRoutes,
  exportRoutes,
  archiveImportRoutes,
  articleImportRoutes,
  adminRoutes,
  usageRoutes,
  spendingRoutes,
  priceRoutes,
  emailRoutes,
  backupRoutes,
  overviewRoutes,
  instanceRoutes,
];

/** What features tell of themselves to those who watch over the instance. */
const contributions: Contributions = { backups: async (ctx) => backupFactsOf(await backupStatus(ctx)) };

/** Brings the schema of the product and of its queue up to this version. */
export async function migrateAll(database: Database): Promise<{ applied: string[]; newer: string[] }> {
  const result = await migrate(database);
  await migrateQueue(database, jobs as never[]);
  return result;
}

/** Builds the context over an open and migrated database; `overrides` replaces parts in tests. */
export async function createContext(
  config: Config,
  secrets: Secrets,
  log: Logger,
  database: Database,
  overrides: Partial<AppContext> = {},
): Promise<AppContext> {
  const safeFetch =
    overrides.safeFetch ??
    createSafeFetch({ allowPrivateHosts: config.net.allowPrivateHosts, userAgent: config.net.userAgent });
  const extractor = overrides.extractor ?? createExtractor();
  const auth = createAuth({ db: database.db, config, secrets, log });
  if (config.database.kind === 'embedded') await ensureLocalOwner(database.db);
  return {
    // The address of links is known once the port is.
    config: { ...config, http: { ...config.http } },
    secrets,
    log,
    database,
    db: database.db,
    queue: overrides.queue ?? (await openQueue(database, log, config.role !== 'web')),
    bus: await createEventBus(database),
    safeFetch,
    robots: createRobots(safeFetch, extractor, { userAgent: config.net.userAgent }),
    extractor,
    embedder: createEmbedder(),
    imaging: overrides.imaging ?? createImaging(),
    models: createModels(config, secrets),
    webSearch: overrides.webSearch ?? createWebSearch(config, secrets),
    auth,
    accessTokens: createAccessTokens(auth),
    operatorToken: newToken(operatorTokenPrefix),
    // Last of all that can fail: its connection comes back by itself for ever and would hold a process that failed to start.
    limiter: overrides.limiter ?? (await createLimiter(config, secrets, database, log)),
    mailer: overrides.mailer ?? createMailer(config, secrets),
    backups: createBackups({ config, secrets, database, log, now: overrides.now ?? (() => new Date()) }),
    telemetry: overrides.telemetry ?? (await createTelemetry(config, secrets, log)),
    contributions,
    now: () => new Date(),
    ...overrides,
  };
}

/** Closes what {@link createContext} opened, the database last. */
export async function closeContext(ctx: AppContext): Promise<void> {
  await ctx.queue.stop();
  await ctx.backups.close();
  await spendingChecked(ctx.db);
  await ctx.bus.close();
  await ctx.extractor.close();
  await ctx.embedder.close();
  await ctx.imaging.close();
  await ctx.safeFetch.close();
  await ctx.webSearch.close();
  await ctx.limiter.close();
  await ctx.mailer.close();
  await ctx.telemetry.close();
  await ctx.database.close();
}

/** The HTTP server with every feature's routes; not listening yet. */
export function createHttpServer(ctx: AppContext): Promise<HttpServer> {
  return createServer(ctx, { guard: createGuard(ctx), api: apiRoutes, open: [monitoringRoutes] });
}

/** Opens, migrates, serves and works, as the role says. `port` 0 takes any free one. */
export async function startApp(config: Config, secrets: Secrets, log: Logger): Promise<App> {
  const database = await openDatabase(config, secrets);
  let ctx: AppContext;
  try {
    const { newer } = await migrateAll(database);
    if (newer.length > 0) log.warn({ newer }, 'the database was added to by a newer version; going on beside it');
    ctx = await createContext(config, secrets, log, database);
  } catch (error) {
    await database.close();
    throw error;
  }
  const endWork: (() => void | Promise<void>)[] = [];
  let server: HttpServer | null = null;
  try {
    server = await createHttpServer(ctx);
    let port: number | null = null;
    if (config.role !== 'worker') {
      await server.listen({ host: config.http.host, port: config.http.port });
      port = (server.server.address() as AddressInfo).port;
      if (!config.http.fixedAppUrl) ctx.config.http.appUrl = `http://localhost:${port}`;
      ctx.database.announceServer?.({ port, operatorToken: ctx.operatorToken });
    }
    if (config.role !== 'web') {
      endWork.push(
        await workPipelines(ctx),
        await workPublications(ctx),
        await workSchedules(ctx),
        await workWatching(ctx),
        await workArticles(ctx),
        await workImages(ctx),
        await workDocuments(ctx),
        await workSites(ctx),
        await workSitePosts(ctx),
        await tendAccounts(ctx),
        await cleanUp(ctx),
        await tendBudget(ctx),
        await workBackups(ctx),
        await workEmails(ctx),
        await workWebhooks(ctx, (tx, webhook) => tellWebhookDisabled(ctx, tx, webhook)),
      );
    }
    if (config.role === 'worker' && config.monitoring.workerPort !== null) endWork.push(await listenForWorker(ctx));
    endWork.push(watchInstance(ctx));
    return { ctx, server, port, url: port === null ? null : `http://localhost:${port}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }

  async function stop(): Promise<void> {
    await server?.close();
    for (const end of endWork) await end();
    await closeContext(ctx);
  }
}
