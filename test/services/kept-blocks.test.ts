import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { editArticle, insertArticle } from '../../src/articles/articles.ts';
import { keptBlocksIn } from '../../src/articles/markdown.ts';
import { getArticle } from '../../src/articles/queries.ts';
import { readConflict } from '../../src/publishing/conflict.ts';
import { type DeliveryTiming, deliverPublication } from '../../src/publishing/deliver.ts';
import { requestPublication } from '../../src/publishing/publications.ts';
import { getPublication } from '../../src/publishing/queries.ts';
import { type Resolution, resolveConflict } from '../../src/publishing/resolve.ts';
import { type Publication, publications } from '../../src/publishing/schema.ts';
import type { Site } from '../../src/sites/schema.ts';
import { createSite } from '../../src/sites/sites.ts';
import { publicationMarker } from '../../src/wordpress/blocks.ts';
import { createWordPressClient, type WordPressClient } from '../../src/wordpress/client.ts';
import { startTestApp, type TestApp, type TestContext } from '../harness.ts';
import { needed } from './environment.ts';
import { givenAuthor } from './publishing-data.ts';

/** What the editor of WordPress 6.8 writes, and what people paste into it; each is one block of the post. */
const foreign: Readonly<Record<string, string>> = {
  gallery:
    '<!-- wp:gallery {"columns":2,"linkTo":"none"} -->\n<figure class="wp-block-gallery has-nested-images columns-2 is-cropped"><!-- wp:image {"id":3,"sizeSlug":"large","linkDestination":"none"} -->\n<figure class="wp-block-image size-large"><img src="https://images.example/a.jpg" alt="A" class="wp-image-3"/></figure>\n<!-- /wp:image -->\n\n<!-- wp:image {"id":4} -->\n<figure class="wp-block-image"><img src="https://images.example/b.jpg" alt="" class="wp-image-4"/><figcaption class="wp-element-caption">Of <em>B</em></figcaption></figure>\n<!-- /wp:image --></figure>\n<!-- /wp:gallery -->',
  'columns in columns':
    '<!-- wp:columns {"verticalAlignment":"center"} -->\n<div class="wp-block-columns are-vertically-aligned-center"><!-- wp:column {"width":"33.3%"} -->\n<div class="wp-block-column" style="flex-basis:33.3%"><!-- wp:columns -->\n<div class="wp-block-columns"><!-- wp:column -->\n<div class="wp-block-column"><!-- wp:paragraph -->\n<p>Left &amp; <strong>deep</strong></p>\n<!-- /wp:paragraph --></div>\n<!-- /wp:column --></div>\n<!-- /wp:columns --></div>\n<!-- /wp:column -->\n\n<!-- wp:column -->\n<div class="wp-block-column"><!-- wp:list -->\n<ul class="wp-block-list"><!-- wp:list-item -->\n<li>x</li>\n<!-- /wp:list-item --></ul>\n<!-- /wp:list --></div>\n<!-- /wp:column --></div>\n<!-- /wp:columns -->',
  buttons:
    '<!-- wp:buttons {"layout":{"type":"flex","justifyContent":"center"}} -->\n<div class="wp-block-buttons"><!-- wp:button {"backgroundColor":"vivid-red","style":{"border":{"radius":"4px"}}} -->\n<div class="wp-block-button"><a class="wp-block-button__link has-vivid-red-background-color has-background wp-element-button" href="https://shop.example/?a=1&amp;b=2" style="border-radius:4px">Buy — now</a></div>\n<!-- /wp:button --></div>\n<!-- /wp:buttons -->',
  embed:
    '<!-- wp:embed {"url":"https://video.example/watch?v=1","type":"video","providerNameSlug":"example","responsive":true,"className":"wp-embed-aspect-16-9 wp-has-aspect-ratio"} -->\n<figure class="wp-block-embed is-type-video is-provider-example wp-block-embed-example wp-embed-aspect-16-9 wp-has-aspect-ratio"><div class="wp-block-embed__wrapper">\nhttps://video.example/watch?v=1\n</div></figure>\n<!-- /wp:embed -->',
  shortcode: '<!-- wp:shortcode -->\n[contact-form id="7" title="A \\"form\\""]\n<!-- /wp:shortcode -->',
  'a shortcode in a paragraph': '<!-- wp:paragraph -->\n<p>[gallery ids="1,2"]</p>\n<!-- /wp:paragraph -->',
  'reusable block': '<!-- wp:block {"ref":42} /-->',
  'custom HTML':
    '<!-- wp:html -->\n<div class="x" onclick="go()"><iframe src="https://map.example/?q=1" width="10"></iframe>\n\n<script>let a = 1 < 2 && "--";</script></div>\n<!-- /wp:html -->',
  'group with a layout':
    '<!-- wp:group {"metadata":{"name":"Box"},"layout":{"type":"constrained","contentSize":"500px"}} -->\n<div class="wp-block-group"><!-- wp:heading {"textAlign":"center","level":3} -->\n<h3 class="wp-block-heading has-text-align-center">In a box</h3>\n<!-- /wp:heading --></div>\n<!-- /wp:group -->',
  'quote with a foreign block':
    '<!-- wp:quote -->\n<blockquote class="wp-block-quote"><!-- wp:buttons -->\n<div class="wp-block-buttons"></div>\n<!-- /wp:buttons --><cite>Her</cite></blockquote>\n<!-- /wp:quote -->',
  spacer:
    '<!-- wp:spacer {"height":"40px"} -->\n<div style="height:40px" aria-hidden="true" class="wp-block-spacer"></div>\n<!-- /wp:spacer -->',
  more: '<!-- wp:more -->\n<!--more-->\n<!-- /wp:more -->',
  'latest posts': '<!-- wp:latest-posts {"postsToShow":3,"displayPostDate":true} /-->',
  pullquote:
    '<!-- wp:pullquote -->\n<figure class="wp-block-pullquote"><blockquote><p>Pulled</p><cite>Who</cite></blockquote></figure>\n<!-- /wp:pullquote -->',
  'a block of a plugin':
    '<!-- wp:acme/price {"plan":"pro","tags":["a","b"]} -->\n<div class="acme">9 €</div>\n<!-- /wp:acme/price -->',
};
const formatted =
  '<!-- wp:paragraph {"align":"center","style":{"color":{"text":"#aa0000"}}} -->\n<p class="has-text-align-center has-text-color" style="color:#aa0000">Gluten <span style="letter-spacing:2px">relaxes</span>.</p>\n<!-- /wp:paragraph -->';
const plain = '<!-- wp:paragraph -->\n<p>Gluten relaxes.</p>\n<!-- /wp:paragraph -->';

const timing: DeliveryTiming = {
  leaseMs: 10_000,
  leaseRenewMs: 2_000,
  requestTimeoutMs: 10_000,
  settleMs: [100, 300],
  retryDelaysMs: [],
};
const markdown = 'Dough rests.\n\nGluten relaxes.\n\nIn the end.\n';
let app: TestApp;
let ctx: TestContext;
let hand: WordPressClient;
const site: Partial<Record<1 | 2, Site>> = {};
const made: Publication[] = [];

beforeAll(async () => {
  app = await startTestApp({ env: { ALLOW_PRIVATE_HOSTS: '127.0.0.1' } });
  ctx = app.ctx;
  for (const number of [1, 2] as const) site[number] = await connect(number);
  hand = clientOf(1);
});
afterAll(async () => {
  for (const { id, siteId } of made) {
    const client = siteId === site[2]?.id ? clientOf(2) : hand;
    for (const post of await client.findByMarker(publicationMarker(id))) {
      await client.call('DELETE', `/wp/v2/posts/${post.id}`, { parameters: { force: true } });
    }
  }
  await app.close();
});

const login = (number: 1 | 2) => ({
  username: needed(`TEST_WP${number}_USER`),
  applicationPassword: needed(`TEST_WP${number}_APP_PASSWORD`),
});
const clientOf = (number: 1 | 2) =>
  createWordPressClient({ safeFetch: ctx.safeFetch, siteUrl: needed(`TEST_WP${number}_URL`), ...login(number) });
const connect = (number: 1 | 2, as: { username: string; applicationPassword: string } = login(number)) =>
  createSite(ctx, ctx.db, ctx.ownerId, {
    name: `WordPress ${number} ${as.username}`,
    url: needed(`TEST_WP${number}_URL`),
    ...as,
    settings: { featuredImage: 'none' },
  });

async function send(articleId: string, siteId = site[1]?.id ?? ''): Promise<Publication> {
  const request = { userId: ctx.ownerId, articleId, siteId, wanted: 'publish' as const, publishAt: null };
  const { id } = await ctx.db.transaction((tx) => requestPublication(ctx, tx, { ...request, pipelineId: null }));
  return deliver(id);
}
async function deliver(id: string): Promise<Publication> {
  await deliverPublication(ctx, id, new AbortController().signal, timing);
  return getPublication(ctx.db, ctx.ownerId, id);
}
async function published(text = markdown): Promise<Publication> {
  const article = { title: `Kept ${crypto.randomUUID()}`, markdown: text, excerpt: 'Short.', language: 'en' };
  const { id } = await ctx.db.transaction((tx) =>
    insertArticle(ctx, tx, ctx.ownerId, { ...article, pipelineId: null, author: 'user' }),
  );
  const row = await send(id);
  made.push(row);
  expect(row).toMatchObject({ status: 'published', error: null });
  return row;
}
const contentOf = async ({ remoteId }: Publication) => (await hand.getPost(remoteId ?? 0)).content;
const edit = ({ remoteId }: Publication, content: string) =>
  hand.call('POST', `/wp/v2/posts/${remoteId}`, { body: { content } });
const textOf = async ({ articleId }: Publication) => (await getArticle(ctx.db, ctx.ownerId, articleId)).markdown;
async function rewrite({ articleId }: Publication, change: (text: string) => string): Promise<void> {
  const article = await getArticle(ctx.db, ctx.ownerId, articleId);
  await editArticle(ctx, ctx.ownerId, article.id, article.revision, { markdown: change(article.markdown) });
}
async function choose(row: Publication, choice: Resolution['choice'], merged?: Resolution['merged']): Promise<void> {
  const now = await getPublication(ctx.db, ctx.ownerId, row.id);
  const { articleRevision, theirsModified } = await readConflict(ctx.db, now);
  const decision = { choice, articleRevision, theirsModified, ...(merged ? { merged } : {}) };
  await resolveConflict(ctx, ctx.ownerId, row.id, decision);
}
/** Keeps theirs of a post with blocks between our paragraphs. */
async function keptTheirs(blocks: readonly string[]): Promise<Publication> {
  const row = await published();
  const [first, second, ...rest] = (await contentOf(row)).split(/\n\n(?=<!-- wp:)/);
  await edit(row, [first, ...blocks, second, ...rest].join('\n\n'));
  await rewrite(row, (text) => text.replace('In the end', 'At the end'));
  expect(await send(row.articleId)).toMatchObject({ status: 'conflict' });
  await choose(row, 'theirs');
  return row;
}

describe('blocks that an article has no form for', () => {
  it('stay byte for byte where they are when ours is changed after theirs was kept', async () => {
    const blocks = Object.values(foreign);
    const row = await keptTheirs(blocks);
    expect(keptBlocksIn(await textOf(row))).toHaveLength(blocks.length);
    await rewrite(row, (text) => text.replace('Dough rests', 'The dough rests').replace('In the end', 'At last'));
    expect(await send(row.articleId)).toMatchObject({ status: 'published', error: null, warnings: [], dropped: [] });
    const content = await contentOf(row);
    expect(content).toContain('The dough rests');
    const between = content.slice(content.indexOf('<!-- /wp:paragraph -->'), content.indexOf(plain));
    expect(between).toBe(`<!-- /wp:paragraph -->\n\n${blocks.join('\n\n')}\n\n`);

    // Moved and taken out here, they are moved and taken out there, and nothing else of them changes.
    await rewrite(row, (text) => {
      const [gallery, ...others] = text.match(/^<!-- kept from the site: .*$/gm) ?? [];
      return `${text.replace(`${gallery}\n\n`, '').replace(`${others.at(-1)}\n\n`, '')}\n${gallery}\n`;
    });
    const moved = await send(row.articleId);
    expect(moved.warnings).toEqual([expect.stringContaining('removed from the post: acme/price')]);
    const after = await contentOf(row);
    expect(after.endsWith(foreign.gallery ?? '')).toBe(true);
    expect(after).not.toContain('acme');
    for (const block of blocks.slice(1, -1)) expect(after).toContain(block);
  });

  it('stay when a person changes one of them and we another paragraph, once both are merged', async () => {
    const row = await keptTheirs([foreign.gallery ?? '', foreign.spacer ?? '']);
    const wider = (foreign.gallery ?? '').replaceAll('columns-2', 'columns-3').replace('"columns":2', '"columns":3');
    await edit(row, (await contentOf(row)).replace(foreign.gallery ?? '', wider));
    await rewrite(row, (text) => text.replace('In the end', 'At last'));
    expect(await send(row.articleId)).toMatchObject({ status: 'conflict' });
    const { text } = await readConflict(ctx.db, await getPublication(ctx.db, ctx.ownerId, row.id));
    expect(text?.hunks.map(({ kind }) => kind)).toEqual(['agreed']);
    const merged = text?.hunks.map((hunk) => (hunk.kind === 'agreed' ? hunk.text : '')).join('') ?? '';
    await choose(row, 'merge', { markdown: `${merged}\n` });
    expect(await deliver(row.id)).toMatchObject({ status: 'published', error: null });
    const content = await contentOf(row);
    expect(content).toContain(wider);
    expect(content).toContain(foreign.spacer);
    expect(content).toContain('At last');
  });

  it('come back by taking ours when a person took one out', async () => {
    const row = await keptTheirs([foreign.buttons ?? '']);
    await edit(row, (await contentOf(row)).replace(foreign.buttons ?? '', plain));
    await rewrite(row, (text) => text.replace('In the end', 'At last'));
    expect(await send(row.articleId)).toMatchObject({ status: 'conflict' });
    await choose(row, 'ours');
    expect(await deliver(row.id)).toMatchObject({ status: 'published', error: null, warnings: [] });
    expect(await contentOf(row)).toContain(foreign.buttons);
  });

  it('stop an update that would remove them, where an earlier version has taken theirs over without them', async () => {
    const row = await published();
    const theirs = `${await contentOf(row)}\n\n${foreign.gallery}`;
    await edit(row, theirs);
    // As such a version left it: the text is accepted, and the article does not know of the gallery.
    const post = await hand.getPost(row.remoteId ?? 0);
    await ctx.db.update(publications).set({ sent: post }).where(eq(publications.id, row.id));
    await rewrite(row, (text) => text.replace('In the end', 'At last'));
    expect(await send(row.articleId)).toMatchObject({
      status: 'conflict',
      error: { message: expect.stringContaining('blocks that the article does not know (gallery)') },
    });
    expect(await contentOf(row)).toBe(theirs);
    await choose(row, 'ours');
    expect(await deliver(row.id)).toMatchObject({ status: 'published', error: null });
    expect(await contentOf(row)).not.toContain('gallery');
  });

  it('keep the formatting of paragraphs whose words are the same, and it is said where it goes', async () => {
    const row = await published();
    await edit(row, (await contentOf(row)).replace(plain, formatted));
    await rewrite(row, (text) => text.replace('In the end', 'At the end'));
    expect(await send(row.articleId)).toMatchObject({ status: 'conflict' });
    await choose(row, 'theirs');
    await rewrite(row, (text) => text.replace('Dough rests', 'The dough rests'));
    expect(await send(row.articleId)).toMatchObject({ status: 'published', error: null, warnings: [] });
    expect(await contentOf(row)).toContain(formatted);
    await rewrite(row, (text) => text.replace('Gluten relaxes', 'Gluten relaxes slowly'));
    const ended = await send(row.articleId);
    expect(ended.warnings).toEqual([expect.stringContaining('paragraph: align, paragraph: style')]);
    expect(await contentOf(row)).toContain('<p>Gluten relaxes slowly.</p>');
  });

  it('are not touched where WordPress would filter what our user may not write', async () => {
    const { id: author, ...login } = await givenAuthor(hand);
    const { id: siteId } = await connect(1, login);
    const first = await published();
    const row = await send(first.articleId, siteId);
    made.push(row);
    await edit(row, `${await contentOf(row)}\n\n${foreign['custom HTML']}`);
    await rewrite(row, (text) => text.replace('In the end', 'At the end'));
    expect(await send(row.articleId, siteId)).toMatchObject({ status: 'conflict' });
    await choose(row, 'theirs');
    await rewrite(row, (text) => text.replace('In the end', 'At last'));
    expect(await send(row.articleId, siteId)).toMatchObject({
      status: 'conflict',
      error: { message: expect.stringContaining('WordPress would filter') },
    });
    expect(await contentOf(row)).toContain(foreign['custom HTML']);
    await hand.call('DELETE', `/wp/v2/users/${author}`, { parameters: { force: true, reassign: 1 } });
  });

  it('bring nothing onto another site, and no markup of an article’s own onto any', async () => {
    const row = await keptTheirs([foreign['custom HTML'] ?? '']);
    const elsewhere = await send(row.articleId, site[2]?.id);
    made.push(elsewhere);
    expect(elsewhere).toMatchObject({
      status: 'published',
      dropped: ['blocks'],
      warnings: [expect.stringContaining('html')],
    });
    const there = await clientOf(2).getPost(elsewhere.remoteId ?? 0);
    expect(there.content).not.toMatch(/iframe|script|kept from/);

    const digest = keptBlocksIn(await textOf(row))[0]?.digest ?? '';
    const forged = [
      `<!-- kept from the site: html ${digest} -->`,
      '<!-- kept from the site: html 0123456789abcdef --><script>bad()</script>',
      '<!-- kept from the site: html <script>bad()</script> -->',
      '<!-- kept from the site: html 0123456789abcdef\n<script>bad()</script> -->',
      `<section data-kept="html ${digest}"><script>bad()</script></section>`,
      '<section data-kept="html --&gt;&lt;script&gt;bad()&lt;/script&gt;">x</section>',
      '<!-- wp:html -->\n<script>bad()</script>\n<!-- /wp:html -->',
    ];
    const other = await published(`One.\n\n${forged.join('\n\n')}\n\nTwo.\n`);
    expect(await contentOf(other)).not.toMatch(/bad|script|iframe|wp:html|kept/);
  });
});
