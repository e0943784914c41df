import { isNotNull } from 'drizzle-orm';
import { users } from './accounts/schema.ts';
import { type App, startApp } from './app.ts';
import { type Config, type Secrets, version } from './config.ts';
import { runSampleOnce } from './first-run.ts';
import type { Logger } from './logger.ts';

/**
 * Runs the server and the workers until `stop` aborts; `say` receives the few lines a person reads. Resolves when
 * everything is closed. Throws what kept it from starting, or from going on.
 */
export async function serve(
  config: Config,
  secrets: Secrets,
  log: Logger,
  say: (line: string) => void,
  stop: AbortSignal,
): Promise<void> {
  const app = await startApp(config, secrets, log);
  try {
    announce(app, say);
    await sayWhoIsFirst(app, say);
    // The sample is a welcome, not a need: what is wrong with it shows in the log, and the next start tries again.
    const sample = runSampleOnce(app.ctx, app.url, say, stop).catch((error) =>
      log.error({ err: error }, 'the sample article of the first start failed'),
    );
    const { broken: breaking } = app.ctx.database;
    const broken = await Promise.race([aborted(stop), ...(breaking ? [breaking] : [])]);
    if (broken) throw broken;
    say('Stopping: what is under way is kept and goes on at the next start ...');
    await sample;
  } finally {
    await app.stop();
  }
  say('Stopped.');
}

function announce(app: App, say: (line: string) => void): void {
  const { config, models } = app.ctx;
  const where = config.database.kind === 'embedded' ? `embedded database in ${config.dataDir}` : 'PostgreSQL';
  if (app.url) say(`blog-poster ${version} serves on ${app.url}`);
  else say(`blog-poster ${version} works the queue`);
  say(`  ${where}; writer: ${models.chain.join(', then ')}; Ctrl-C stops`);
  if (config.database.kind === 'embedded' && config.role !== 'all') {
    say(`  Only one process can use the embedded database, and with --role ${config.role} it does half of the work.`);
  }
}

/** Where nobody has an account yet: how the first one is made. */
async function sayWhoIsFirst(app: App, say: (line: string) => void): Promise<void> {
  const { db, config } = app.ctx;
  if (!app.url || (await db.$count(users, isNotNull(users.email))) > 0) return;
  if (config.database.kind === 'embedded') {
    say('  Nobody has an account yet: the first one that is made there, on this machine, is the admin.');
  } else say('  Nobody has an account yet. Make the admin: blog-poster user create --email you@example.com --admin');
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
