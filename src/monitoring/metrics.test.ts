import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { givenPipeline, withModel } from '../../test/factories.ts';
import { diligentScript, scriptedModel } from '../../test/fakes/scripted-model.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { modelLabel } from '../events.ts';
import { runPipeline } from '../pipeline/runner.ts';
import { createMetrics } from './metrics.ts';
import { readTotals, storeCounts } from './store-counts.ts';

const token = 'a-token-of-the-monitors';
const authorization = `Bearer ${token}`;
let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ env: { METRICS_TOKEN: token }, overrides: withModel(scriptedModel(diligentScript)) });
});
afterAll(() => app.close());

const scrape = async (headers: Record<string, string> = {}) =>
  (await app.send({ url: '/metrics', headers: { authorization, ...headers } })).body;

/** The series of a text of metrics: lines that are no comments. */
const seriesOf = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('/metrics', () => {
  it('answers nothing at all while no token is set', async () => {
    const { secrets } = app.ctx;
    secrets.metricsToken = null;
    try {
      const answer = await app.send({ url: '/metrics', headers: { authorization } });
      expect(answer.statusCode).toBe(404);
      expect(answer.json().code).toBe('not_found');
    } finally {
      secrets.metricsToken = token;
    }
  });

  it.each([
    ['no token', {}],
    ['another token', { authorization: 'Bearer another-token-of-monitors' }],
    ['the beginning of the token', { authorization: `Bearer ${token.slice(0, -1)}` }],
    ['the token without its scheme', { authorization: token }],
  ])('refuses %s', async (_, headers) => {
    const answer = await app.send({ url: '/metrics', headers });
    expect(answer.statusCode).toBe(401);
    expect(answer.body).not.toContain('blog_poster_');
  });

  it('counts answers by method, route and status, with their times', async () => {
    await app.server.inject('/api/v1/me');
    const text = await scrape();
    expect(text).toMatch(
      /blog_poster_http_request_duration_seconds_count\{method="GET",route="\/api\/v1\/me",status="200"\} 1\n/,
    );
    expect(text).toMatch(
      /blog_poster_http_request_duration_seconds_bucket\{method="GET",route="\/api\/v1\/me",status="200",le="\+Inf"\} 1\n/,
    );
  });

  it('keeps the number of series whatever strangers ask for', async () => {
    const paths = (round: number) => [
      `/api/v1/articles/${round}${'x'.repeat(50)}`,
      `/wp-admin/${round}.php`,
      `/${round}"},evil="1`,
      `/api/v1/nothing/${round}\n`,
      `/metrics/${round}`,
      `/%E0%A4%A${round}`,
    ];
    const ask = async (round: number) => {
      for (const url of paths(round)) {
        for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'] as const) await app.send({ method, url });
      }
    };
    await ask(0);
    await scrape();
    const before = seriesOf(await scrape());
    for (let round = 1; round < 5; round++) await ask(round);
    const after = seriesOf(await scrape());
    expect(after.length).toBe(before.length);
    expect(after.join('\n')).not.toMatch(/wp-admin|evil|xxx/);
  });

  it('counts the steps and calls of runs once for the instance, as many as stand in the ledger', async () => {
    const { ctx } = app;
    const { id } = await givenPipeline(ctx, { publish: 'none' });
    await runPipeline(ctx, id, new AbortController().signal);
    await storeCounts(ctx.db, ctx.telemetry.counts, true);
    const text = await (await createMetrics(ctx)).read();
    for (const step of ['topic', 'research', 'outline', 'draft', 'check', 'seo', 'publish']) {
      expect(text).toContain(`blog_poster_pipeline_steps_total{step="${step}",status="succeeded"} 1`);
      expect(text).toContain(`blog_poster_pipeline_step_duration_seconds_count{step="${step}"} 1`);
    }
    const calls = seriesOf(text).filter((line) => line.startsWith('blog_poster_model_calls_total'));
    const [ledger] = (
      (await ctx.db.execute(
        sql`select count(*)::int as calls from paid_calls where status = 'settled'`,
      )) as unknown as {
        rows: { calls: number }[];
      }
    ).rows;
    const counted = calls.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    expect(counted).toBe(ledger?.calls);
    expect(counted).toBeGreaterThan(3);
  });

  it('has one label for all models that users name themselves', () => {
    const { config } = app.ctx;
    const label = (model: string) => modelLabel(config, model);
    const named = Array.from({ length: 500 }, (_, index) => [
      `openai:own-${index}`,
      `evil-${index}:x`,
      `${index}"}\n`,
    ]).flat();
    expect(new Set(named.map(label))).toEqual(new Set(['openai:other', 'other']));
    expect(label(config.models.chain[0] ?? '')).toBe(config.models.chain[0]);
    expect(label('brave')).toBe('brave');
  });

  it('goes on from what was counted before a restart, and adds up what several processes count', async () => {
    const { ctx } = app;
    const of = async () =>
      (await readTotals(ctx.db))
        .get('blog_poster_publication_attempts_total')
        ?.find(({ labels }) => labels.outcome === 'done')?.value ?? 0;
    const before = await of();
    const others = await Promise.all(
      [1, 2].map(async () => {
        const { createCounts } = await import('./counts.ts');
        return createCounts();
      }),
    );
    for (const counts of others) {
      counts.add('blog_poster_publication_attempts_total', { outcome: 'done' });
      counts.add('blog_poster_publication_attempts_total', { outcome: 'retry' });
    }
    await Promise.all(others.map((counts) => storeCounts(ctx.db, counts, false)));
    expect((await of()) - before).toBe(2);
  });

  it('keeps what could not be stored for the next time', async () => {
    const { createCounts } = await import('./counts.ts');
    const counts = createCounts();
    counts.add('blog_poster_publication_attempts_total', { outcome: 'withdrawn' }, 3);
    counts.answered({ method: 'GET', route: '/x', status: 500, seconds: 1, counts: true });
    const broken = { transaction: () => Promise.reject(new Error('away')) } as unknown as typeof app.ctx.db;
    await expect(storeCounts(broken, counts, true)).rejects.toThrow('away');
    expect(counts.take()).toEqual({
      additions: [{ name: 'blog_poster_publication_attempts_total', labels: '{"outcome":"withdrawn"}', value: 3 }],
      answered: { requests: 1, errors: 1, buckets: [0, 0, 0, 0, 1, 0, 0, 0, 0] },
    });
  });

  it('shows no figure of backups where there are none, and each where there are', async () => {
    expect(await scrape()).not.toMatch(/blog_poster_(backup_\w+|slo_backups_ratio)(\{| )\d/);
    const at = new Date('2026-11-30T03:15:00Z');
    const facts = {
      storage: 'up' as const,
      lastSucceededAt: at,
      lastFailedAt: null,
      lastVerifiedAt: at,
      lastVerifiedOk: true,
      late: { backup: false, verification: false },
      monthSucceeded: 3,
      monthFailed: 1,
      bytes: 12_345,
      problem: null,
    };
    const text = await (await createMetrics({ ...app.ctx, contributions: { backups: async () => facts } })).read();
    expect(text).toContain('blog_poster_slo_backups_ratio 0.75');
    expect(text).toContain(`blog_poster_backup_last_success_timestamp_seconds ${at.getTime() / 1000}`);
    expect(text).toContain('blog_poster_backup_verified 1');
    expect(text).toContain('blog_poster_backups_month{outcome="failed"} 1');
  });

  it('gives simple monitors a summary, in which nothing unknown is zero', async () => {
    const answer = await app.send({ url: '/metrics', headers: { authorization, accept: 'application/json' } });
    expect(answer.headers['content-type']).toContain('application/json');
    expect(answer.json()).toEqual({
      articles_today: 1,
      active_users: 0,
      api_calls_remaining: expect.any(Number),
      error_rate: expect.any(Number),
    });
    const fresh = await startTestApp({ env: { METRICS_TOKEN: token } });
    try {
      const empty = await fresh.send({ url: '/metrics', headers: { authorization, accept: 'application/json' } });
      expect(empty.json()).toMatchObject({ api_calls_remaining: null, error_rate: null });
    } finally {
      await fresh.close();
    }
  });
});
