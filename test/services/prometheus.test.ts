import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ensureLocalOwner } from '../../src/accounts/operator.ts';
import { type App, startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { createLogger } from '../../src/logger.ts';
import type { BackupFacts } from '../../src/monitoring/parts.ts';
import { rules } from '../../src/monitoring/rules.ts';
import { readTotals, storeCounts } from '../../src/monitoring/store-counts.ts';
import { getPipeline } from '../../src/pipeline/queries.ts';
import { createScratchDatabase, type ScratchDatabase } from '../database.ts';
import { givenPipeline, givenSite, withModel } from '../factories.ts';
import { diligentScript, scriptedModel } from '../fakes/scripted-model.ts';
import type { TestContext } from '../harness.ts';
import { needed } from './environment.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const token = 'the-token-of-the-monitors';
const prometheus = needed('TEST_PROMETHEUS_URL');
const scratch = mkdtempSync(join(tmpdir(), 'bp-prometheus-'));

let database: ScratchDatabase;
let app: App;
let forwarder: Server;

/** Prometheus of the tests sends no token: what it asks for goes through here. */
function startForwarder(to: string): Promise<Server> {
  const server = createServer(async (request, response) => {
    const answer = await fetch(`${to}${request.url}`, { headers: { authorization: `Bearer ${token}` } });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
    response.end(await answer.text());
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(needed('TEST_SCRAPED_PORT')), '127.0.0.1', () => resolve(server));
  });
}

const backups: BackupFacts = {
  storage: 'up',
  lastSucceededAt: new Date(Date.now() - 3_600_000),
  lastFailedAt: new Date(Date.now() - 90_000_000),
  lastVerifiedAt: new Date(Date.now() - 1_800_000),
  lastVerifiedOk: true,
  late: { backup: false, verification: false },
  monthSucceeded: 29,
  monthFailed: 1,
  bytes: 1_000_000,
  problem: null,
};

beforeAll(async () => {
  database = await createScratchDatabase(needed('TEST_DATABASE_URL'));
  const { config, secrets } = loadConfig(
    {
      DATABASE_URL: database.url,
      APP_SECRET: 'a secret for tests only, forty characters',
      DATA_DIR: scratch,
      METRICS_TOKEN: token,
      HOST: '127.0.0.1',
      LOG_LEVEL: 'fatal',
    },
    { port: 0 },
  );
  app = await startApp(config, secrets, createLogger('fatal'));
  Object.assign(app.ctx, withModel(scriptedModel(diligentScript)), { contributions: { backups: async () => backups } });
  forwarder = await startForwarder(app.url ?? '');

  // An article that is written and handed to a site that does not answer, and requests of people.
  const ownerId = (await ensureLocalOwner(app.ctx.db)) ?? '';
  const ctx: TestContext = Object.assign(app.ctx, { ownerId });
  const siteId = await givenSite(ctx, 'A site that is away');
  const { id } = await givenPipeline(ctx, { siteId, publish: 'draft', approval: 'auto' });
  for (;;) {
    const { status, error } = await getPipeline(ctx.db, ownerId, id);
    if (status === 'succeeded') break;
    if (status === 'failed') throw new Error(error?.message);
    await pause(200);
  }
  await fetch(`${app.url}/api/v1/auth/session`);
  await fetch(`${app.url}/api/v1/articles`);
  const { counts } = ctx.telemetry;
  await vi.waitFor(
    async () => {
      await storeCounts(ctx.db, counts, true);
      expect((await readTotals(ctx.db)).has('blog_poster_publication_attempts_total')).toBe(true);
    },
    { timeout: 30_000, interval: 500 },
  );
  await vi.waitFor(
    async () =>
      expect(await series('count_over_time(blog_poster_publication_attempts_total[1m]) > 2')).not.toHaveLength(0),
    { timeout: 30_000, interval: 500 },
  );
});

afterAll(async () => {
  forwarder.close();
  forwarder.closeAllConnections();
  await app.stop();
  await database.drop();
  rmSync(scratch, { recursive: true, force: true });
});

/** What Prometheus finds for a query, at present. */
async function series(query: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]> {
  const answer = await fetch(`${prometheus}/api/v1/query?query=${encodeURIComponent(query)}`);
  const json = (await answer.json()) as { status: string; error?: string; data: { result: never[] } };
  if (json.status !== 'success') throw new Error(`${query}: ${json.error}`);
  return json.data.result;
}

/** The same, once there is something: a scrape that a busy machine has missed takes all series away until the next. */
const found = (query: string) =>
  vi.waitFor(
    async () => {
      const result = await series(query);
      expect(result).not.toEqual([]);
      return result;
    },
    { timeout: 10_000, interval: 300 },
  );

/** Runs promtool, beside the app: this process serves what Prometheus scrapes. */
async function promtool(args: string[], input = ''): Promise<{ status: number; said: string }> {
  const child = spawn('promtool', args, { cwd: root });
  child.stdin.end(input);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const [status] = await once(child, 'close');
  return { status, said };
}

interface Panel {
  title: string;
  targets: { expr: string }[];
  gridPos: { x: number; y: number; w: number; h: number };
}
const dashboards = globSync('deploy/grafana/*.json', { cwd: root }).map((file) => ({
  file,
  ...(JSON.parse(readFileSync(join(root, file), 'utf8')) as { uid: string; panels: Panel[] }),
}));
const queries = dashboards.flatMap(({ uid, panels }) =>
  panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ of: `${uid}: ${title}`, expr }))),
);

describe('the dashboards', () => {
  it('are four, with panels that stand beside each other', () => {
    expect(dashboards.map(({ uid }) => uid).sort()).toEqual([
      'blog-poster-money',
      'blog-poster-overview',
      'blog-poster-publishing',
      'blog-poster-queue',
    ]);
    const overlaps = (a: Panel['gridPos'], b: Panel['gridPos']) =>
      a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
    for (const { panels } of dashboards) {
      expect(
        panels.flatMap((one, index) => panels.slice(index + 1).filter((other) => overlaps(one.gridPos, other.gridPos))),
      ).toEqual([]);
    }
  });

  it.each(queries)('$of: $expr', async ({ expr }) => {
    expect(await found(expr.replaceAll('$__rate_interval', '1m'))).not.toEqual([]);
  });

  it('shows the same money as the ledger', async () => {
    const [spent] = await found('max(blog_poster_month_spent_dollars)');
    const [counted] = await found('sum(max by (model, payer) (blog_poster_model_cost_dollars_total))');
    expect(Number(spent?.value[1])).toBeGreaterThan(0);
    expect(Number(spent?.value[1])).toBeCloseTo(Number(counted?.value[1]), 6);
  });
});

describe('the alert rules', () => {
  const file = join(root, 'deploy/prometheus/alerts.yml');
  const text = readFileSync(file, 'utf8');

  it('are sound, and their own tests hold', async () => {
    expect(await promtool(['check', 'rules', file])).toMatchObject({ status: 0 });
    expect(await promtool(['test', 'rules', 'deploy/prometheus/alerts.test.yml'])).toMatchObject({ status: 0 });
  });

  it('have a test and a place in the runbook each', () => {
    const names = [...text.matchAll(/- alert: (\w+)/g)].map(([, name]) => name ?? '');
    const tests = readFileSync(join(root, 'deploy/prometheus/alerts.test.yml'), 'utf8');
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !tests.includes(`alertname: ${name}`))).toEqual([]);
    const documents = readFileSync(join(root, 'docs/runbook.md'), 'utf8');
    const anchors = [...text.matchAll(/runbook: docs\/runbook\.md#([\w-]+)/g)].map(([, anchor]) => anchor ?? '');
    const headings = [...documents.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
      (title ?? '')
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    expect(anchors).toHaveLength(names.length);
    expect([...anchors, ...rules.map(({ name }) => name)].filter((anchor) => !headings.includes(anchor))).toEqual([]);
  });

  it('look at series that are there, whether or not anything is wrong', async () => {
    // Each metric of each rule, without the comparison that only a fault meets.
    const expressions = [...text.matchAll(/expr: (>\n(?: {10}.+\n)+|.+)/g)].map(([, expr]) => expr ?? '');
    const metrics = new Set(expressions.flatMap((expr) => expr.match(/\b(?:blog_poster|nodejs)_\w+\b|\bup\b/g) ?? []));
    expect(metrics.size).toBeGreaterThan(15);
    for (const metric of metrics) expect(await found(metric), metric).not.toEqual([]);
    for (const expr of expressions) await series(expr.replace(/^>\n/, '').replaceAll(/\s+/g, ' '));
  });

  it('the configuration of the scrape is sound', async () => {
    const config = 'deploy/prometheus/prometheus.yml';
    expect(await promtool(['check', 'config', '--syntax-only', config])).toMatchObject({ status: 0 });
  });
});

it('what the app shows is to the liking of Prometheus, by name and form', async () => {
  const answer = await fetch(`${app.url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  expect(await promtool(['check', 'metrics'], await answer.text())).toEqual({ status: 0, said: '' });
});
