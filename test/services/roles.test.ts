import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { editArticle } from '../../src/articles/articles.ts';
import { getArticle } from '../../src/articles/queries.ts';
import { type DeliveryTiming, deliverPublication } from '../../src/publishing/deliver.ts';
import { requestPublication, retryPublication } from '../../src/publishing/publications.ts';
import { getPublication } from '../../src/publishing/queries.ts';
import type { Publication } from '../../src/publishing/schema.ts';
import { requestTrash, requestUnpublish, requestUpdate } from '../../src/publishing/withdraw.ts';
import type { Site } from '../../src/sites/schema.ts';
import { checkStoredSite, createSite } from '../../src/sites/sites.ts';
import { publicationMarker } from '../../src/wordpress/blocks.ts';
import { createWordPressClient, type WordPressClient, type WordPressPost } from '../../src/wordpress/client.ts';
import { mediaMarker } from '../../src/wordpress/media.ts';
import { type FaultProxy, startFaultProxy } from '../fakes/fault-proxy.ts';
import { startTestApp, type TestApp, type TestContext } from '../harness.ts';
import { needed } from './environment.ts';
import { type GivenPost, givenImage, givenPost } from './publishing-data.ts';

const timing: DeliveryTiming = {
  leaseMs: 10_000,
  leaseRenewMs: 2_000,
  requestTimeoutMs: 10_000,
  settleMs: [20, 50],
  retryDelaysMs: [50, 50],
};
const run = `roles${Date.now().toString(36)}`;

interface Writer {
  id: number;
  site: Site;
  proxy: FaultProxy;
}
let app: TestApp;
let ctx: TestContext;
/** The administrator, who is the editor here that others have to reckon with. */
let editor: WordPressClient;
let author: Writer;
let contributor: Writer;
const rows: Publication[] = [];

beforeAll(async () => {
  app = await startTestApp({ env: { ALLOW_PRIVATE_HOSTS: '127.0.0.1' } });
  ctx = app.ctx;
  editor = createWordPressClient({
    safeFetch: ctx.safeFetch,
    siteUrl: needed('TEST_WP1_URL'),
    username: needed('TEST_WP1_USER'),
    applicationPassword: needed('TEST_WP1_APP_PASSWORD'),
  });
  [author, contributor] = [await connectAs('author'), await connectAs('contributor')];
});
afterAll(async () => {
  for (const { id: row } of rows) {
    for (const { id } of await editor.findByMarker(publicationMarker(row))) {
      await editor.call('DELETE', `/wp/v2/posts/${id}`, { parameters: { force: true } });
    }
  }
  for (const path of ['media', 'tags']) {
    const { json } = await editor.call('GET', `/wp/v2/${path}`, { parameters: { search: run, _fields: 'id' } });
    for (const { id } of json as { id: number }[]) {
      await editor.call('DELETE', `/wp/v2/${path}/${id}`, { parameters: { force: true } });
    }
  }
  for (const writer of [author, contributor]) {
    await editor.call('DELETE', `/wp/v2/users/${writer.id}`, { parameters: { force: true, reassign: 1 } });
    await writer.proxy.close();
  }
  await app.close();
}, 60_000);

async function connectAs(role: string): Promise<Writer> {
  const username = `${run}-${role}`;
  const body = { username, email: `${username}@example.test`, password: crypto.randomUUID(), roles: [role] };
  const { id } = (await editor.call('POST', '/wp/v2/users', { body })).json as { id: number };
  const path = `/wp/v2/users/${id}/application-passwords`;
  const { password } = (await editor.call('POST', path, { body: { name: run } })).json as { password: string };
  const proxy = await startFaultProxy(needed('TEST_WP1_URL'));
  const login = { name: `As ${role}`, url: proxy.url, username, applicationPassword: password };
  const site = await createSite(ctx, ctx.db, ctx.ownerId, { ...login, settings: { featuredImage: 'none' } });
  await checkStoredSite(ctx, site);
  return { id, site, proxy };
}

let count = 0;
async function given({ site }: Writer, post: Partial<GivenPost> = {}): Promise<Publication> {
  const markdown = 'First of all.\n\nAnd then.';
  const row = await givenPost(ctx, { siteId: site.id, title: `${run} ${++count}`, markdown, ...post });
  rows.push(row);
  return row;
}
const now = ({ id }: Publication) => getPublication(ctx.db, ctx.ownerId, id);
async function deliver(row: Publication): Promise<Publication> {
  await deliverPublication(ctx, row.id, new AbortController().signal, timing);
  return now(row);
}
async function rewrite({ articleId }: Publication, markdown = 'First of all, anew.\n\nAnd then.') {
  const { id, revision } = await getArticle(ctx.db, ctx.ownerId, articleId);
  await editArticle(ctx, ctx.ownerId, id, revision, { markdown });
}
const read = ({ remoteId }: Publication) => editor.getPost(remoteId ?? 0);
const copies = ({ id }: Publication) => editor.findByMarker(publicationMarker(id));
/** What the editor does on the site itself. */
const onSite = (row: Publication, body: object) => editor.call('POST', `/wp/v2/posts/${row.remoteId}`, { body });
/** Text, state and author: what must be the same after an attempt that was refused. */
const parts = ({ title, content, status, slug, author: by, tags, featuredMedia }: WordPressPost) => ({
  title,
  content,
  status,
  slug,
  by,
  tags,
  featuredMedia,
});
const outOfReach = {
  status: 'failed',
  error: {
    code: 'site_rejected',
    message: expect.stringMatching(/^The post is on .*, but .* may not edit it there/),
    hint: expect.stringMatching(/role Editor.*retry/),
  },
};

/** Asks for each thing that can be done to a post that is there; all are refused, and nothing of the post is changed. */
async function expectOutOfReach(row: Publication) {
  const before = parts(await read(row));
  await rewrite(row);
  const wishes = {
    update: () => requestUpdate(ctx, ctx.ownerId, row.id),
    unpublish: () => requestUnpublish(ctx, ctx.ownerId, row.id),
    trash: () => requestTrash(ctx, ctx.ownerId, row.id, { evenIfEdited: true }),
  };
  for (const [name, wish] of Object.entries(wishes)) {
    await wish();
    expect(await deliver(row), name).toMatchObject({ ...outOfReach, remoteId: row.remoteId });
    expect(parts(await read(row)), name).toEqual(before);
  }
}

describe('an author', () => {
  it('publishes a post with an image, updates it, takes it down and throws it away', async () => {
    const image = await givenImage(ctx, `${run} author`);
    const wanted = { featuredImageId: image, options: { tags: [`${run} bread`] } };
    const row = await deliver(await given(author, wanted));
    expect(row).toMatchObject({ status: 'published', remoteStatus: 'publish', dropped: [], warnings: [] });
    const post = await read(row);
    expect(post).toMatchObject({ author: author.id, status: 'publish', featuredMedia: expect.any(Number) });

    const inText = await givenImage(ctx, `${run} in the text`);
    await rewrite(row, `First of all, anew.\n\n![Seen](/api/v1/images/${inText}/file)\n\nAnd then.`);
    await requestUpdate(ctx, ctx.ownerId, row.id);
    expect(await deliver(row)).toMatchObject({ status: 'published', dropped: [], warnings: [] });
    const updated = await read(row);
    expect(updated.content).toContain('anew');
    expect(updated.content).toContain('wp:image');
    expect(updated).toMatchObject({ id: post.id, status: 'publish', featuredMedia: post.featuredMedia });

    await requestUnpublish(ctx, ctx.ownerId, row.id);
    expect(await deliver(row)).toMatchObject({ status: 'unpublished' });
    expect(await read(row)).toMatchObject({ status: 'draft', content: updated.content });
    await requestTrash(ctx, ctx.ownerId, row.id, { evenIfEdited: false });
    await deliver(row);
    expect(await read(row)).toMatchObject({ status: 'trash' });
  });

  it('cannot touch a post that has another author by now, and is told so', async () => {
    const row = await deliver(await given(author));
    await onSite(row, { author: 1 });
    await expectOutOfReach(row);
    // With the right to, the same wish is fulfilled.
    await editor.call('POST', `/wp/v2/users/${author.id}`, { body: { roles: ['editor'] } });
    try {
      await requestUpdate(ctx, ctx.ownerId, row.id);
      expect(await deliver(row)).toMatchObject({ status: 'published', error: null });
      expect((await read(row)).content).toContain('anew');
    } finally {
      await editor.call('POST', `/wp/v2/users/${author.id}`, { body: { roles: ['author'] } });
    }
  });
});

describe('a contributor', () => {
  it('cannot publish: nothing is made on the site, and as a draft it goes there', async () => {
    const image = await givenImage(ctx, `${run} contributor`);
    const row = await deliver(await given(contributor, { featuredImageId: image, options: { tags: [`${run} none`] } }));
    expect(row).toMatchObject({
      status: 'failed',
      remoteId: null,
      mayExist: false,
      error: {
        message: expect.stringContaining('may write drafts'),
        hint: expect.stringContaining('publish as a draft'),
      },
    });
    expect(await copies(row)).toEqual([]);
    for (const [path, search] of [
      ['media', mediaMarker(image)],
      ['tags', `${run} none`],
    ]) {
      const { json } = await editor.call('GET', `/wp/v2/${path}`, { parameters: { search, context: 'edit' } });
      expect(json, path).toEqual([]);
    }
    await ctx.db.transaction((tx) =>
      requestPublication(ctx, tx, {
        userId: ctx.ownerId,
        articleId: row.articleId,
        siteId: contributor.site.id,
        wanted: 'draft',
        publishAt: null,
        pipelineId: null,
      }),
    );
    expect(await deliver(row)).toMatchObject({
      status: 'published',
      remoteStatus: 'draft',
      dropped: ['featuredImage'],
      warnings: [expect.stringContaining('may not upload')],
    });
  });

  it('updates and throws away a draft of their own, but does not make it public', async () => {
    const row = await deliver(await given(contributor, { wanted: 'draft' }));
    await rewrite(row);
    await requestUpdate(ctx, ctx.ownerId, row.id);
    expect(await deliver(row)).toMatchObject({ status: 'published', remoteStatus: 'draft', error: null });
    const draft = await read(row);
    expect(draft.content).toContain('anew');

    await ctx.db.transaction((tx) =>
      requestPublication(ctx, tx, {
        userId: ctx.ownerId,
        articleId: row.articleId,
        siteId: contributor.site.id,
        wanted: 'publish',
        publishAt: null,
        pipelineId: null,
      }),
    );
    expect(await deliver(row)).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('The user may not do this') },
    });
    expect(parts(await read(row))).toEqual(parts(draft));
    await requestTrash(ctx, ctx.ownerId, row.id, { evenIfEdited: false });
    await deliver(row);
    expect(await read(row)).toMatchObject({ status: 'trash' });
  });

  it('cannot touch their post once an editor has published it, and is told so', async () => {
    const row = await deliver(await given(contributor, { wanted: 'draft' }));
    await onSite(row, { status: 'publish' });
    await expectOutOfReach(row);
  });

  it('does not make a second post of one whose answer was lost and that an editor has published since', async () => {
    const { proxy } = contributor;
    const row = await given(contributor, { wanted: 'draft' });
    // From the creation on no answer arrives any more.
    let created = false;
    proxy.setRule(({ kind }) => {
      created ||= kind === 'POST /wp/v2/posts';
      return created ? { kind: 'cut_after' } : undefined;
    });
    expect(await deliver(row)).toMatchObject({ status: 'queued', mayExist: true, remoteId: null });
    proxy.setRule(() => undefined);
    const [post] = await copies(row);
    await editor.call('POST', `/wp/v2/posts/${post?.id}`, { body: { status: 'publish' } });
    await ctx.db.execute(sql`update publications set next_attempt_at = now() where id = ${row.id}`);
    expect(await deliver(row)).toMatchObject({
      ...outOfReach,
      error: { ...outOfReach.error, message: expect.stringContaining('is on the site already') },
      mayExist: true,
    });
    expect(await copies(row)).toHaveLength(1);

    // Once the role is enough, the same publication finds it.
    await editor.call('POST', `/wp/v2/users/${contributor.id}`, { body: { roles: ['editor'] } });
    try {
      await retryPublication(ctx, ctx.ownerId, row.id);
      expect(await deliver(row)).toMatchObject({ status: 'published', remoteId: post?.id });
      expect(await copies(row)).toHaveLength(1);
    } finally {
      await editor.call('POST', `/wp/v2/users/${contributor.id}`, { body: { roles: ['contributor'] } });
    }
  });
});
