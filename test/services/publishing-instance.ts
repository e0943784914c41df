import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eq } from 'drizzle-orm';
import type { PoolConfig } from 'pg';
import { type Site, sites } from '../../src/sites/schema.ts';
import { createSite } from '../../src/sites/sites.ts';
import { createWordPressClient, type WordPressClient } from '../../src/wordpress/client.ts';
import type { SeoPlugin } from '../../src/wordpress/seo-plugin.ts';
import { type DatabaseProxy, startDatabaseProxy } from '../fakes/database-proxy.ts';
import { type Fault, type FaultProxy, type ProxiedRequest, startFaultProxy } from '../fakes/fault-proxy.ts';
import { startTestApp, type TestContext } from '../harness.ts';
import { type Program, printed, runProgram } from '../program.ts';
import { realSite, removeEverything } from './publishing-data.ts';

const entry = (path: string) => fileURLToPath(new URL(path, import.meta.url));
/** The whole program, and one that works publications only, which starts in a third of the time. */
const programs = {
  product: [entry('../../src/cli.ts'), 'start', '--role', 'worker'],
  publishing: [entry('../publishing-worker.ts')],
} as const;

/** A worker of the product as a process of its own, which reaches its database through a proxy. */
export interface Worker {
  name: string;
  program: Program;
  database: DatabaseProxy;
  /** Resolves when the process is gone. */
  kill(): Promise<void>;
}

/** A request that a site got: from which worker, when (milliseconds since 1970), and what kind it is. */
export interface SeenRequest extends ProxiedRequest {
  worker: string;
  at: number;
}

/** A site of the instance behind a proxy of its own, and so a queue of its own. */
export interface Target {
  site: Site;
  proxy: FaultProxy;
  seen: SeenRequest[];
  /** Decides what becomes of each request; it is seen before that. */
  setRule(rule: (request: SeenRequest) => Fault | undefined): void;
}

/** A PostgreSQL database of its own, with sites and workers. */
export interface Instance {
  ctx: TestContext;
  /** Stands in the names of all that it brings to the sites, and in nobody else's. */
  word: string;
  /** Straight to the real sites, in their order. */
  direct: readonly [WordPressClient, WordPressClient];
  /** `number` says which of the real sites it is. */
  givenSite(number: 1 | 2, more?: { seoPlugin?: SeoPlugin; timezone?: string }): Promise<Target>;
  /** Resolves when the worker works. Its requests tell its name. */
  startWorker(name: string, kind?: keyof typeof programs): Promise<Worker>;
  close(): Promise<void>;
}

/** The header by which seo-double.php knows which plugin it is. */
export const seoHeader = 'x-bp-test-seo';

/** Starts it without any worker. What it brings to the sites is taken away when it is closed. */
export async function startInstance(name: string): Promise<Instance> {
  const app = await startTestApp({ env: { ALLOW_PRIVATE_HOSTS: '127.0.0.1' } });
  const { ctx } = app;
  const { engine } = ctx.database;
  if (engine.kind !== 'postgres')
    throw new Error('TEST_DATABASE_URL is not set: see test/services/compose.yaml for servers to test against.');
  const databaseUrl = (engine.connection as PoolConfig).connectionString ?? '';
  const { safeFetch } = ctx;
  const workers: Worker[] = [];
  const targets: Target[] = [];

  const direct = [
    createWordPressClient({ safeFetch, ...realSite(1) }),
    createWordPressClient({ safeFetch, ...realSite(2) }),
  ] as const;
  const word = `${name}${Date.now().toString(36)}`;
  return {
    ctx,
    word,
    direct,
    async givenSite(number, { seoPlugin, timezone } = {}) {
      const { siteUrl, username, applicationPassword } = realSite(number);
      const proxy = await startFaultProxy(siteUrl, undefined, seoPlugin ? { [seoHeader]: seoPlugin } : {});
      const name = `WordPress ${number} at ${proxy.url}`;
      const { id } = await createSite(ctx, ctx.db, ctx.ownerId, {
        name,
        url: proxy.url,
        username,
        applicationPassword,
      });
      // As its check leaves it, so that the requests are those of the publications.
      const checked = {
        restRoot: `${proxy.url}/${number === 1 ? 'wp-json/' : '?rest_route=/'}`,
        seoPlugin: seoPlugin ?? null,
        lastOkAt: new Date(),
        lastCheckedAt: new Date(),
        nextCheckAt: new Date(Date.now() + 86_400_000),
        settings: { featuredImage: 'none' as const },
        ...(timezone ? { timezone } : {}),
      };
      const [site] = await ctx.db.update(sites).set(checked).where(eq(sites.id, id)).returning();
      const seen: SeenRequest[] = [];
      let rule: (request: SeenRequest) => Fault | undefined = () => undefined;
      proxy.setRule((request) => {
        const worker = /\+https:\/\/([\w-]+)\.example/.exec(request.headers['user-agent'] ?? '')?.[1] ?? '';
        const noted = { ...request, worker, at: Date.now() };
        seen.push(noted);
        return rule(noted);
      });
      const target: Target = { site: site as Site, proxy, seen, setRule: (next) => (rule = next) };
      targets.push(target);
      return target;
    },
    async startWorker(name, kind = 'publishing') {
      const database = await startDatabaseProxy(databaseUrl);
      const [script, ...args] = programs[kind];
      const program = runProgram(script, args, {
        DATABASE_URL: database.url,
        APP_SECRET: ctx.secrets.appSecret,
        APP_URL: `https://${name}.example`,
        ALLOW_PRIVATE_HOSTS: '127.0.0.1',
        LOG_LEVEL: 'info',
      });
      const worker: Worker = {
        name,
        program,
        database,
        async kill() {
          if (program.exitCode !== null || program.signalCode !== null) return;
          const gone = once(program, 'close');
          program.kill('SIGKILL');
          await gone;
        },
      };
      workers.push(worker);
      await printed(program, 'works the queue');
      return worker;
    },
    async close() {
      for (const worker of workers) {
        await worker.kill();
        await worker.database.close();
      }
      for (const { proxy } of targets) await proxy.close();
      await Promise.all(direct.map((client) => removeEverything(client, word)));
      await app.close();
    },
  };
}
