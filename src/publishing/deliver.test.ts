import { eq, sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Killed, mortalContext } from '../../test/fakes/mortal-context.ts';
import { createWordPressDouble, type WordPressDouble } from '../../test/fakes/wordpress-double.ts';
import { startTestApp, type TestApp, type TestContext } from '../../test/harness.ts';
import { insertArticle } from '../articles/articles.ts';
import { articles } from '../articles/schema.ts';
import type { AppContext } from '../context.ts';
import { queryRows } from '../db/open.ts';
import { type Site, sites } from '../sites/schema.ts';
import { createSite } from '../sites/sites.ts';
import { publicationMarker } from '../wordpress/blocks.ts';
import { type DeliveryTiming, deliverPublication } from './deliver.ts';
import { publishJob } from './jobs.ts';
import { claimPublication } from './lease.ts';
import { cancelPublication, requestPublication, retryPublication } from './publications.ts';
import { getPublication } from './queries.ts';
import { type Publication, publications, type WantedStatus } from './schema.ts';
import { sweepPublications } from './worker.ts';

let app: TestApp;
let ctx: TestContext;
let site: Site;
let wordpress: WordPressDouble;
const never = new AbortController().signal;
const timing: DeliveryTiming = {
  leaseMs: 10_000,
  leaseRenewMs: 1_000,
  requestTimeoutMs: 1_000,
  settleMs: [5, 10, 20],
  retryDelaysMs: [60_000, 120_000],
};

beforeAll(async () => {
  app = await startTestApp();
  site = await createSite(app.ctx, app.ctx.db, app.ctx.ownerId, {
    name: 'Double',
    url: 'https://blog.example',
    username: 'admin',
    applicationPassword: 'pass word',
  });
  // The double knows no media; cards are tried on the real sites.
  await app.ctx.db
    .update(sites)
    .set({ settings: { featuredImage: 'none' } })
    .where(eq(sites.id, site.id));
});
afterAll(() => app.close());
beforeEach(async () => {
  wordpress = createWordPressDouble();
  ctx = { ...app.ctx, safeFetch: wordpress.safeFetch };
  // One site is one queue: what an earlier test has left there would go first.
  await ctx.db.execute(
    sql`update publications set status = 'cancelled' where status in ('queued', 'scheduled', 'publishing')`,
  );
  await ctx.db.execute(sql`update sites set quiet_until = null`);
});

/** An article with its publication, enqueued. */
async function given(wanted: WantedStatus = 'publish', publishAt: Date | null = null): Promise<Publication> {
  return ctx.db.transaction(async (tx) => {
    const content = {
      language: 'en',
      pipelineId: null,
      author: 'user' as const,
      markdown: 'A *short* text.\n\n## Part\n\nMore.',
    };
    const article = await insertArticle(ctx, tx, ctx.ownerId, {
      title: 'How to & why <not>',
      slug: 'how-to',
      ...content,
    });
    return ask(tx, article.id, wanted, publishAt);
  });
}
const ask = (tx: AppContext['db'], articleId: string, wanted: WantedStatus, publishAt: Date | null = null) =>
  requestPublication(ctx, tx, { userId: ctx.ownerId, articleId, siteId: site.id, wanted, publishAt, pipelineId: null });
const deliver = (row: Publication, using: AppContext = ctx, signal = never) =>
  deliverPublication(using, row.id, signal, timing);
const now = (row: Publication) => getPublication(ctx.db, ctx.ownerId, row.id);
const marked = (row: Publication) => wordpress.containing(publicationMarker(row.id));
const makeDue = (row: Publication) =>
  ctx.db
    .update(publications)
    .set({ nextAttemptAt: sql`now()` as never })
    .where(eq(publications.id, row.id));
const expireLease = (row: Publication) =>
  ctx.db
    .update(publications)
    .set({ leaseExpiresAt: sql`now() - interval '1 second'` as never })
    .where(eq(publications.id, row.id));
const articleStatus = async (row: Publication) =>
  (await ctx.db.select().from(articles).where(eq(articles.id, row.articleId)))[0]?.status;

describe('delivering a publication', () => {
  it('publishes the article as blocks with the marker, and stores where it stands', async () => {
    const row = await given();
    await deliver(row);
    const [post, ...others] = marked(row);
    expect(others).toEqual([]);
    expect(post).toMatchObject({ status: 'publish', slug: 'how-to' });
    expect(post?.content).toContain('<!-- wp:heading -->');
    expect(await now(row)).toMatchObject({
      status: 'published',
      remoteId: post?.id,
      remoteUrl: 'https://blog.example/how-to/',
      remoteStatus: 'publish',
      attempts: 1,
      error: null,
      warnings: [],
      publishedAt: expect.any(Date),
    });
    expect(await articleStatus(row)).toBe('published');
  });

  it('delivers a draft as a draft, which makes the article no published one', async () => {
    const row = await given('draft');
    await deliver(row);
    expect(marked(row)).toMatchObject([{ status: 'draft' }]);
    expect(await now(row)).toMatchObject({ status: 'published', remoteStatus: 'draft' });
    expect(await articleStatus(row)).toBe('draft');
  });

  it('waits for the time of a scheduled one by our own clock, and then publishes', async () => {
    const publishAt = new Date(Date.now() + 3_600_000);
    const row = await given('future', publishAt);
    expect(row).toMatchObject({ status: 'scheduled', nextAttemptAt: publishAt });
    await deliver(row);
    expect(wordpress.requests).toEqual([]);
    await makeDue(row);
    await deliver(row);
    expect(marked(row)).toMatchObject([{ status: 'publish' }]);
  });

  it('says that the site changed a taken address', async () => {
    const row = await given();
    const [article] = await ctx.db.select().from(articles).where(eq(articles.id, row.articleId));
    const slug = article?.slug ?? '';
    wordpress.posts.set(9_000, { id: 9_000, status: 'publish', slug, title: '', content: '', excerpt: '' });
    await deliver(row);
    expect((await now(row)).warnings).toEqual([
      `The address “${slug}” was taken on the site; the post has “${slug}-2” instead.`,
    ]);
  });

  it.each([
    ['lost on the way there', 'lost_before' as const],
    ['lost on the way back', 'lost_after' as const],
    ['lost, while the site acts on it late', { late: 15 }],
    ['hidden by a gateway error', { status: 502 }],
    ['cut short', { status: 201, headers: { 'content-type': 'text/html' } }],
  ])('creates one post when the creation is %s', async (_how, fault) => {
    wordpress.rule = (request, earlier) => (request === 'POST /wp/v2/posts' && earlier === 0 ? fault : undefined);
    const row = await given();
    await deliver(row);
    if ((await now(row)).status !== 'published') {
      expect(await now(row)).toMatchObject({ mayExist: true, error: { hint: expect.any(String) } });
      await retryPublication(ctx, ctx.ownerId, row.id);
      await deliver(row);
    }
    expect(marked(row)).toHaveLength(1);
    expect(await now(row)).toMatchObject({ status: 'published', remoteId: marked(row)[0]?.id, error: null });
  });

  it.each([
    ['at once', 'lost_after' as const],
    ['a moment later', { late: 15 }],
  ])('finds what the site did %s without waiting for another attempt', async (_when, fault) => {
    wordpress.rule = (request) => (request === 'POST /wp/v2/posts' ? fault : undefined);
    const row = await given();
    await deliver(row);
    expect(await now(row)).toMatchObject({ status: 'published', attempts: 1, remoteId: marked(row)[0]?.id });
    expect(marked(row)).toHaveLength(1);
  });

  it('does not create before it could look', async () => {
    wordpress.rule = (request) => (request === 'GET /wp/v2/posts' ? 'lost_before' : undefined);
    const row = await given();
    await deliver(row);
    expect(wordpress.requests).not.toContain('POST /wp/v2/posts');
    expect(await now(row)).toMatchObject({ status: 'queued', mayExist: false, error: { code: 'site_unreachable' } });
  });

  it('finds the post of an attempt that the database has forgotten, as after a restored backup', async () => {
    const row = await given();
    await deliver(row);
    await ctx.db.execute(
      sql`update publications set status = 'queued', attempts = 0, may_exist = false, remote_id = null, remote_url = null, next_attempt_at = null where id = ${row.id}`,
    );
    await deliver(row);
    expect(marked(row)).toHaveLength(1);
    expect(await now(row)).toMatchObject({ status: 'published', remoteId: marked(row)[0]?.id });
  });

  it('finds its post by its id when the author has removed the block with the marker', async () => {
    const row = await given();
    await deliver(row);
    const [post] = marked(row);
    if (post) post.content = '<!-- wp:paragraph --><p>My own words.</p><!-- /wp:paragraph -->';
    await ctx.db.transaction((tx) => ask(tx, row.articleId, 'publish'));
    await deliver(row);
    expect([...wordpress.posts.values()]).toEqual([{ ...post, content: expect.stringContaining('My own words.') }]);
  });

  it('does not make a post again that was deleted on the site', async () => {
    const row = await given();
    await deliver(row);
    wordpress.posts.clear();
    await ctx.db.transaction((tx) => ask(tx, row.articleId, 'publish'));
    await deliver(row);
    expect(wordpress.posts.size).toBe(0);
    expect(await now(row)).toMatchObject({
      status: 'conflict',
      error: { message: expect.stringContaining('deleted') },
    });
  });

  it('keeps what was sent as the base of a post that someone changed before it was completed', async () => {
    const row = await given();
    wordpress.rule = (request) => (request === 'POST /wp/v2/posts' ? 'lost_after' : undefined);
    const shutdown = new AbortController();
    const rule = wordpress.rule;
    wordpress.rule = (request, earlier) => {
      if (request === 'POST /wp/v2/posts') shutdown.abort();
      return rule(request, earlier);
    };
    await deliver(row, ctx, shutdown.signal);
    const [post] = marked(row);
    if (post) post.content += '<p>Mine.</p>';
    wordpress.rule = () => undefined;
    await deliver(row);
    const { sent } = await now(row);
    expect(sent?.content).not.toContain('Mine.');
    expect(marked(row)).toMatchObject([{ content: expect.stringContaining('Mine.') }]);
  });

  it('tries a refused password again where the site took it before, and fails at once where it never did', async () => {
    wordpress.rule = () => ({ status: 401, code: 'rest_not_logged_in' });
    await ctx.db.update(publications).set({ publishedAt: null });
    const first = await given();
    await deliver(first);
    expect(await now(first)).toMatchObject({ status: 'failed' });
    await ctx.db.update(sites).set({ lastOkAt: new Date() }).where(eq(sites.id, site.id));
    const row = await given();
    for (let refusal = 1; refusal <= 2; refusal += 1) {
      await deliver(row);
      expect(await now(row)).toMatchObject({ status: 'queued', refusals: refusal });
      await makeDue(row);
    }
    wordpress.rule = () => undefined;
    await deliver(row);
    expect(await now(row)).toMatchObject({ status: 'published', refusals: 0 });
    await ctx.db.update(sites).set({ lastOkAt: null }).where(eq(sites.id, site.id));
  });

  it('leaves a trashed post in the trash, and adopts it once it was restored', async () => {
    const row = await given();
    await deliver(row);
    const [post] = marked(row);
    if (!post) throw new Error('not delivered');
    post.status = 'trash';
    await ctx.db.transaction((tx) => ask(tx, row.articleId, 'publish'));
    await deliver(row);
    expect(await now(row)).toMatchObject({
      status: 'conflict',
      error: { code: 'conflict', hint: expect.stringContaining('Trash') },
    });
    expect(marked(row)).toMatchObject([{ status: 'trash' }]);

    post.status = 'publish';
    await retryPublication(ctx, ctx.ownerId, row.id);
    await deliver(row);
    expect(await now(row)).toMatchObject({ status: 'published', error: null });
    expect(marked(row)).toHaveLength(1);
  });

  it('releases its own draft when publication is asked for later, and leaves its text alone', async () => {
    const row = await given('draft');
    await deliver(row);
    const [post] = marked(row);
    if (post) post.content += '<p>A word of the author.</p>';
    const revived = await ctx.db.transaction((tx) => ask(tx, row.articleId, 'publish'));
    expect(revived.id).toBe(row.id);
    await deliver(row);
    expect(marked(row)).toMatchObject([
      { status: 'publish', content: expect.stringContaining('A word of the author.') },
    ]);
    expect(await now(row)).toMatchObject({ status: 'published', remoteStatus: 'publish' });
  });

  it('does not publish what its author has made private', async () => {
    const row = await given();
    await deliver(row);
    const [post] = marked(row);
    if (post) post.status = 'private';
    await ctx.db.transaction((tx) => ask(tx, row.articleId, 'publish'));
    await deliver(row);
    expect(marked(row)).toMatchObject([{ status: 'private' }]);
    expect(await now(row)).toMatchObject({
      status: 'conflict',
      conflict: { kind: 'edited', fields: [{ name: 'status', base: 'publish', theirs: 'private' }] },
    });
  });

  it('reports a copy that stands on the site besides the post', async () => {
    const row = await given();
    wordpress.rule = (request, earlier) => {
      if (request === 'POST /wp/v2/posts' && earlier === 0) {
        wordpress.posts.set(900, {
          id: 900,
          status: 'draft',
          slug: 'copy',
          title: '',
          excerpt: '',
          content: copyOf(row),
        });
      }
      return undefined;
    };
    await deliver(row);
    expect((await now(row)).warnings).toEqual([expect.stringMatching(/more than once.*900/)]);
  });

  it('waits as long as the site says, and comes back by itself', async () => {
    wordpress.rule = (request) =>
      request.startsWith('POST') ? { status: 429, headers: { 'retry-after': '120' } } : undefined;
    const row = await given();
    const before = Date.now();
    await deliver(row);
    const waiting = await now(row);
    expect(waiting).toMatchObject({
      status: 'queued',
      mayExist: false,
      attempts: 1,
      error: { code: 'site_unreachable' },
    });
    const wait = (waiting.nextAttemptAt?.getTime() ?? 0) - before;
    expect(wait).toBeGreaterThan(115_000);
    expect(wait).toBeLessThan(125_000);
    await deliver(row);
    expect((await now(row)).attempts).toBe(1);
  });

  it('fails after the last wait, and says what to do', async () => {
    wordpress.rule = () => ({ status: 503 });
    const row = await given();
    for (let attempt = 1; attempt <= timing.retryDelaysMs.length; attempt += 1) {
      await deliver(row);
      expect(await now(row)).toMatchObject({ status: 'queued', attempts: attempt });
      await makeDue(row);
    }
    await deliver(row);
    expect(await now(row)).toMatchObject({ status: 'failed', attempts: 3, error: { code: 'site_unreachable' } });
  });

  it('fails at once when waiting cannot help', async () => {
    wordpress.rule = (request) =>
      request.startsWith('POST') ? { status: 403, code: 'rest_cannot_publish' } : undefined;
    const row = await given();
    await deliver(row);
    expect(await now(row)).toMatchObject({
      status: 'failed',
      mayExist: false,
      error: { code: 'site_rejected', hint: expect.stringContaining('role') },
    });
    wordpress.rule = () => undefined;
    await retryPublication(ctx, ctx.ownerId, row.id);
    await deliver(row);
    expect(marked(row)).toHaveLength(1);
  });

  it('fails for an article in the bin without asking the site', async () => {
    const row = await given();
    await ctx.db.update(articles).set({ deletedAt: new Date() }).where(eq(articles.id, row.articleId));
    await deliver(row);
    expect(wordpress.requests).toEqual([]);
    expect(await now(row)).toMatchObject({ status: 'failed', error: { message: expect.stringContaining('bin') } });
  });
});

describe('workers that die, freeze or meet', () => {
  it('leave one post whatever await the first one is killed at', async () => {
    let killedAt = 0;
    for (;;) {
      killedAt += 1;
      const row = await given();
      const doomed = mortalContext(ctx, killedAt);
      await deliver(row, doomed.ctx).catch((error: unknown) => {
        if (!(error instanceof Killed)) throw error;
      });
      if (!doomed.killed()) break;
      // Before the first access nothing has been claimed yet; afterwards the row stays as the dead worker left it.
      expect((await now(row)).status).toBe(killedAt === 1 ? 'queued' : 'publishing');
      await expireLease(row);
      await deliver(row);
      expect(marked(row), `killed at ${killedAt}`).toHaveLength(1);
      expect(await now(row)).toMatchObject({ status: 'published', remoteId: marked(row)[0]?.id, error: null });
    }
    // Claim, article, site, five requests with a look at the lease before each, the intent, the result.
    expect(killedAt).toBeGreaterThan(12);
  });

  it('deliver once when several take the same publication at the same time', async () => {
    const row = await given();
    await Promise.all([deliver(row), deliver(row), deliver(row)]);
    expect(wordpress.requests.filter((request) => request === 'POST /wp/v2/posts')).toHaveLength(1);
    expect(await now(row)).toMatchObject({ status: 'published', attempts: 1 });
  });

  it('send nothing and write nothing once another has taken over', async () => {
    const row = await given();
    let second: Promise<void> | undefined;
    wordpress.rule = (request, earlier) => {
      // The first worker freezes while it looks, for longer than its lease.
      if (request === 'GET /wp/v2/posts' && earlier === 0) second = expireLease(row).then(() => deliver(row));
      return undefined;
    };
    const frozen = { ...ctx, safeFetch: Object.assign(slow, { close: ctx.safeFetch.close }) };
    async function slow(...request: Parameters<typeof ctx.safeFetch>) {
      const answer = await ctx.safeFetch(...request);
      await second;
      return answer;
    }
    await deliver(row, frozen);
    expect(second).toBeDefined();
    expect(wordpress.requests.filter((request) => request === 'POST /wp/v2/posts')).toHaveLength(1);
    expect(await now(row)).toMatchObject({ status: 'published', attempts: 2 });
    expect(app.logs.some((line) => line.includes('publication given up'))).toBe(true);
  });

  it('look for longer before a second creation, because the first may still be under way', async () => {
    const shutdown = new AbortController();
    wordpress.rule = (request) => {
      if (request === 'POST /wp/v2/posts') shutdown.abort();
      return request === 'POST /wp/v2/posts' ? 'lost_before' : undefined;
    };
    const row = await given();
    await deliver(row, ctx, shutdown.signal);
    expect(marked(row)).toHaveLength(0);
    const looks = wordpress.requests.filter((request) => request === 'GET /wp/v2/posts').length;
    wordpress.rule = (request, earlier) => {
      // One look is a search and the list of the latest: the site ends the first creation after both had nothing.
      if (request === 'GET /wp/v2/posts' && earlier === looks + 1) setTimeout(finishFirstCreation, 3);
      return undefined;
    };
    const finishFirstCreation = () =>
      wordpress.posts.set(1, {
        id: 1,
        status: 'publish',
        slug: 'how-to',
        title: '',
        excerpt: '',
        content: copyOf(row),
      });
    await deliver(row);
    expect(wordpress.requests.filter((request) => request === 'POST /wp/v2/posts')).toHaveLength(1);
    expect(await now(row)).toMatchObject({ status: 'published', remoteId: 1 });
  });

  it('are fenced off by the number of the lease while the next one is still at work', async () => {
    const row = await given();
    let taken: Publication | null = null;
    const frozen = { ...ctx, safeFetch: Object.assign(freezing, { close: ctx.safeFetch.close }) };
    async function freezing(...request: Parameters<typeof ctx.safeFetch>) {
      const answer = await ctx.safeFetch(...request);
      if (!taken) {
        await expireLease(row);
        taken = await claimPublication(ctx.db, row.id, 10_000);
      }
      return answer;
    }
    await deliver(row, frozen);
    expect(wordpress.requests).toHaveLength(1);
    // The row as the second worker took it, but for nothing.
    expect(await now(row)).toEqual(taken);
  });

  it('hand over at shutdown without counting an attempt', async () => {
    const shutdown = new AbortController();
    wordpress.rule = (request) => {
      if (request === 'POST /wp/v2/posts') shutdown.abort();
      return undefined;
    };
    const row = await given();
    await deliver(row, ctx, shutdown.signal);
    expect(await now(row)).toMatchObject({ status: 'queued', attempts: 0, mayExist: true, error: null });
    wordpress.rule = () => undefined;
    await deliver(row);
    expect(marked(row)).toHaveLength(1);
    expect(await now(row)).toMatchObject({ status: 'published', attempts: 1 });
  });

  it('stop a publication that takes its workers down again and again', async () => {
    const row = await given();
    for (let death = 0; death <= 25; death += 1) {
      expect(await claimPublication(ctx.db, row.id, 10_000)).not.toBeNull();
      await expireLease(row);
    }
    await deliver(row);
    expect(await now(row)).toMatchObject({ status: 'failed', error: { code: 'internal' } });
    expect(wordpress.requests).toEqual([]);
  });

  it('are found by the sweep when a job was lost, and not before', async () => {
    const row = await given();
    await ctx.db.execute(sql`delete from pgboss.job where name = ${publishJob.name}`);
    await ctx.db.execute(
      sql`update publications set status = 'cancelled' where id <> ${row.id} and status <> 'published'`,
    );
    expect(await sweepPublications(ctx)).toBe(0);
    await ctx.db.execute(
      sql`update publications set next_attempt_at = now() - interval '6 seconds' where id = ${row.id}`,
    );
    expect(await sweepPublications(ctx)).toBe(1);
    expect(await sweepPublications(ctx)).toBe(0);

    await claimPublication(ctx.db, row.id, 10_000);
    expect(await sweepPublications(ctx)).toBe(0);
    await expireLease(row);
    expect(await sweepPublications(ctx)).toBe(1);
  });
});

describe('a disabled user', () => {
  const setDisabled = (disabled: boolean) =>
    ctx.db.execute(sql`update users set disabled = ${disabled} where id = ${ctx.ownerId}`);
  afterEach(() => setDisabled(false));

  it('has nothing sent, and no job that comes again and again; it goes out when they are enabled', async () => {
    const row = await given();
    await setDisabled(true);
    await ctx.db.execute(sql`delete from pgboss.job where name = ${publishJob.name}`);
    await deliver(row);
    await makeDue(row);
    await ctx.db.execute(sql`update publications set next_attempt_at = now() - interval '1 hour' where id = ${row.id}`);
    expect(await sweepPublications(ctx)).toBe(0);
    expect(await queryRows(ctx.db, sql`select 1 from pgboss.job where name = ${publishJob.name}`)).toEqual([]);
    expect(wordpress.posts.size).toBe(0);
    expect(await now(row)).toMatchObject({ status: 'queued', attempts: 0 });
    await setDisabled(false);
    await deliver(row);
    expect(marked(row)).toHaveLength(1);
  });

  it('in the middle of a delivery has the request under way finished and no other begun, and no second post later', async () => {
    const row = await given();
    const sent: string[] = [];
    let disabling: Promise<unknown> | undefined;
    const slow = { ...ctx, safeFetch: Object.assign(waiting, { close: ctx.safeFetch.close }) };
    wordpress.rule = (request) => {
      sent.push(request);
      if (request === 'POST /wp/v2/posts') disabling ??= setDisabled(true);
      return undefined;
    };
    async function waiting(...request: Parameters<typeof ctx.safeFetch>) {
      const answer = await ctx.safeFetch(...request);
      await disabling;
      return answer;
    }
    await deliver(row, slow);
    expect(marked(row)).toHaveLength(1);
    expect(sent.at(-1)).toBe('POST /wp/v2/posts');
    const asked = sent.length;
    await deliver(row);
    expect(sent).toHaveLength(asked);
    await setDisabled(false);
    await makeDue(row);
    await deliver(row);
    expect(marked(row)).toHaveLength(1);
    expect((await now(row)).status).toBe('published');
  });
});

describe('cancelling and asking again', () => {
  it('keeps a worker that has only looked so far from sending', async () => {
    const row = await given();
    let cancelled: Promise<unknown> | undefined;
    wordpress.rule = (request) => {
      if (request === 'GET /wp/v2/posts') cancelled ??= cancelPublication(ctx, ctx.ownerId, row.id);
      return undefined;
    };
    const slow = { ...ctx, safeFetch: Object.assign(waiting, { close: ctx.safeFetch.close }) };
    async function waiting(...request: Parameters<typeof ctx.safeFetch>) {
      const answer = await ctx.safeFetch(...request);
      await cancelled;
      return answer;
    }
    await deliver(row, slow);
    expect(wordpress.posts.size).toBe(0);
    expect(await now(row)).toMatchObject({ status: 'cancelled', warnings: [] });
  });

  it('warns when what was cancelled may already be on the site, and finds it when it is asked for again', async () => {
    const row = await given();
    const shutdown = new AbortController();
    wordpress.rule = (request) => {
      if (request !== 'POST /wp/v2/posts') return undefined;
      shutdown.abort();
      return 'lost_after';
    };
    await deliver(row, ctx, shutdown.signal);
    const cancelled = await cancelPublication(ctx, ctx.ownerId, row.id);
    expect(cancelled).toMatchObject({ status: 'cancelled', warnings: [expect.stringContaining('look on the site')] });
    await deliver(row);
    expect((await now(row)).status).toBe('cancelled');

    wordpress.rule = () => undefined;
    const again = await ctx.db.transaction((tx) => ask(tx, row.articleId, 'publish'));
    expect(again).toMatchObject({ id: row.id, status: 'queued', warnings: [] });
    await deliver(row);
    expect(marked(row)).toHaveLength(1);
  });

  it('leaves neither row nor job when the transaction is rolled back', async () => {
    const row = await given();
    const jobs = () =>
      queryRows(
        ctx.db,
        sql`select id, state, start_after from pgboss.job where name = ${publishJob.name} and data->>'publicationId' = ${row.id}`,
      );
    const before = await jobs();
    const rolledBack = ctx.db.transaction(async (tx) => {
      await ask(tx, row.articleId, 'draft');
      throw new Error('rolled back');
    });
    await expect(rolledBack).rejects.toThrow('rolled back');
    expect((await now(row)).wanted).toBe('publish');
    expect(await jobs()).toEqual(before);
    await ctx.db.transaction((tx) => ask(tx, row.articleId, 'draft'));
    expect(await jobs()).not.toEqual(before);
  });
});

/** A block that carries the marker of the publication, as a plugin that duplicates posts would make. */
function copyOf(row: Publication): string {
  return `<!-- wp:paragraph {"metadata":{"name":"${publicationMarker(row.id)}"}} --><p>x</p><!-- /wp:paragraph -->`;
}
