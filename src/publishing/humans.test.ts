import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Killed, mortalContext } from '../../test/fakes/mortal-context.ts';
import { createWordPressDouble, type DoublePost, type WordPressDouble } from '../../test/fakes/wordpress-double.ts';
import { startTestApp, type TestApp, type TestContext } from '../../test/harness.ts';
import { editArticle, insertArticle } from '../articles/articles.ts';
import { getArticle } from '../articles/queries.ts';
import { type Article, articles } from '../articles/schema.ts';
import type { AppContext } from '../context.ts';
import { type Site, sites } from '../sites/schema.ts';
import { createSite } from '../sites/sites.ts';
import { readConflict } from './conflict.ts';
import { type DeliveryTiming, deliverPublication } from './deliver.ts';
import type { PostOptions } from './options.ts';
import { cancelPublication, requestPublication, retryPublication } from './publications.ts';
import { getPublication } from './queries.ts';
import { noteRemoteStatus } from './remote-status.ts';
import { type Resolution, resolveConflict } from './resolve.ts';
import { type Publication, publications, type WantedStatus } from './schema.ts';
import { requestTrash, requestUnpublish, requestUpdate } from './withdraw.ts';

let app: TestApp;
let ctx: TestContext;
let site: Site;
let wordpress: WordPressDouble;
const timing: DeliveryTiming = {
  leaseMs: 10_000,
  leaseRenewMs: 1_000,
  requestTimeoutMs: 1_000,
  settleMs: [1],
  retryDelaysMs: [60_000, 60_000, 60_000],
};
const markdown = 'Dough *rests*.[^1]\n\n## Why\n\nGluten relaxes.\n\n[^1]: A baker, https://bread.example/\n';

beforeAll(async () => {
  app = await startTestApp();
  const input = { name: 'Double', url: 'https://blog.example', username: 'admin', applicationPassword: 'pass word' };
  // The double takes no images.
  site = await createSite(app.ctx, app.ctx.db, app.ctx.ownerId, { ...input, settings: { featuredImage: 'none' } });
});
afterAll(() => app.close());
beforeEach(() => {
  wordpress = createWordPressDouble();
  ctx = { ...app.ctx, safeFetch: wordpress.safeFetch };
});

const now = (row: Publication) => getPublication(ctx.db, ctx.ownerId, row.id);
const article = async (row: Publication) => getArticle(ctx.db, ctx.ownerId, row.articleId);
async function deliver(row: Publication, using: AppContext = ctx): Promise<Publication> {
  await deliverPublication(using, row.id, new AbortController().signal, timing);
  return now(row);
}
const ask = (row: Publication, wanted: WantedStatus = 'publish', options?: PostOptions) =>
  ctx.db.transaction((tx) => {
    const { articleId, siteId } = row;
    return requestPublication(ctx, tx, {
      userId: ctx.ownerId,
      articleId,
      siteId,
      wanted,
      publishAt: null,
      pipelineId: null,
      ...(options ? { options } : {}),
    });
  });
const update = async (row: Publication) => deliver(await ask(row));

/** A delivered article, and its post. */
async function published(
  wanted: WantedStatus = 'publish',
  options?: PostOptions,
  terms: Article['terms'] = null,
): Promise<{ row: Publication; post: DoublePost }> {
  const { id } = await ctx.db.transaction((tx) =>
    insertArticle(ctx, tx, ctx.ownerId, {
      title: 'On dough',
      markdown,
      excerpt: 'Short.',
      language: 'en',
      pipelineId: null,
      author: 'user',
      terms,
    }),
  );
  const row = await deliver(await ask({ articleId: id, siteId: site.id } as Publication, wanted, options));
  expect(row).toMatchObject({ status: 'published', sentRevision: 1 });
  const post = wordpress.posts.get(row.remoteId ?? 0);
  if (!post) throw new Error('not delivered');
  wordpress.requests.length = 0;
  return { row, post };
}
/** Changes the article here. */
async function rewrite(row: Publication, change: Partial<{ title: string; markdown: string; slug: string }>) {
  const { id, revision } = await article(row);
  return editArticle(ctx, ctx.ownerId, id, revision, change);
}
const writes = () => wordpress.requests.filter((one) => /^(POST|DELETE)/.test(one));
async function choose(row: Publication, choice: Resolution['choice'], merged?: Resolution['merged']) {
  const { articleRevision, theirsModified } = await readConflict(ctx.db, await now(row));
  return resolveConflict(ctx, ctx.ownerId, row.id, {
    choice,
    articleRevision,
    theirsModified,
    ...(merged ? { merged } : {}),
  });
}
const ourText = markdown.replace('Gluten relaxes.', 'Gluten relaxes slowly.');

describe('the categories and tags of a post', () => {
  const brought = { categories: ['Bees'], tags: [] };
  beforeEach(() => {
    for (const [at, name] of ['Bees', 'News'].entries()) wordpress.terms.set(at + 1, { taxonomy: 'categories', name });
  });
  const namesOf = (ids: readonly number[] = []) => ids.map((id) => wordpress.terms.get(id)?.name);

  it('are those that its article brought, where nothing else is asked for', async () => {
    const { post } = await published('publish', {}, brought);
    expect(namesOf(post.categories)).toEqual(['Bees']);
  });

  it('are those that are asked for, whatever its article brought', async () => {
    const { post } = await published('publish', { categories: ['News'] }, brought);
    expect(namesOf(post.categories)).toEqual(['News']);
  });
});

describe('updating a post', () => {
  it('sends what changed here, and nothing else', async () => {
    const { row, post } = await published();
    await rewrite(row, { markdown: ourText });
    const bodies: unknown[] = [];
    const safeFetch: typeof ctx.safeFetch = Object.assign(
      async (...[url, options]: Parameters<typeof ctx.safeFetch>) => {
        if (options.body) bodies.push(JSON.parse(String(options.body)));
        return wordpress.safeFetch(url, options);
      },
      { close: wordpress.safeFetch.close },
    );
    const asked = await ask(row);
    expect(asked).toMatchObject({ id: row.id, task: 'update' });
    expect(await deliver(row, { ...ctx, safeFetch })).toMatchObject({
      status: 'published',
      sentRevision: 2,
      warnings: [],
    });
    expect(bodies.map((body) => Object.keys(body as object))).toEqual([['content']]);
    expect(post.content).toContain('relaxes slowly');
  });

  it('is done without a write when nothing has changed', async () => {
    const { row } = await published();
    expect(await update(row)).toMatchObject({ status: 'published', warnings: [] });
    expect(writes()).toEqual([]);
  });

  it('leaves alone what only a person has changed, also by later updates', async () => {
    const { row, post } = await published();
    wordpress.edit(post.id, { title: 'Their title', categories: [7] });
    expect(await update(row)).toMatchObject({ status: 'published', warnings: [expect.stringContaining('the title')] });
    await rewrite(row, { slug: 'dough-again' });
    expect(await update(row)).toMatchObject({ status: 'published' });
    expect(post).toMatchObject({ title: 'Their title', categories: [7], slug: 'dough-again' });
    // The edit is still a person's: a new text of ours meets it.
    await rewrite(row, { markdown: ourText });
    expect(await update(row)).toMatchObject({ status: 'conflict' });
    expect(post.title).toBe('Their title');
  });

  it('writes nothing over a text that it leaves alone, also where structured data stood in it', async () => {
    wordpress.capabilities.push('unfiltered_html');
    const { row, post } = await published();
    await ctx.db
      .update(articles)
      .set({ jsonLd: { headline: 'On dough' } })
      .where(eq(articles.id, row.articleId));
    const theirs = post.content.replace('rests', 'sleeps');
    wordpress.edit(post.id, { content: theirs });
    await rewrite(row, { slug: 'dough-again' });
    expect(await update(row)).toMatchObject({ status: 'published' });
    expect(post).toMatchObject({ content: theirs, slug: 'dough-again' });
  });

  it('gives an SEO plugin what changed here, and leaves alone what did not', async () => {
    await ctx.db.update(sites).set({ seoPlugin: 'yoast' }).where(eq(sites.id, site.id));
    try {
      const { row } = await published();
      const { id, revision } = await article(row);
      await editArticle(ctx, ctx.ownerId, id, revision, { metaTitle: 'Dough that rests' });
      // The double has no such plugin, so what it was given is told as not kept.
      expect(await update(row)).toMatchObject({ status: 'published', dropped: ['seoTitle'] });
      await rewrite(row, { slug: 'dough-again' });
      expect(await update(row)).toMatchObject({ status: 'published', dropped: [] });
    } finally {
      await ctx.db.update(sites).set({ seoPlugin: null }).where(eq(sites.id, site.id));
    }
  });

  it('takes the same change on both sides for done', async () => {
    const { row, post } = await published();
    await rewrite(row, { title: 'Dough & time' });
    wordpress.edit(post.id, { title: 'Dough &amp; time' });
    expect(await update(row)).toMatchObject({ status: 'published', error: null });
    expect(writes()).toEqual([]);
  });

  it('does not take what the editor writes in another way for an edit', async () => {
    const { row, post } = await published();
    const resaved = post.content
      .replaceAll('wp:paragraph', 'wp:core/paragraph')
      .replaceAll('\n\n', '\n')
      .replace('<p>Dough', '<p>\nDough')
      .replaceAll(' id="note-fnref-1"', '')
      .replace('<a href="#note-fn-1">', '<a id="note-fnref-1" href="#note-fn-1">');
    expect(resaved).not.toBe(post.content);
    wordpress.edit(post.id, { content: resaved });
    await rewrite(row, { markdown: ourText });
    expect(await update(row)).toMatchObject({ status: 'published', error: null });
    expect(post.content).toContain('relaxes slowly');
  });

  it('stops at what was changed on both sides, and overwrites nothing', async () => {
    const { row, post } = await published();
    wordpress.edit(post.id, { content: post.content.replace('Gluten', 'The gluten') });
    await rewrite(row, { title: 'Another title' });
    expect(await update(row)).toMatchObject({
      status: 'conflict',
      error: { code: 'conflict', message: expect.stringContaining('the title') },
      theirs: { content: expect.stringContaining('The gluten') },
      conflict: { kind: 'edited' },
    });
    expect(writes()).toEqual([]);
  });

  it('names the categories and tags that both sides changed, and a number where the site tells no name', async () => {
    const names = ['News', 'Garden &amp; yard', 'By hand'];
    for (const [at, name] of names.entries()) wordpress.terms.set(at + 1, { taxonomy: 'categories', name });
    wordpress.terms.set(8, { taxonomy: 'tags', name: 'old' });
    wordpress.terms.set(9, { taxonomy: 'tags', name: 'new' });
    const { row, post } = await published('publish', { categories: ['News'], tags: ['old'] });
    expect(post).toMatchObject({ categories: [1], tags: [8] });
    wordpress.edit(post.id, { categories: [1, 3], tags: [] });
    wordpress.terms.delete(1);
    const stopped = await deliver(await ask(row, 'publish', { categories: ['Garden & yard'], tags: ['new'] }));
    expect(stopped.error?.message).toContain('the categories and the tags');
    const { fields } = await readConflict(ctx.db, stopped);
    expect(fields).toEqual([
      {
        name: 'categories',
        ...{ base: '1', ours: '2', theirs: '1, 3' },
        names: { base: ['No. 1'], ours: ['Garden & yard'], theirs: ['No. 1', 'By hand'] },
      },
      { name: 'tags', base: '8', ours: '9', theirs: '', names: { base: ['old'], ours: ['new'], theirs: [] } },
    ]);

    // The conflict is kept with its numbers when the site tells nothing more.
    wordpress.rule = (request) => (request === 'GET /wp/v2/tags' ? { status: 503 } : undefined);
    await retryPublication(ctx, ctx.ownerId, row.id);
    const again = await readConflict(ctx.db, await deliver(row));
    expect(again.fields.map(({ names: known }) => known?.ours ?? null)).toEqual([['Garden & yard'], null]);
  });

  it('finds an update done whose answer was lost, also after the article was changed once more', async () => {
    const { row, post } = await published();
    await rewrite(row, { markdown: ourText });
    wordpress.rule = (request) => (request.startsWith('POST') ? 'lost_after' : undefined);
    expect(await update(row)).toMatchObject({ status: 'queued', error: { code: 'site_unreachable' } });
    wordpress.rule = () => undefined;
    await retryPublication(ctx, ctx.ownerId, row.id);
    const before = writes().length;
    expect(await deliver(row)).toMatchObject({ status: 'published', sentRevision: 2, error: null });
    expect(writes()).toHaveLength(before);

    await rewrite(row, { markdown: `${ourText}\nThird.` });
    wordpress.rule = (request) => (request.startsWith('POST') ? 'lost_after' : undefined);
    await update(row);
    wordpress.rule = () => undefined;
    await rewrite(row, { markdown: `${ourText}\nFourth.` });
    expect(await update(row)).toMatchObject({ status: 'published', sentRevision: 4, error: null });
    expect(post.content).toContain('Fourth.');
  });

  it('puts an edit back that came between the look and the write', async () => {
    const { row, post } = await published();
    await rewrite(row, { markdown: ourText });
    const theirs = post.content.replace('Gluten', 'Her gluten');
    wordpress.rule = (request, earlier) => {
      if (request === 'POST /wp/v2/posts/:id' && earlier === 0) wordpress.edit(post.id, { content: theirs });
      return undefined;
    };
    expect(await update(row)).toMatchObject({
      status: 'conflict',
      conflict: { late: true },
      theirs: { content: theirs },
    });
    expect(post.content).toBe(theirs);
    expect((await choose(row, 'ours')).status).toBe('queued');
    wordpress.rule = () => undefined;
    await deliver(row);
    expect(post.content).toContain('relaxes slowly');
  });

  it('puts such an edit back also when the worker died right after its write', async () => {
    const { row, post } = await published();
    await rewrite(row, { markdown: ourText });
    const theirs = post.content.replace('Gluten', 'Her gluten');
    wordpress.rule = (request, earlier) => {
      if (request !== 'POST /wp/v2/posts/:id' || earlier > 0) return undefined;
      wordpress.edit(post.id, { content: theirs });
      return 'lost_after';
    };
    expect(await update(row)).toMatchObject({ status: 'queued' });
    await retryPublication(ctx, ctx.ownerId, row.id);
    expect(await deliver(row)).toMatchObject({ status: 'conflict', conflict: { late: true } });
    expect(post.content).toBe(theirs);
  });

  it('says once where the site keeps no revisions', async () => {
    wordpress.keepsRevisions = false;
    const { row } = await published();
    await rewrite(row, { markdown: ourText });
    expect((await update(row)).warnings).toEqual([expect.stringContaining('too few revisions')]);
    await rewrite(row, { markdown: `${ourText}\nMore.` });
    expect((await update(row)).warnings).toEqual([]);
    await ctx.db.update(sites).set({ toldOfRevisions: false }).where(eq(sites.id, site.id));
  });

  it('keeps the text of a person whatever await of an update the worker is killed at', async () => {
    let killedAt = 1;
    for (; ; killedAt += 1) {
      const { row, post } = await published();
      await rewrite(row, { markdown: ourText });
      const theirs = post.content.replace('Gluten', 'Her gluten');
      let edited = false;
      wordpress.rule = (request) => {
        if (request === 'POST /wp/v2/posts/:id' && !edited) {
          edited = true;
          wordpress.edit(post.id, { content: theirs });
        }
        return undefined;
      };
      await ask(row);
      const doomed = mortalContext(ctx, killedAt);
      await deliver(row, doomed.ctx).catch((error: unknown) => {
        if (!(error instanceof Killed)) throw error;
      });
      await ctx.db
        .update(publications)
        .set({ leaseExpiresAt: sql`now() - interval '1 second'` as never })
        .where(eq(publications.id, row.id));
      const ended = await deliver(row);
      expect(wordpress.posts.size, `killed at ${killedAt}`).toBe(1);
      expect(ended.status, `killed at ${killedAt}`).toBe('conflict');
      expect(post.content, `killed at ${killedAt}`).toBe(theirs);
      wordpress.posts.clear();
      if (!doomed.killed()) break;
    }
    expect(killedAt).toBeGreaterThan(10);
  }, 60_000);

  it('knows the base of a post of an earlier version when it reads as a revision does, and stops otherwise', async () => {
    const forget = (row: Publication) =>
      ctx.db.update(publications).set({ sent: null, sentRevision: null }).where(eq(publications.id, row.id));
    const known = await published();
    await forget(known.row);
    await rewrite(known.row, { markdown: ourText });
    expect(await update(known.row)).toMatchObject({ status: 'published', sentRevision: 2 });
    expect(known.post.content).toContain('relaxes slowly');

    const unknown = await published();
    await forget(unknown.row);
    wordpress.edit(unknown.post.id, { content: '<p>Their own text.</p>' });
    expect(await update(unknown.row)).toMatchObject({ status: 'conflict' });
    expect(unknown.post.content).toBe('<p>Their own text.</p>');
    expect(await readConflict(ctx.db, await now(unknown.row))).toMatchObject({ text: { base: null } });
  });
});

describe('a post in the trash or deleted', () => {
  it('is noted when it is seen, but not while it is being sent', async () => {
    const { row, post } = await published();
    const seenAs = async (status: 'published' | 'publishing') => {
      await ctx.db.update(publications).set({ status, remoteStatus: 'publish' }).where(eq(publications.id, row.id));
      await noteRemoteStatus(ctx.db, row.siteId, [post.id], 'trash');
      return (await now(row)).remoteStatus;
    };
    expect(await seenAs('published')).toBe('trash');
    expect(await seenAs('publishing')).toBe('publish');
    await ctx.db.update(publications).set({ status: 'published' }).where(eq(publications.id, row.id));
  });

  it('is not made anew when a person deleted it before it was completed', async () => {
    const { row, post } = await published();
    // As a worker leaves it that dies between the creation and the read-back.
    const half = { task: 'place' as const, status: 'queued' as const, sent: null, publishedAt: null };
    await ctx.db.update(publications).set(half).where(eq(publications.id, row.id));
    wordpress.posts.delete(post.id);
    expect(await deliver(row)).toMatchObject({ status: 'conflict', conflict: { kind: 'deleted' } });
    expect(writes()).toEqual([]);
  });

  it('stays in the trash until it is asked for again, and is then restored', async () => {
    const { row, post } = await published();
    wordpress.edit(post.id, { status: 'trash' });
    expect(await update(row)).toMatchObject({ status: 'conflict', conflict: { kind: 'trashed' } });
    expect(await choose(row, 'leave')).toMatchObject({ status: 'unpublished', remoteStatus: 'trash' });
    expect(post.status).toBe('trash');
    expect((await article(row)).status).toBe('ready');
    expect(await update(row)).toMatchObject({ status: 'published', remoteId: post.id, remoteStatus: 'publish' });
    expect(wordpress.posts.size).toBe(1);
  });

  it('comes out of the trash by a choice', async () => {
    const { row, post } = await published();
    wordpress.edit(post.id, { status: 'trash' });
    await update(row);
    await choose(row, 'again');
    expect(await deliver(row)).toMatchObject({ status: 'published', remoteId: post.id });
    expect(post.status).toBe('publish');
  });

  it('is made anew only by a choice, and once whatever is lost', async () => {
    const { row, post } = await published();
    wordpress.posts.delete(post.id);
    expect(await update(row)).toMatchObject({ status: 'conflict', conflict: { kind: 'deleted' }, theirs: null });
    await retryPublication(ctx, ctx.ownerId, row.id);
    expect(await deliver(row)).toMatchObject({ status: 'conflict' });
    expect(wordpress.posts.size).toBe(0);
    await choose(row, 'again');
    wordpress.rule = (request) => (request === 'POST /wp/v2/posts' ? 'lost_after' : undefined);
    expect(await deliver(row)).toMatchObject({ status: 'published' });
    expect(wordpress.posts.size).toBe(1);
    expect((await now(row)).remoteId).not.toBe(post.id);
  });
});

describe('deciding a conflict', () => {
  /** Both sides have changed the text, in different paragraphs and in the same title. */
  async function conflicting() {
    const { row, post } = await published();
    wordpress.edit(post.id, { title: 'Their title', content: post.content.replace('Dough', 'Good dough') });
    await rewrite(row, { title: 'Our title', markdown: ourText });
    await update(row);
    return { row, post };
  }

  it('shows base, ours and theirs, and merges what does not touch', async () => {
    const { row } = await conflicting();
    const shown = await readConflict(ctx.db, await now(row));
    expect(shown).toMatchObject({
      kind: 'edited',
      choices: ['theirs', 'ours', 'merge'],
      fields: [{ name: 'title', base: 'On dough', ours: 'Our title', theirs: 'Their title' }],
      text: { base: markdown, ours: ourText, theirs: markdown.replace('Dough', 'Good dough') },
    });
    expect(shown.text?.hunks.map((hunk) => hunk.kind)).toEqual(['agreed']);
    expect(shown.text?.hunks[0]).toMatchObject({ text: expect.stringMatching(/Good dough.*relaxes slowly/s) });
  });

  it('takes theirs over as a revision of the article, and writes nothing', async () => {
    const { row, post } = await conflicting();
    wordpress.requests.length = 0;
    expect(await choose(row, 'theirs')).toMatchObject({ status: 'published', sentRevision: 3, error: null });
    expect(await article(row)).toMatchObject({
      title: 'Their title',
      markdown: markdown.replace('Dough', 'Good dough'),
    });
    expect(await update(row)).toMatchObject({ status: 'published' });
    expect(writes()).toEqual([]);
    expect(post.title).toBe('Their title');
  });

  it('takes ours to the site', async () => {
    const { row, post } = await conflicting();
    expect(await choose(row, 'ours')).toMatchObject({ status: 'queued', task: 'update' });
    expect(await deliver(row)).toMatchObject({ status: 'published', sentRevision: 2 });
    expect(post).toMatchObject({ title: 'Our title', content: expect.stringContaining('relaxes slowly') });
    expect(post.content).not.toContain('Good dough');
  });

  it('takes a mixture to both', async () => {
    const { row, post } = await conflicting();
    await choose(row, 'merge', { title: 'Both titles', markdown: ourText.replace('Dough', 'Good dough') });
    expect(await deliver(row)).toMatchObject({ status: 'published', sentRevision: 3 });
    expect(post).toMatchObject({
      title: 'Both titles',
      content: expect.stringMatching(/Good dough[\s\S]*relaxes slowly/),
    });
    expect((await article(row)).title).toBe('Both titles');
  });

  it('meets a further edit as a new conflict', async () => {
    const { row, post } = await conflicting();
    await choose(row, 'ours');
    wordpress.edit(post.id, { content: '<p>A third text.</p>' });
    expect(await deliver(row)).toMatchObject({ status: 'conflict', theirs: { content: '<p>A third text.</p>' } });
    expect(post.content).toBe('<p>A third text.</p>');
  });

  it('refuses a choice between what is no longer there', async () => {
    const { row, post } = await conflicting();
    const shown = await readConflict(ctx.db, await now(row));
    const decision = {
      choice: 'ours' as const,
      articleRevision: shown.articleRevision,
      theirsModified: shown.theirsModified,
    };
    wordpress.edit(post.id, { content: '<p>A third text.</p>' });
    await expect(resolveConflict(ctx, ctx.ownerId, row.id, decision)).rejects.toMatchObject({ code: 'conflict' });
    expect((await now(row)).theirs?.content).toBe('<p>A third text.</p>');
    await rewrite(row, { title: 'Newer' });
    const again = await readConflict(ctx.db, await now(row));
    await expect(
      resolveConflict(ctx, ctx.ownerId, row.id, { ...decision, theirsModified: again.theirsModified }),
    ).rejects.toMatchObject({ code: 'stale_revision' });
    expect(await choose(row, 'theirs')).toMatchObject({ status: 'published' });
  });

  it('keeps what a person took down, when theirs is chosen', async () => {
    const { row, post } = await published();
    wordpress.edit(post.id, { status: 'private' });
    expect(await update(row)).toMatchObject({ status: 'conflict' });
    expect(await choose(row, 'theirs')).toMatchObject({ status: 'unpublished', remoteStatus: 'private' });
    await requestUpdate(ctx, ctx.ownerId, row.id);
    await deliver(row);
    expect(post.status).toBe('private');
  });
});

describe('taking a post down', () => {
  it('makes it a draft with the edits of a person, and publishes the same post when asked again', async () => {
    const { row, post } = await published();
    const theirs = post.content.replace('Gluten', 'Her gluten');
    wordpress.edit(post.id, { content: theirs });
    await requestUnpublish(ctx, ctx.ownerId, row.id);
    expect(await deliver(row)).toMatchObject({ status: 'unpublished', remoteStatus: 'draft' });
    expect(post).toMatchObject({ status: 'draft', content: theirs });
    await requestUnpublish(ctx, ctx.ownerId, row.id);
    expect(await deliver(row)).toMatchObject({ status: 'unpublished' });
    expect(writes()).toHaveLength(1);
    expect(await update(row)).toMatchObject({ status: 'published', remoteId: post.id, remoteStatus: 'publish' });
    expect(post.content).toBe(theirs);
  });

  it('puts it into the trash, but not what a person has edited unless that is said', async () => {
    const { row, post } = await published();
    wordpress.edit(post.id, { content: post.content.replace('Gluten', 'Her gluten') });
    await requestTrash(ctx, ctx.ownerId, row.id, { evenIfEdited: false });
    expect(await deliver(row)).toMatchObject({ status: 'conflict', task: 'trash' });
    expect(post.status).toBe('publish');
    expect(await choose(row, 'leave')).toMatchObject({ status: 'published', error: null });
    await requestTrash(ctx, ctx.ownerId, row.id, { evenIfEdited: true });
    expect(await deliver(row)).toMatchObject({ status: 'unpublished', remoteStatus: 'trash', evenIfEdited: false });
    expect(post.status).toBe('trash');
    expect(await update(row)).toMatchObject({ status: 'published', remoteId: post.id });
    expect(post).toMatchObject({ status: 'publish', slug: row.remoteUrl?.split('/').at(-2) });
  });

  it('is given up by cancelling, and the post stays', async () => {
    const { row, post } = await published();
    await requestUnpublish(ctx, ctx.ownerId, row.id);
    expect(await cancelPublication(ctx, ctx.ownerId, row.id)).toMatchObject({ status: 'published' });
    expect(await deliver(row)).toMatchObject({ status: 'published' });
    expect(post.status).toBe('publish');
  });

  it('is refused for what was never there', async () => {
    const { row } = await published();
    await ctx.db.update(publications).set({ remoteId: null, mayExist: false }).where(eq(publications.id, row.id));
    await expect(requestUnpublish(ctx, ctx.ownerId, row.id)).rejects.toMatchObject({ code: 'invalid_state' });
  });
});
