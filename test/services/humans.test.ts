import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { editArticle, insertArticle } from '../../src/articles/articles.ts';
import { getArticle } from '../../src/articles/queries.ts';
import type { AppContext } from '../../src/context.ts';
import { readConflict } from '../../src/publishing/conflict.ts';
import { type DeliveryTiming, deliverPublication } from '../../src/publishing/deliver.ts';
import { requestPublication, retryPublication } from '../../src/publishing/publications.ts';
import { getPublication } from '../../src/publishing/queries.ts';
import { type Resolution, resolveConflict } from '../../src/publishing/resolve.ts';
import type { Publication } from '../../src/publishing/schema.ts';
import { requestTrash, requestUnpublish } from '../../src/publishing/withdraw.ts';
import type { Site } from '../../src/sites/schema.ts';
import { createSite } from '../../src/sites/sites.ts';
import { publicationMarker } from '../../src/wordpress/blocks.ts';
import { createWordPressClient, type WordPressClient, type WordPressPost } from '../../src/wordpress/client.ts';
import { type FaultProxy, startFaultProxy } from '../fakes/fault-proxy.ts';
import { Killed, mortalContext } from '../fakes/mortal-context.ts';
import { startTestApp, type TestApp, type TestContext } from '../harness.ts';

function needed(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: start the WordPress sites and export the TEST_* variables first.`);
  return value;
}

const timing: DeliveryTiming = {
  leaseMs: 10_000,
  leaseRenewMs: 2_000,
  requestTimeoutMs: 10_000,
  settleMs: [100, 300],
  retryDelaysMs: Array.from({ length: 20 }, () => 100),
};
const update = 'POST /wp/v2/posts/:id';
const markdown =
  'Dough *rests* & "waits".[^1]\n\n## Why\n\nGluten relaxes -- slowly.\n\n- flour\n- water\n\n[^1]: A baker\n';
const ourText = markdown.replace('flour', 'rye flour');

interface Target {
  proxy: FaultProxy;
  /** The person at work on the site itself. */
  hand: WordPressClient;
  site: Site;
}
let app: TestApp;
let ctx: TestContext;
const targets: Target[] = [];
const rows: { target: Target; row: Publication }[] = [];

beforeAll(async () => {
  app = await startTestApp({ env: { ALLOW_PRIVATE_HOSTS: '127.0.0.1' } });
  ctx = app.ctx;
  for (const number of [1, 2]) {
    const siteUrl = needed(`TEST_WP${number}_URL`);
    const username = needed(`TEST_WP${number}_USER`);
    const applicationPassword = needed(`TEST_WP${number}_APP_PASSWORD`);
    const proxy = await startFaultProxy(siteUrl);
    const input = { name: `WordPress ${number}`, url: proxy.url, username, applicationPassword };
    const site = await createSite(ctx, ctx.db, ctx.ownerId, input);
    const hand = createWordPressClient({ safeFetch: ctx.safeFetch, siteUrl, username, applicationPassword });
    targets.push({ proxy, hand, site });
  }
});
afterAll(async () => {
  for (const { target, row } of rows) {
    for (const { id } of await target.hand.findByMarker(publicationMarker(row.id))) {
      await target.hand.call('DELETE', `/wp/v2/posts/${id}`, { parameters: { force: true } });
    }
  }
  for (const { proxy } of targets) await proxy.close();
  await app.close();
}, 60_000);

const now = (row: Publication) => getPublication(ctx.db, ctx.ownerId, row.id);
async function deliver(row: Publication, using: AppContext = ctx): Promise<Publication> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    await deliverPublication(using, row.id, new AbortController().signal, timing);
    if ((await now(row)).status !== 'queued') break;
    await retryPublication(ctx, ctx.ownerId, row.id);
  }
  return now(row);
}
const ask = (articleId: string, siteId: string) =>
  ctx.db.transaction((tx) =>
    requestPublication(ctx, tx, {
      userId: ctx.ownerId,
      articleId,
      siteId,
      wanted: 'publish',
      publishAt: null,
      pipelineId: null,
    }),
  );
const again = async (row: Publication) => deliver(await ask(row.articleId, row.siteId));
async function published(target: Target): Promise<{ row: Publication; post: WordPressPost }> {
  target.proxy.setRule(() => undefined);
  const title = `Rest & time ${crypto.randomUUID()}`;
  const content = {
    title,
    markdown,
    excerpt: 'Short & "sweet".',
    language: 'en',
    pipelineId: null,
    author: 'user' as const,
  };
  const { id } = await ctx.db.transaction((tx) => insertArticle(ctx, tx, ctx.ownerId, content));
  const row = await deliver(await ask(id, target.site.id));
  rows.push({ target, row });
  expect(row).toMatchObject({ status: 'published', remoteStatus: 'publish' });
  return { row, post: await target.hand.getPost(row.remoteId ?? 0) };
}
async function rewrite(row: Publication, change: { title?: string; markdown?: string } = { markdown: ourText }) {
  const { id, revision } = await getArticle(ctx.db, ctx.ownerId, row.articleId);
  await editArticle(ctx, ctx.ownerId, id, revision, change);
}
/** An edit by hand, raw as the editor sends it. */
const edit = (target: Target, id: number, body: Record<string, unknown>) =>
  target.hand.call('POST', `/wp/v2/posts/${id}`, { body });
async function choose(row: Publication, choice: Resolution['choice'], merged?: Resolution['merged']) {
  const { articleRevision, theirsModified } = await readConflict(ctx.db, await now(row));
  await resolveConflict(ctx, ctx.ownerId, row.id, {
    choice,
    articleRevision,
    theirsModified,
    ...(merged ? { merged } : {}),
  });
}

describe.each([
  ['pretty', 0],
  ['plain', 1],
])('a person at work on a WordPress with %s permalinks', (_permalinks, index) => {
  const target = () => targets[index] as Target;
  const read = (id: number) => target().hand.getPost(id);

  it('has nothing sent while nothing changed, and then only what changed', async () => {
    const { row, post } = await published(target());
    const before = target().proxy.seen()[update] ?? 0;
    expect(await again(row)).toMatchObject({ status: 'published', warnings: [] });
    expect(target().proxy.seen()[update] ?? 0).toBe(before);
    await edit(target(), post.id, { categories: [1], comment_status: 'closed' });
    await rewrite(row);
    expect(await again(row)).toMatchObject({ status: 'published', error: null });
    const there = await read(post.id);
    expect(there.content).toContain('rye flour');
    expect(there).toMatchObject({ title: post.title, comments: 'closed', status: 'publish' });
  });

  it('keeps title and text against an update, and decides what holds', async () => {
    const { row, post } = await published(target());
    await edit(target(), post.id, { title: 'By hand', content: post.content.replace('Dough', 'Good dough') });
    await rewrite(row);
    expect(await again(row)).toMatchObject({ status: 'conflict', conflict: { kind: 'edited' } });
    expect(await read(post.id)).toMatchObject({ title: 'By hand', content: expect.stringContaining('Good dough') });
    const { text } = await readConflict(ctx.db, await now(row));
    expect(text).toMatchObject({ base: markdown, theirs: markdown.replace('Dough', 'Good dough'), lost: [] });
    await choose(row, 'merge', { title: 'Both', markdown: ourText.replace('Dough', 'Good dough') });
    expect(await deliver(row)).toMatchObject({ status: 'published' });
    expect((await read(post.id)).content).toMatch(/Good dough[\s\S]*rye flour/);
  });

  it('keeps a status, a trashed and a deleted post as they are until asked', async () => {
    const { row, post } = await published(target());
    await edit(target(), post.id, { status: 'private' });
    expect(await again(row)).toMatchObject({ status: 'conflict' });
    await choose(row, 'theirs');
    expect((await read(post.id)).status).toBe('private');

    await target().hand.trashPost(post.id);
    expect(await again(row)).toMatchObject({ status: 'conflict', conflict: { kind: 'trashed' } });
    await choose(row, 'again');
    expect(await deliver(row)).toMatchObject({ status: 'published', remoteId: post.id });
    expect(await read(post.id)).toMatchObject({ status: 'publish', slug: post.slug });

    await target().hand.call('DELETE', `/wp/v2/posts/${post.id}`, { parameters: { force: true } });
    expect(await again(row)).toMatchObject({ status: 'conflict', conflict: { kind: 'deleted' } });
    expect(await target().hand.findByMarker(publicationMarker(row.id))).toEqual([]);
    await choose(row, 'again');
    let lost = 0;
    target().proxy.setRule(({ kind }) =>
      kind === 'POST /wp/v2/posts' && lost++ === 0 ? { kind: 'cut_after' } : undefined,
    );
    expect(await deliver(row)).toMatchObject({ status: 'published' });
    expect(await target().hand.findByMarker(publicationMarker(row.id))).toHaveLength(1);
    expect(lost).toBe(1);
  });

  it('gets an edit back that came between the look and the write', async () => {
    const { row, post } = await published(target());
    await rewrite(row);
    const theirs = post.content.replace('Dough', 'Her dough');
    let byHand: Promise<unknown> | undefined;
    target().proxy.setRule(({ kind }) => {
      if (kind !== update || byHand) return undefined;
      byHand = edit(target(), post.id, { content: theirs });
      // Long enough that the edit by hand is there first.
      return { kind: 'delay', ms: 700 };
    });
    expect(await again(row)).toMatchObject({ status: 'conflict', conflict: { late: true } });
    await byHand;
    expect((await read(post.id)).content).toBe(theirs);
  });

  it.each(['cut_after', 'cut_middle'] as const)('has one update when its answer is lost (%s)', async (kind) => {
    const { row, post } = await published(target());
    await rewrite(row);
    let lost = 0;
    target().proxy.setRule((request) => (request.kind === update && lost++ === 0 ? { kind } : undefined));
    expect(await again(row)).toMatchObject({ status: 'published', error: null, sentRevision: 2 });
    expect(lost).toBe(1);
    expect((await read(post.id)).content).toContain('rye flour');
  });

  it('loses nothing whatever await of an update a worker is killed at', async () => {
    let killedAt = 2;
    for (; ; killedAt += 3) {
      const { row, post } = await published(target());
      await rewrite(row);
      await ask(row.articleId, row.siteId);
      const doomed = mortalContext(ctx, killedAt);
      await deliverPublication(doomed.ctx, row.id, new AbortController().signal, timing).catch((error: unknown) => {
        if (!(error instanceof Killed)) throw error;
      });
      await ctx.db.execute(
        sql`update publications set lease_expires_at = now() - interval '1 second' where id = ${row.id} and status = 'publishing'`,
      );
      expect(await deliver(row), `killed at ${killedAt}`).toMatchObject({ status: 'published', sentRevision: 2 });
      expect((await read(post.id)).content).toContain('rye flour');
      if (!doomed.killed()) break;
    }
    expect(killedAt).toBeGreaterThan(8);
  }, 60_000);

  it('has the post taken down and brought back with the edits of a person', async () => {
    const { row, post } = await published(target());
    await requestUnpublish(ctx, ctx.ownerId, row.id);
    expect(await deliver(row)).toMatchObject({ status: 'unpublished', remoteStatus: 'draft' });
    await edit(target(), post.id, { content: post.content.replace('Dough', 'Her dough') });
    await requestTrash(ctx, ctx.ownerId, row.id, { evenIfEdited: false });
    expect(await deliver(row)).toMatchObject({ status: 'conflict', task: 'trash' });
    await requestTrash(ctx, ctx.ownerId, row.id, { evenIfEdited: true });
    expect(await deliver(row)).toMatchObject({ status: 'unpublished', remoteStatus: 'trash' });
    expect(await again(row)).toMatchObject({ status: 'published', remoteId: post.id });
    expect(await read(post.id)).toMatchObject({ status: 'publish', content: expect.stringContaining('Her dough') });
  });
});
