import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { ensureLocalOwner } from '../src/accounts/operator.ts';
import { closeContext, createContext, createHttpServer, migrateAll } from '../src/app.ts';
import { type Config, loadConfig, type Role, type Secrets } from '../src/config.ts';
import type { AppContext } from '../src/context.ts';
import { type Database, fromPglite, openDatabase } from '../src/db/open.ts';
import { digest } from '../src/digest.ts';
import type { HttpServer } from '../src/http/server.ts';
import { createLogger } from '../src/logger.ts';
import { createScratchDatabase, type ScratchDatabase } from './database.ts';
import { sharedWorkers } from './shared-workers.ts';

/** The context with the user whom tests work as when they need no account: the local owner. */
export type TestContext = AppContext & { ownerId: string };

/** A running application on a database of its own: PGlite, or PostgreSQL when TEST_DATABASE_URL is set. */
export interface TestApp {
  ctx: TestContext;
  /** Its `inject` sends the operator's token along, unless a request brings an authorization of its own. */
  server: HttpServer;
  /** The same without a token: what is sent here comes from nobody, unless it says otherwise. */
  send(request: InjectOptions): Promise<LightMyRequestResponse>;
  /** What was logged, one JSON line each. */
  logs: string[];
  close(): Promise<void>;
}

const testSecret = 'a secret for tests only, forty characters';

/** Configuration for tests: nothing read from the real environment, loopback allowed only where a test says so. */
export function testConfig(env: Record<string, string> = {}, role: Role = 'all'): { config: Config; secrets: Secrets } {
  const values = {
    APP_SECRET: testSecret,
    LOG_LEVEL: 'debug',
    DATA_DIR: join(tmpdir(), 'bp-test-none'),
    AUTH_RATE_LIMIT_PER_MINUTE: '10000',
    RATE_LIMIT_PER_MINUTE: '100000',
    ...env,
  };
  return loadConfig(values, { role });
}

/** A fresh, migrated database that nothing else uses. */
export async function openTestDatabase(): Promise<Database> {
  const url = process.env.TEST_DATABASE_URL;
  return url ? freshPostgres(url) : freshPglite();
}

/** The whole application over a fresh database, with `overrides` in place of its parts. Workers are not started; with the role `web` nobody looks after the queue. */
export async function startTestApp(
  options: { env?: Record<string, string>; role?: Role; overrides?: Partial<AppContext> } = {},
): Promise<TestApp> {
  const database = await openTestDatabase();
  const { config, secrets } = testConfig(options.env, options.role);
  const logs: string[] = [];
  const log = createLogger(config.log.level, { write: (line) => logs.push(line) });
  const parts = { ...sharedWorkers(), ...options.overrides };
  const context = await createContext(config, secrets, log, database, parts);
  const ownerId = await ensureLocalOwner(database.db);
  if (ownerId === null) throw new Error('a fresh database has accounts');
  // Not a copy: what the application changes in its context, tests see.
  const ctx = Object.assign(context, { ownerId });
  const server = await createHttpServer(ctx);
  await server.ready();
  const send = asOwner(server, ctx.operatorToken);
  return {
    ctx,
    server,
    send,
    logs,
    async close() {
      await server.close();
      await closeContext(ctx);
    },
  };
}

/** Requests without an authorization of their own come from the command line, that is from the local owner. Returns `inject` as it was. */
function asOwner(server: HttpServer, operatorToken: string): TestApp['send'] {
  const inject = server.inject.bind(server);
  const withToken = (options: InjectOptions | string): InjectOptions => {
    const request = typeof options === 'string' ? { url: options } : options;
    return { ...request, headers: { authorization: `Bearer ${operatorToken}`, ...request.headers } };
  };
  server.inject = ((options: InjectOptions | string) => inject(withToken(options))) as typeof server.inject;
  return (request) => inject(request);
}

/** A migrated database on the server that `url` names, for TEST_DATABASE_TEMPLATE: tests get copies of it. */
export async function makePostgresTemplate(url: string): Promise<ScratchDatabase> {
  const scratch = await createScratchDatabase(url, 'bp_template');
  const database = await openScratch(scratch);
  await migrateAll(database);
  await database.close();
  return scratch;
}

async function freshPostgres(url: string): Promise<Database> {
  // Named by the global setup; without one, each is migrated.
  const template = process.env.TEST_DATABASE_TEMPLATE;
  const scratch = await createScratchDatabase(url, 'bp_test', template);
  const database = await openScratch(scratch);
  if (!template) await migrateAll(database);
  return {
    ...database,
    async close() {
      await database.close();
      await scratch.drop();
    },
  };
}

function openScratch(scratch: ScratchDatabase): Promise<Database> {
  const { config, secrets } = testConfig({ DATABASE_URL: scratch.url });
  return openDatabase(config, secrets);
}

/** Migrating takes seconds, loading a snapshot a fifth of one: the snapshot is made once for each state of the migrations. */
async function freshPglite(): Promise<Database> {
  const { openEmpty, openSnapshot, writeSnapshot } = await import('./embedded-snapshot.ts');
  const snapshot = preparedFor('pglite', '.v8');
  if (existsSync(snapshot)) return fromPglite(await openSnapshot(snapshot));
  const pglite = await openEmpty();
  const database = await fromPglite(pglite);
  await migrateAll(database);
  await writeSnapshot(pglite, snapshot);
  return database;
}

/**
 * Makes a data directory with an embedded database that has its schema and nothing else: what the first start would take
 * seconds for. The one that it is a copy of is made once for each state of the migrations.
 */
export async function makeDataDir(dataDir: string): Promise<void> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  cpSync(join(await preparedDataDir(), 'db'), join(dataDir, 'db'), { recursive: true });
}

/** Where the one is that others are copies of. */
export async function preparedDataDir(): Promise<string> {
  const prepared = preparedFor('data', '');
  if (existsSync(prepared)) return prepared;
  const unfinished = `${prepared}.${process.pid}`;
  const { config, secrets } = testConfig({ DATA_DIR: unfinished });
  const database = await openDatabase(config, secrets);
  await migrateAll(database);
  await database.close();
  renameSync(unfinished, prepared);
  return prepared;
}

let state: string | null = null;

/** Its name has the digest of all that it is made of, which does not change while a process runs. */
function preparedFor(kind: string, ending: string): string {
  const folder = new URL('../.cache/test/', import.meta.url).pathname;
  mkdirSync(folder, { recursive: true });
  state ??= stateOfMigrations();
  return join(folder, `${kind}-${state}${ending}`);
}

function stateOfMigrations(): string {
  const root = new URL('../', import.meta.url);
  const migrations = readdirSync(new URL('src/db/migrations/', root)).map((name) => `src/db/migrations/${name}`);
  const own = [
    'test/embedded-snapshot.ts',
    'src/db/migrate.ts',
    'src/queue/queue.ts',
    'src/app.ts',
    'package-lock.json',
  ];
  const inputs = [...migrations, ...own];
  return digest(inputs.map((file) => readFileSync(new URL(file, root), 'utf8'))).slice(0, 16);
}
