import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ArticleEdit, editArticle, insertArticle } from '../../src/articles/articles.ts';
import { getArticle } from '../../src/articles/queries.ts';
import type { ArticleFields } from '../../src/articles/schema.ts';
import type { AppContext } from '../../src/context.ts';
import { readConflict } from '../../src/publishing/conflict.ts';
import { type DeliveryTiming, deliverPublication } from '../../src/publishing/deliver.ts';
import type { PostOptions } from '../../src/publishing/options.ts';
import { requestPublication, retryPublication } from '../../src/publishing/publications.ts';
import { getPublication } from '../../src/publishing/queries.ts';
import { type Resolution, resolveConflict } from '../../src/publishing/resolve.ts';
import { type Publication, publications } from '../../src/publishing/schema.ts';
import { requestTrash, requestUnpublish, requestUpdate } from '../../src/publishing/withdraw.ts';
import { type Site, sites } from '../../src/sites/schema.ts';
import { createSite } from '../../src/sites/sites.ts';
import { publicationMarker } from '../../src/wordpress/blocks.ts';
import { createWordPressClient, type WordPressClient, type WordPressPost } from '../../src/wordpress/client.ts';
import { type FaultProxy, startFaultProxy } from '../fakes/fault-proxy.ts';
import { Killed, mortalContext } from '../fakes/mortal-context.ts';
import { startTestApp, type TestApp, type TestContext } from '../harness.ts';
import { needed } from './environment.ts';
import { installMustUsePlugin } from './must-use-plugins.ts';
import { givenAuthor } from './publishing-data.ts';

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
const proxies: FaultProxy[] = [];
const removals: (() => void)[] = [];
const rows: { target: Target; row: Publication }[] = [];

/** A site behind a proxy that adds headers, by which the must-use plugins of the tests act. */
async function connect(number: 1 | 2, headers: Record<string, string> = {}): Promise<Target> {
  const username = needed(`TEST_WP${number}_USER`);
  const applicationPassword = needed(`TEST_WP${number}_APP_PASSWORD`);
  const proxy = await startFaultProxy(needed(`TEST_WP${number}_URL`), undefined, headers);
  proxies.push(proxy);
  const name = `WordPress ${number} ${proxies.length}`;
  const input = { name, url: proxy.url, username, applicationPassword };
  const { id } = await createSite(ctx, ctx.db, ctx.ownerId, input);
  const settings = { featuredImage: 'none' } as const;
  const [site] = await ctx.db.update(sites).set({ settings }).where(eq(sites.id, id)).returning();
  // The person goes another way than the faults, and by the same plugins.
  const way = await startFaultProxy(needed(`TEST_WP${number}_URL`), undefined, headers);
  proxies.push(way);
  const restRoot = `${way.url}${number === 1 ? '/wp-json/' : '/?rest_route=/'}`;
  const { safeFetch } = ctx;
  const hand = createWordPressClient({ safeFetch, siteUrl: way.url, restRoot, username, applicationPassword });
  return { proxy, hand, site: site as Site };
}

beforeAll(async () => {
  app = await startTestApp({ env: { ALLOW_PRIVATE_HOSTS: '127.0.0.1' } });
  ctx = app.ctx;
  const seo = { namespace: 'bp-test/v1', header: 'x-bp-test-seo', value: 'yoast' };
  const humans = { namespace: 'bp-humans/v1', header: 'x-bp-test-humans', value: 'on' };
  removals.push(await installMustUsePlugin('seo-double.php', seo));
  removals.push(await installMustUsePlugin('humans.php', humans));
  for (const number of [1, 2] as const) targets.push(await connect(number));
});
afterAll(async () => {
  for (const { target, row } of rows) {
    for (const { id } of await target.hand.findByMarker(publicationMarker(row.id))) {
      await target.hand.call('DELETE', `/wp/v2/posts/${id}`, { parameters: { force: true } });
    }
  }
  for (const proxy of proxies) await proxy.close();
  for (const remove of removals) remove();
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
const ask = (articleId: string, siteId: string, options?: PostOptions) =>
  ctx.db.transaction((tx) =>
    requestPublication(ctx, tx, {
      userId: ctx.ownerId,
      articleId,
      siteId,
      wanted: 'publish',
      publishAt: null,
      pipelineId: null,
      ...(options ? { options } : {}),
    }),
  );
const again = async (row: Publication) => deliver(await ask(row.articleId, row.siteId));
async function published(
  target: Target,
  { options, ...more }: { options?: PostOptions; markdown?: string } & Partial<ArticleFields> = {},
): Promise<{ row: Publication; post: WordPressPost }> {
  target.proxy.setRule(() => undefined);
  const title = `Rest & time ${crypto.randomUUID()}`;
  const content = {
    title,
    markdown,
    excerpt: 'Short & "sweet".',
    language: 'en',
    pipelineId: null,
    author: 'user' as const,
    ...more,
  };
  const { id } = await ctx.db.transaction((tx) => insertArticle(ctx, tx, ctx.ownerId, content));
  const row = await deliver(await ask(id, target.site.id, options));
  rows.push({ target, row });
  expect(row).toMatchObject({ status: 'published', remoteStatus: 'publish' });
  return { row, post: await target.hand.getPost(row.remoteId ?? 0) };
}
async function rewrite(row: Publication, change: ArticleEdit = { markdown: ourText }) {
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

const site1 = () => targets[0] as Target;

describe('what a person set beside the text', () => {
  it('stays through updates, field by field, and only our changes are sent', async () => {
    const target = site1();
    const make = async (path: string, body: Record<string, unknown>) =>
      ((await target.hand.call('POST', `/wp/v2/${path}`, { body })).json as { id: number }).id;
    const run = crypto.randomUUID().slice(0, 8);
    const [category, tag] = [await make('categories', { name: `c ${run}` }), await make('tags', { name: `t ${run}` })];
    const username = `editor-${run}`;
    const login = { username, email: `${username}@example.test`, password: crypto.randomUUID(), roles: ['editor'] };
    const author = await make('users', login);
    const me = (await target.hand.me()).id;
    const options: PostOptions = {
      categories: [`ours ${run}`],
      tags: [`ours ${run}`],
      comments: 'open',
      sticky: false,
      authorId: me,
    };
    const { row, post } = await published(target, { options });
    const theirs = { categories: [category], tags: [tag], author, comment_status: 'closed', sticky: true };
    const date = '2025-03-04T05:06:07';
    await edit(target, post.id, { ...theirs, date_gmt: date });
    for (const text of [ourText, `${ourText}\nMore.\n`]) {
      await rewrite(row, { markdown: text });
      const ended = await again(row);
      expect(ended).toMatchObject({ status: 'published', error: null });
      expect(ended.warnings.join()).toContain('the categories, the tags, the author, the comments and the pin');
      expect(await target.hand.getPost(post.id)).toMatchObject({
        categories: [category],
        tags: [tag],
        author,
        comments: 'closed',
        sticky: true,
        dateGmt: `${date}Z`,
      });
    }

    // Both changed: a conflict in names, and what only the person changed is not part of the decision.
    await edit(target, post.id, { title: 'By hand' });
    await rewrite(row, { title: 'By us' });
    await ask(row.articleId, row.siteId, { ...options, categories: [`other ${run}`] });
    expect(await deliver(row)).toMatchObject({ status: 'conflict', conflict: { kind: 'edited' } });
    const { fields } = await readConflict(ctx.db, await now(row));
    expect(fields).toMatchObject([
      { name: 'title', base: expect.stringContaining('Rest & time'), ours: 'By us', theirs: 'By hand' },
      { name: 'categories', names: { base: [`ours ${run}`], ours: [`other ${run}`], theirs: [`c ${run}`] } },
    ]);
    expect(fields).toHaveLength(2);
    await choose(row, 'ours');
    expect(await deliver(row)).toMatchObject({ status: 'published', error: null });
    const after = await target.hand.getPost(post.id);
    expect(after).toMatchObject({ title: 'By us', tags: [tag], author, comments: 'closed', sticky: true });
    expect(after.categories).not.toEqual([category]);

    // Theirs is kept, also by every later update of something else.
    await edit(target, post.id, { categories: [category] });
    await ask(row.articleId, row.siteId, { ...options, categories: [`ours ${run}`] });
    expect(await deliver(row)).toMatchObject({ status: 'conflict' });
    await choose(row, 'theirs');
    await rewrite(row, { markdown: `${ourText}\nEven more.\n` });
    expect(await again(row)).toMatchObject({ status: 'published', error: null });
    expect(await target.hand.getPost(post.id)).toMatchObject({
      categories: [category],
      tags: [tag],
      author,
      sticky: true,
      content: expect.stringContaining('Even more.'),
    });
    for (const path of [`categories/${category}`, `tags/${tag}`]) {
      await target.hand.call('DELETE', `/wp/v2/${path}`, { parameters: { force: true } });
    }
    await target.hand.call('DELETE', `/wp/v2/users/${author}`, { parameters: { force: true, reassign: me } });
  });

  it('stays when it was changed at the moment of an update', async () => {
    const target = site1();
    const { row, post } = await published(target, { options: { comments: 'open', sticky: false } });
    await rewrite(row);
    let byHand: Promise<unknown> | undefined;
    target.proxy.setRule(({ kind }) => {
      if (kind !== update || byHand) return undefined;
      byHand = edit(target, post.id, { sticky: true, comment_status: 'closed' });
      return { kind: 'delay', ms: 700 };
    });
    const ended = await again(row);
    expect(ended).toMatchObject({
      status: 'published',
      warnings: [expect.stringContaining('the comments and the pin')],
    });
    target.proxy.setRule(() => undefined);
    await rewrite(row, { markdown: `${ourText}\nMore.\n` });
    expect(await again(row)).toMatchObject({ status: 'published' });
    expect(await target.hand.getPost(post.id)).toMatchObject({ sticky: true, comments: 'closed' });
  });
});

describe('texts for search engines that a person changed', () => {
  const ours = { metaTitle: 'Title of ours', metaDescription: 'Description of ours', keyword: 'dough' };
  const keys = {
    yoast: { title: '_yoast_wpseo_title', description: '_yoast_wpseo_metadesc' },
    seopress: { title: '_seopress_titles_title', description: '_seopress_titles_desc' },
    'rank-math': { title: 'rank_math_title', description: 'rank_math_description' },
  };
  type Plugin = keyof typeof keys;
  const stored = async (target: Target, plugin: Plugin, id: number) => {
    const { json } = await target.hand.call('GET', `/bp-test/v1/meta/${id}`);
    const meta = json as Record<string, string[]>;
    return { title: meta[keys[plugin].title]?.[0], description: meta[keys[plugin].description]?.[0] };
  };
  const byHand = async (target: Target, plugin: Plugin, id: number, texts: { title: string; description: string }) => {
    if (plugin === 'seopress') {
      await target.hand.call('PUT', `/seopress/v1/posts/${id}/title-description-metas`, { body: texts });
      return;
    }
    const meta = { [keys[plugin].title]: texts.title, [keys[plugin].description]: texts.description };
    if (plugin === 'yoast') await edit(target, id, { meta });
    else {
      const body = { objectType: 'post', objectID: id, meta };
      await target.hand.call('POST', '/rankmath/v1/updateMeta', { body });
    }
  };

  it.each(['yoast', 'seopress'] as const)('are compared one by one with %s', async (plugin) => {
    const target = await connect(1, { 'x-bp-test-seo': plugin });
    const { row, post } = await published(target, ours);
    const there = () => stored(target, plugin, post.id);
    expect(await there()).toEqual({ title: ours.metaTitle, description: ours.metaDescription });
    // They changed one, we the other.
    await byHand(target, plugin, post.id, { title: ours.metaTitle, description: 'By hand' });
    await rewrite(row, { metaTitle: 'Second of ours' });
    const kept = await again(row);
    expect(kept).toMatchObject({ status: 'published', error: null });
    expect(kept.warnings.join()).toContain('left as it is there: the description for search engines');
    expect(await there()).toEqual({ title: 'Second of ours', description: 'By hand' });
    // Both changed the same.
    await rewrite(row, { metaDescription: 'Also here', markdown: ourText });
    expect(await again(row)).toMatchObject({ status: 'conflict', conflict: { kind: 'edited' } });
    expect(await there()).toEqual({ title: 'Second of ours', description: 'By hand' });
    const { fields } = await readConflict(ctx.db, await now(row));
    expect(fields).toEqual([
      { name: 'seoDescription', base: ours.metaDescription, ours: 'Also here', theirs: 'By hand', names: null },
    ]);
    await choose(row, 'theirs');
    expect(await getArticle(ctx.db, ctx.ownerId, row.articleId)).toMatchObject({
      metaTitle: 'Second of ours',
      metaDescription: 'By hand',
    });
    expect(await again(row)).toMatchObject({ status: 'published', error: null });
    await rewrite(row, { metaDescription: 'Third of ours' });
    await again(row);
    expect(await there()).toEqual({ title: 'Second of ours', description: 'Third of ours' });
  });

  it('are not written over where an earlier version has kept no base of them', async () => {
    const target = await connect(1, { 'x-bp-test-seo': 'yoast' });
    const { row, post } = await published(target, ours);
    const forget = () =>
      ctx.db
        .update(publications)
        .set({ sent: sql`${publications.sent} - 'seo'` as never })
        .where(eq(publications.id, row.id));
    await forget();
    // What reads as we wrote it is ours.
    await rewrite(row, { metaTitle: 'Second of ours' });
    expect(await again(row)).toMatchObject({ status: 'published', error: null });
    expect((await stored(target, 'yoast', post.id)).title).toBe('Second of ours');
    await forget();
    await byHand(target, 'yoast', post.id, { title: 'By hand', description: ours.metaDescription });
    await rewrite(row, { metaTitle: 'Third of ours' });
    expect(await again(row)).toMatchObject({ status: 'conflict' });
    expect((await stored(target, 'yoast', post.id)).title).toBe('By hand');
    await choose(row, 'ours');
    expect(await deliver(row)).toMatchObject({ status: 'published', error: null });
    expect((await stored(target, 'yoast', post.id)).title).toBe('Third of ours');
  });

  it('are asked about where the plugin does not let us see them, as Rank Math', async () => {
    const target = await connect(1, { 'x-bp-test-seo': 'rank-math' });
    const { row, post } = await published(target, ours);
    await byHand(target, 'rank-math', post.id, { title: ours.metaTitle, description: 'By hand' });
    await rewrite(row);
    expect(await again(row)).toMatchObject({ status: 'published', error: null, warnings: [] });
    await rewrite(row, { metaDescription: 'Second of ours' });
    const stopped = await again(row);
    expect(stopped).toMatchObject({
      status: 'conflict',
      error: { message: expect.stringContaining('does not let us see') },
      conflict: { fields: [{ name: 'seoDescription', base: ours.metaDescription, theirs: null }] },
    });
    expect((await stored(target, 'rank-math', post.id)).description).toBe('By hand');
    await choose(row, 'ours');
    expect(await deliver(row)).toMatchObject({ status: 'published', error: null });
    expect(await stored(target, 'rank-math', post.id)).toEqual({
      title: ours.metaTitle,
      description: 'Second of ours',
    });
  });
});

describe('a site that keeps few revisions', () => {
  it.each([0, 1])(
    '(%i) has an edit seen right before the write, and what cannot be seen is said once',
    async (kept) => {
      const target = await connect(1, { 'x-bp-test-humans': `revisions-${kept}` });
      const first = await published(target);
      await rewrite(first.row, { markdown: `${markdown}\nFirst.\n` });
      const told = [...(await again(first.row)).warnings];
      await rewrite(first.row, { markdown: `${markdown}\nSecond.\n` });
      told.push(...(await again(first.row)).warnings);
      expect(told).toEqual([expect.stringContaining('too few revisions')]);
      const second = await published(target);
      for (const more of ['First.', 'Second.']) {
        await rewrite(second.row, { markdown: `${markdown}\n${more}\n` });
        expect(await again(second.row)).toMatchObject({ status: 'published', warnings: [] });
      }

      // Somebody saves after the comparison: the last look before the write sees it.
      await rewrite(second.row);
      const theirs = (await target.hand.getPost(second.post.id)).content.replace('Dough', 'Her dough');
      let reads = 0;
      let byHand: Promise<unknown> | undefined;
      target.proxy.setRule(({ kind }) => {
        if (kind !== 'GET /wp/v2/posts/:id' || ++reads !== 2) return undefined;
        byHand = edit(target, second.post.id, { content: theirs });
        return { kind: 'delay', ms: 700 };
      });
      expect(await again(second.row)).toMatchObject({ status: 'conflict', conflict: { kind: 'edited' } });
      await byHand;
      expect((await target.hand.getPost(second.post.id)).content).toBe(theirs);
    },
  );
});

describe('a post that somebody has open in the editor', () => {
  it('is updated with a warning where unsaved changes are stored, and their later save is noticed', async () => {
    const target = await connect(1, { 'x-bp-test-humans': 'on' });
    const { row, post } = await published(target);
    await target.hand.call('POST', `/bp-humans/v1/lock/${post.id}`);
    // The lock itself is not to be seen: this is what REST tells of it.
    const { json } = await target.hand.call('GET', `/wp/v2/posts/${post.id}`, { parameters: { context: 'edit' } });
    expect(JSON.stringify(json)).not.toContain('edit_lock');
    const theirs = post.content.replace('Dough', 'Her dough');
    await target.hand.call('POST', `/wp/v2/posts/${post.id}/autosaves`, { body: { content: theirs } });
    await rewrite(row);
    const ended = await again(row);
    expect(ended).toMatchObject({ status: 'published', error: null });
    const saved = (
      await target.hand.call('GET', `/wp/v2/posts/${post.id}/autosaves`, { parameters: { context: 'edit' } })
    ).json as { date_gmt: string }[];
    expect(saved).toHaveLength(1);
    expect(ended.warnings).toEqual([expect.stringContaining('unsaved changes')]);
    // What they had open goes over our update, and is theirs from then on.
    await edit(target, post.id, { content: theirs });
    await rewrite(row, { markdown: `${ourText}\nMore.\n` });
    expect(await again(row)).toMatchObject({ status: 'conflict', conflict: { kind: 'edited' } });
    expect((await target.hand.getPost(post.id)).content).toBe(theirs);
  });
});

describe('a post that is not what it was', () => {
  it('is updated with its password, its address and its date as a person set them', async () => {
    const target = site1();
    const { row, post } = await published(target);
    await edit(target, post.id, { password: 'secret', slug: `their-${post.slug}` });
    await rewrite(row);
    const ended = await again(row);
    expect(ended).toMatchObject({ status: 'published', error: null, remoteStatus: 'publish' });
    expect(ended.warnings.join()).toContain('the address');
    const { json } = await target.hand.call('GET', `/wp/v2/posts/${post.id}`, { parameters: { context: 'edit' } });
    expect(json).toMatchObject({
      password: 'secret',
      slug: `their-${post.slug}`,
      content: { raw: expect.stringContaining('rye flour'), protected: true },
    });
  });

  it('is left alone when a person scheduled it or made it private, until that is decided', async () => {
    const target = site1();
    const { row, post } = await published(target);
    const later = '2031-01-02T03:04:05';
    await edit(target, post.id, { status: 'future', date_gmt: later });
    await rewrite(row);
    expect(await again(row)).toMatchObject({
      status: 'conflict',
      conflict: { fields: [{ name: 'status', base: 'publish', ours: 'publish', theirs: 'future' }] },
    });
    expect(await target.hand.getPost(post.id)).toMatchObject({ status: 'future', dateGmt: `${later}Z` });
    await choose(row, 'theirs');
    expect(await now(row)).toMatchObject({ status: 'unpublished', remoteStatus: 'future' });
    await rewrite(row, { markdown: `${ourText}\nMore.\n` });
    await requestUpdate(ctx, ctx.ownerId, row.id);
    expect(await deliver(row)).toMatchObject({ error: null, remoteStatus: 'future' });
    expect(await target.hand.getPost(post.id)).toMatchObject({ status: 'future', dateGmt: `${later}Z` });
  });

  it('is not made anew when a plugin has made it a page, and is told from one that was deleted', async () => {
    const target = await connect(1, { 'x-bp-test-humans': 'on' });
    const { row, post } = await published(target);
    await target.hand.call('POST', `/bp-humans/v1/type/${post.id}`, { body: { type: 'page' } });
    await rewrite(row);
    expect(await again(row)).toMatchObject({
      status: 'conflict',
      conflict: { kind: 'converted' },
      error: { message: expect.stringContaining('of the type “page”') },
    });
    await requestTrash(ctx, ctx.ownerId, row.id, { evenIfEdited: true });
    expect(await deliver(row)).toMatchObject({ status: 'conflict', conflict: { kind: 'converted' } });
    const { json } = await target.hand.call('GET', `/wp/v2/pages/${post.id}`, { parameters: { context: 'edit' } });
    expect(json).toMatchObject({ status: 'publish', content: { raw: post.content } });
    await expect(choose(row, 'again')).rejects.toMatchObject({ code: 'invalid_request' });
    await target.hand.call('POST', `/bp-humans/v1/type/${post.id}`, { body: { type: 'post' } });
    expect(await again(row)).toMatchObject({ status: 'published', remoteId: post.id });
    expect(await target.hand.findByMarker(publicationMarker(row.id))).toHaveLength(1);
  });

  it('fails with the cause when it belongs to another author and the connected user may not edit it', async () => {
    const { hand } = site1();
    const { id: author, ...login } = await givenAuthor(hand);
    const target = await connect(1);
    const input = { name: login.username, url: target.proxy.url, ...login };
    const { id } = await createSite(ctx, ctx.db, ctx.ownerId, { ...input, settings: { featuredImage: 'none' } });
    const { row, post } = await published({ ...target, site: { ...target.site, id } });
    const me = (await hand.me()).id;
    await edit(target, post.id, { author: me });
    await rewrite(row);
    expect(await again(row)).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('may not') },
    });
    expect(await hand.getPost(post.id)).toMatchObject({ author: me, content: post.content });
    await hand.call('DELETE', `/wp/v2/users/${author}`, { parameters: { force: true, reassign: me } });
  });
});
