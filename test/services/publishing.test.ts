import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertArticle } from '../../src/articles/articles.ts';
import type { AppContext } from '../../src/context.ts';
import { AppError } from '../../src/errors.ts';
import { type DeliveryTiming, deliverPublication } from '../../src/publishing/deliver.ts';
import { requestPublication, retryPublication } from '../../src/publishing/publications.ts';
import { getPublication } from '../../src/publishing/queries.ts';
import type { Publication, WantedStatus } from '../../src/publishing/schema.ts';
import { type Site, sites } from '../../src/sites/schema.ts';
import { checkStoredSite, createSite } from '../../src/sites/sites.ts';
import { publicationMarker } from '../../src/wordpress/blocks.ts';
import { createWordPressClient, type WordPressClient, type WordPressPost } from '../../src/wordpress/client.ts';
import { type Fault, type FaultProxy, startFaultProxy } from '../fakes/fault-proxy.ts';
import { Killed, mortalContext } from '../fakes/mortal-context.ts';
import { startTestApp, type TestApp, type TestContext } from '../harness.ts';
import { realSite } from './publishing-data.ts';

const timing: DeliveryTiming = {
  leaseMs: 10_000,
  leaseRenewMs: 300,
  requestTimeoutMs: 2_000,
  settleMs: [200, 800, 2_500],
  retryDelaysMs: Array.from({ length: 20 }, () => 200),
};
/** Longer than we wait for an answer, so the site acts on the request after we have given it up. */
const tooLate = 2_300;
const never = new AbortController().signal;
const create = 'POST /wp/v2/posts';

interface Target {
  proxy: FaultProxy;
  /** Straight to the site, for counting what is really there. */
  direct: WordPressClient;
  site: Site;
}
let app: TestApp;
let ctx: TestContext;
const targets: Target[] = [];
const delivered: { target: Target; marker: string }[] = [];

beforeAll(async () => {
  app = await startTestApp({ env: { ALLOW_PRIVATE_HOSTS: '127.0.0.1' } });
  ctx = app.ctx;
  for (const number of [1, 2]) {
    const { siteUrl, username, applicationPassword } = realSite(number);
    const proxy = await startFaultProxy(siteUrl);
    const input = { name: `WordPress ${number}`, url: proxy.url, username, applicationPassword };
    const site = await createSite(ctx, ctx.db, ctx.ownerId, input);
    // Cards and other images are the matter of publishing-fields.test.ts.
    await ctx.db
      .update(sites)
      .set({ settings: { featuredImage: 'none' } })
      .where(eq(sites.id, site.id));
    const direct = createWordPressClient({ safeFetch: ctx.safeFetch, siteUrl, username, applicationPassword });
    targets.push({ proxy, direct, site });
  }
});
afterAll(async () => {
  for (const { target, marker } of delivered) {
    for (const { id } of await target.direct.findByMarker(marker)) {
      await target.direct.call('DELETE', `/wp/v2/posts/${id}`, { parameters: { force: true } });
    }
  }
  for (const { proxy } of targets) await proxy.close();
  await app.close();
}, 120_000);

async function given(
  target: Target,
  wanted: WantedStatus = 'publish',
  publishAt: Date | null = null,
): Promise<Publication> {
  const row = await ctx.db.transaction(async (tx) => {
    const title = `Kneading & resting ${crypto.randomUUID()}`;
    const markdown = 'Dough *rests*.\n\n## Why\n\n- gluten\n- time\n\n```\n5 * 3 * 2\n```';
    const content = {
      title,
      markdown,
      excerpt: 'On dough.',
      language: 'en',
      pipelineId: null,
      author: 'user' as const,
    };
    const { id: articleId } = await insertArticle(ctx, tx, ctx.ownerId, content);
    const request = { userId: ctx.ownerId, articleId, siteId: target.site.id, wanted, publishAt, pipelineId: null };
    return requestPublication(ctx, tx, request);
  });
  delivered.push({ target, marker: publicationMarker(row.id) });
  return row;
}
const now = (row: Publication) => getPublication(ctx.db, ctx.ownerId, row.id);
const expireLease = (row: Pick<Publication, 'id'>) =>
  ctx.db.execute(
    sql`update publications set lease_expires_at = now() - interval '1 second' where id = ${row.id} and status = 'publishing'`,
  );

/** Delivers until it ends, without waiting for the times between attempts. */
async function deliverToTheEnd(row: Publication, using: AppContext = ctx): Promise<Publication> {
  for (let attempt = 1; attempt <= 10; attempt += 1) {
    await deliverPublication(using, row.id, never, timing);
    const { status } = await now(row);
    if (status !== 'queued') break;
    await retryPublication(ctx, ctx.ownerId, row.id);
  }
  return now(row);
}

/** The one post of a publication, asked of the site itself. Fails when there is none, or more. */
async function onlyPost(target: Target, row: Publication): Promise<WordPressPost> {
  await target.proxy.settled();
  const posts = await target.direct.findByMarker(publicationMarker(row.id));
  expect(posts.map(({ id, status }) => `${id} ${status}`)).toHaveLength(1);
  return posts[0] as WordPressPost;
}

async function expectDeliveredOnce(target: Target, row: Publication, warnings: unknown = []): Promise<void> {
  const post = await onlyPost(target, row);
  const ended = await now(row);
  expect(ended).toMatchObject({ status: 'published', remoteId: post.id, remoteStatus: post.status, error: null });
  expect(ended.warnings).toEqual(warnings);
}

describe.each([
  ['pretty', 0],
  ['plain', 1],
])('on a WordPress with %s permalinks', (_permalinks, index) => {
  const target = () => targets[index] as Target;
  const rule = (fault: Fault, request = create, times = 1) => {
    const before = target().proxy.seen()[request] ?? 0;
    target().proxy.setRule(({ kind, earlier }) => (kind === request && earlier - before < times ? fault : undefined));
    const name = `${fault.kind} ${request}`;
    const firedBefore = target().proxy.fired()[name] ?? 0;
    return () => (target().proxy.fired()[name] ?? 0) - firedBefore;
  };

  it('passes the check of the site', async () => {
    target().proxy.setRule(() => undefined);
    const check = await checkStoredSite(ctx, target().site);
    expect(check.ok).toBe(true);
    expect(check.findings.map(({ code }) => code)).toContain('may_publish');
  });

  it('delivers a draft that no visitor sees', async () => {
    const row = await given(target(), 'draft');
    await deliverToTheEnd(row);
    await expectDeliveredOnce(target(), row);
    expect((await onlyPost(target(), row)).status).toBe('draft');
    expect((await fetch((await now(row)).remoteUrl ?? '')).status).toBe(404);
  });

  it('publishes, and the page shows the article and not the marker', async () => {
    const row = await given(target());
    await deliverToTheEnd(row);
    await expectDeliveredOnce(target(), row);
    const response = await fetch((await now(row)).remoteUrl ?? '');
    const page = await response.text();
    expect(response.status).toBe(200);
    expect(page).toMatch(/Kneading &(amp|#038); resting/);
    expect(page).toContain('5 * 3 * 2');
    expect(page).not.toContain(publicationMarker(row.id));
  });

  it('releases its own draft when publication is asked for later', async () => {
    const row = await given(target(), 'draft');
    await deliverToTheEnd(row);
    const again = {
      userId: ctx.ownerId,
      articleId: row.articleId,
      siteId: row.siteId,
      publishAt: null,
      pipelineId: null,
    };
    await ctx.db.transaction((tx) => requestPublication(ctx, tx, { ...again, wanted: 'publish' }));
    await deliverToTheEnd(row);
    await expectDeliveredOnce(target(), row);
    expect((await onlyPost(target(), row)).status).toBe('publish');
  });

  it('leaves a trashed post in the trash', async () => {
    const row = await given(target());
    const { remoteId } = await deliverToTheEnd(row);
    await target().direct.call('DELETE', `/wp/v2/posts/${remoteId}`);
    const again = {
      userId: ctx.ownerId,
      articleId: row.articleId,
      siteId: row.siteId,
      publishAt: null,
      pipelineId: null,
    };
    await ctx.db.transaction((tx) => requestPublication(ctx, tx, { ...again, wanted: 'publish' }));
    expect(await deliverToTheEnd(row)).toMatchObject({ status: 'conflict', error: { code: 'conflict' } });
    expect((await onlyPost(target(), row)).status).toBe('trash');
  });

  it.each<[string, Fault]>([
    ['cut before it reaches the site', { kind: 'cut_before' }],
    ['answered, but the answer is lost', { kind: 'cut_after' }],
    ['answered, but the answer is cut in the middle', { kind: 'cut_middle' }],
    ['given up before the site acts on it', { kind: 'delay', ms: tooLate }],
    ['done, but a gateway answers 502', { kind: 'answer_after', status: 502 }],
    ['not done because of a 503', { kind: 'answer', status: 503 }],
    ['asked to wait', { kind: 'answer', status: 429, headers: { 'retry-after': '1' } }],
  ])('creates one post when the creation is %s', async (_how, fault) => {
    const fired = rule(fault);
    const row = await given(target());
    await deliverToTheEnd(row);
    expect(fired()).toBe(1);
    await expectDeliveredOnce(target(), row);
  });

  it('creates one post when the answer comes too late', async () => {
    target().proxy.setRule(() => undefined);
    const slow = slowAnswer(ctx, (earlier) => earlier === 0);
    const row = await given(target());
    await deliverToTheEnd(row, slow.ctx);
    expect(slow.fired()).toBe(1);
    await expectDeliveredOnce(target(), row);
  });

  it('creates one post when the creation and then the looks are lost', async () => {
    rule({ kind: 'cut_after' });
    const { proxy } = target();
    const creations = proxy.seen()[create] ?? 0;
    let lost = 0;
    proxy.setRule(({ kind, earlier }) => {
      if (kind === create && earlier === creations) return { kind: 'cut_after' };
      // Only looks after the creation: three of them, which is all that the first attempt has.
      if (kind === 'GET /wp/v2/posts' && (proxy.seen()[create] ?? 0) > creations && lost < 6) {
        lost += 1;
        return lost % 2 ? { kind: 'cut_before' } : { kind: 'answer', status: 503 };
      }
      return undefined;
    });
    const row = await given(target());
    await deliverToTheEnd(row);
    expect(lost).toBe(6);
    expect((proxy.seen()[create] ?? 0) - creations).toBe(1);
    await expectDeliveredOnce(target(), row);
  });

  it('leaves one post whatever await a worker is killed at', async () => {
    target().proxy.setRule(() => undefined);
    // The two sites share the awaits: every second one here, the others there.
    let killedAt = 1 + index;
    for (; ; killedAt += 2) {
      const row = await given(target());
      const doomed = mortalContext(ctx, killedAt);
      await deliverPublication(doomed.ctx, row.id, never, timing).catch((error: unknown) => {
        if (!(error instanceof Killed)) throw error;
      });
      await expireLease(row);
      await deliverToTheEnd(row);
      await expectDeliveredOnce(target(), row);
      if (!doomed.killed()) break;
    }
    expect(killedAt).toBeGreaterThan(12);
  }, 120_000);

  it('delivers once when two workers take the same publication', async () => {
    target().proxy.setRule(() => undefined);
    const row = await given(target());
    const creations = target().proxy.seen()[create] ?? 0;
    await Promise.all([deliverPublication(ctx, row.id, never, timing), deliverPublication(ctx, row.id, never, timing)]);
    expect((target().proxy.seen()[create] ?? 0) - creations).toBe(1);
    await expectDeliveredOnce(target(), row);
  });

  it('creates one post when a worker is taken over while its creation is under way', async () => {
    const row = await given(target());
    const { proxy } = target();
    let second: Promise<void> | undefined;
    proxy.setRule(({ kind }) => {
      if (kind !== create || second) return undefined;
      second = expireLease(row).then(() => deliverPublication(ctx, row.id, never, timing));
      return { kind: 'delay', ms: 1_000 };
    });
    await deliverPublication(ctx, row.id, never, timing);
    await second;
    expect(second).toBeDefined();
    await expectDeliveredOnce(target(), row);
  });
});

/** A context whose fetch throws a timeout after the site has created a post and answered. */
function slowAnswer(alive: AppContext, when: (earlier: number) => boolean): { ctx: AppContext; fired(): number } {
  let creations = 0;
  let fired = 0;
  const ask = async (...[url, options]: Parameters<AppContext['safeFetch']>) => {
    const answer = await alive.safeFetch(url, options);
    const creation = options.method === 'POST' && answer.status === 201;
    if (!creation || !when(creations++)) return answer;
    fired += 1;
    throw new AppError('fetch_failed', 'The site did not answer in time.', { details: { cause: 'timeout' } });
  };
  return { ctx: { ...alive, safeFetch: Object.assign(ask, { close: alive.safeFetch.close }) }, fired: () => fired };
}
