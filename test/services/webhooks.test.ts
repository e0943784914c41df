import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureLocalOwner } from '../../src/accounts/operator.ts';
import { closeContext, createContext, migrateAll } from '../../src/app.ts';
import { openDatabase } from '../../src/db/open.ts';
import { createLogger } from '../../src/logger.ts';
import { emitEvent } from '../../src/webhooks/events.ts';
import { webhookDeliveries } from '../../src/webhooks/schema.ts';
import { createWebhook } from '../../src/webhooks/webhooks.ts';
import { createScratchDatabase, type ScratchDatabase } from '../database.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../fakes/webhook-receiver.ts';
import { type TestContext, testConfig } from '../harness.ts';
import { type Program, runProgram } from '../program.ts';

const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const server = process.env.TEST_DATABASE_URL;
if (!server) throw new Error('TEST_DATABASE_URL is not set: see test/services/compose.yaml.');

let database: ScratchDatabase;
let receiver: WebhookReceiver;
let ctx: TestContext;
let dataDir: string;
let env: Record<string, string>;
const children: Program[] = [];

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  database = await createScratchDatabase(server);
  dataDir = mkdtempSync(join(tmpdir(), 'bp-webhooks-'));
  env = {
    DATABASE_URL: database.url,
    APP_SECRET: 'a secret for tests only, forty characters',
    DATA_DIR: dataDir,
    ALLOW_PRIVATE_HOSTS: receiver.host,
    LOG_LEVEL: 'info',
  };
  const { config, secrets } = testConfig(env);
  const opened = await openDatabase({ ...config, role: 'web' }, secrets);
  await migrateAll(opened);
  const context = await createContext({ ...config, role: 'web' }, secrets, createLogger('silent'), opened);
  ctx = Object.assign(context, { ownerId: (await ensureLocalOwner(opened.db)) ?? '' });
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await closeContext(ctx);
  await database.drop();
  await receiver.close();
  rmSync(dataDir, { recursive: true, force: true });
});

function startWorker(): Program {
  const worker = runProgram(cli, ['start', '--role', 'worker'], env);
  children.push(worker);
  return worker;
}

it('arrive at least once when a worker is killed in the middle of two, and never twice at the same time from two others', async () => {
  const input = { url: receiver.url, description: '', events: ['article.created' as const] };
  await ctx.db.transaction((tx) => createWebhook(ctx, tx, ctx.ownerId, input));
  await ctx.db.transaction(async (tx) => {
    for (let index = 0; index < 40; index++) {
      await emitEvent(ctx, tx, ctx.ownerId, { type: 'article.created', data: { index } });
    }
  });
  // The first worker is killed while the receiver holds its requests.
  receiver.answer = () => undefined;
  const first = startWorker();
  await expect.poll(() => receiver.received.length, { timeout: 60_000 }).toBe(2);
  const interrupted = receiver.received.map(({ id }) => id);
  first.kill('SIGKILL');
  receiver.answer = (response) => void setTimeout(() => response.writeHead(204).end(), Math.random() * 50);
  const [second, third] = [startWorker(), startWorker()];
  const open = () => ctx.db.$count(webhookDeliveries, sql`status <> 'delivered'`);
  await expect.poll(open, { timeout: 100_000, interval: 200 }).toBe(0);

  const ids = (await ctx.db.select().from(webhookDeliveries)).map(({ id }) => id);
  expect(ids).toHaveLength(40);
  expect(receiver.received.map(({ id }) => id).sort()).toEqual([...ids, ...interrupted].sort());
  expect(receiver.mostAtOnce()).toBe(1);
  const worked = [second, third].map((worker) => worker.output().match(/webhook delivery ended/g)?.length ?? 0);
  expect(worked[0]).toBeGreaterThan(0);
  expect(worked[1]).toBeGreaterThan(0);
});
