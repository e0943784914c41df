import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { users } from '../../src/accounts/schema.ts';
import { tellWebhookDisabled } from '../../src/accounts/webhook-disabled.ts';
import { queryRows } from '../../src/db/open.ts';
import { workPipelines } from '../../src/pipeline/worker.ts';
import { workPublications } from '../../src/publishing/worker.ts';
import { workWebhooks } from '../../src/webhooks/worker.ts';
import { client } from '../accounts.ts';
import { startHostileSite } from '../fakes/hostile-site.ts';
import { type Example, readExamples } from '../guide/blocks.ts';
import { differences, fillIn, type Meanings } from '../guide/compare.ts';
import { type Shell, startShell } from '../guide/shell.ts';
import { startTestApp, type TestApp } from '../harness.ts';

const examples = readExamples('docs/api.md');

/** What a reader has before they begin, by the words that the guide has for it. */
const reader = { email: 'you@example.com', password: 'correct horse battery staple' };

let app: TestApp;
let shell: Shell;
let folder: string;
let receiverPort: number;
const meanings: Meanings = new Map();
const ends: (() => unknown)[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bp-api-guide-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  app = await startTestApp({ env: { ALLOW_PRIVATE_HOSTS: '127.0.0.1' } });
  ends.push(() => app.close());
  await app.server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.server.address() as AddressInfo;
  const site = await startHostileSite();
  ends.push(() => site.close());
  // Its posts have the address that it is reached at.
  site.behaviour = async ({ healthy, response }) => {
    const { status, headers, body } = await healthy();
    response.writeHead(status, Object.fromEntries(headers)).end(body.replaceAll(site.double.url, site.url));
    return true;
  };
  receiverPort = await freePort();
  await client(app).ask('POST', '/auth/register', reader);
  ends.push(await workPipelines(app.ctx), await workPublications(app.ctx));
  ends.push(await workWebhooks(app.ctx, (tx, webhook) => tellWebhookDisabled(app.ctx, tx, webhook)));
  shell = startShell(folder);
  ends.push(() => shell.close());
  meanings.set('http://localhost:3000', `http://127.0.0.1:${port}`);
  meanings.set('https://crumb.example', site.url);
  meanings.set('https://hooks.example', `http://127.0.0.1:${receiverPort}`);
  meanings.set('PORT=4000', `PORT=${receiverPort}`);
});
afterAll(async () => {
  for (const end of ends.toReversed()) await end();
});

describe('docs/api.md', () => {
  it('shows something to run, and most of what it prints', () => {
    expect(examples.length).toBeGreaterThan(30);
    expect(examples.filter(({ shown }) => shown).length).toBeGreaterThan(20);
  });

  // One after the other: each stands on what those before it have made.
  it.for(examples.map((example) => [`${example.section}, line ${example.line}`, example] as const))(
    'keeps its word: %s',
    async ([, example]) => {
      if (example.section === 'Limits') await lowerLimit();
      if (example.section === 'Publish') await withoutImages();
      expect(await tryOut(example)).toEqual([]);
    },
  );

  it('shows each id, key and secret as it was given', () => {
    const given = [...meanings.values()];
    expect(new Set(given).size).toBe(given.length);
  });
});

/** Does what the reader is told to; returns what is then not as the guide says. */
async function tryOut({ commands, file, shown }: Example): Promise<string[]> {
  await settled();
  if (file) writeFileSync(join(folder, file.name), file.text);
  if (commands === null) return [];
  const { printed, status } = await shell.run(fillIn(commands, meanings));
  if (commands.includes('PORT=')) await answering(receiverPort);
  if (status !== 0) return [`ended with ${status}`, printed];
  if (shown) return differences(shown, printed, meanings);
  return printed === '' ? [] : [`prints what is not shown: ${printed}`];
}

/** Readers are slower than the queues: what was begun is done before they go on. */
async function settled(): Promise<void> {
  const underWay = async () => {
    const [row] = await queryRows<{ count: number }>(
      app.ctx.db,
      sql`select (select count(*) from pipelines where status in ('queued', 'running'))
          + (select count(*) from publications where status in ('queued', 'publishing'))
          + (select count(*) from webhook_deliveries where status in ('pending', 'delivering')) as count`,
    );
    return Number(row?.count);
  };
  await expect.poll(underWay, { timeout: 30_000, interval: 20 }).toBe(0);
}

/** Leaves the reader one request a minute, which they have made: what the guide shows of limits is true for them then. */
async function lowerLimit(): Promise<void> {
  await app.ctx.db.update(users).set({ requestsPerMinute: 1 }).where(eq(users.email, reader.email));
}

/** The double of a site takes no images. */
async function withoutImages(): Promise<void> {
  await app.ctx.db.execute(sql`update sites set settings = settings || '{"featuredImage":"none"}'`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until something listens there. */
async function answering(port: number): Promise<void> {
  const listens = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  await expect.poll(listens, { timeout: 20_000, interval: 20 }).toBe(true);
}
