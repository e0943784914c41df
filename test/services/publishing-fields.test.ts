import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { users as accounts } from '../../src/accounts/schema.ts';
import { newId } from '../../src/db/id.ts';
import { images } from '../../src/images/schema.ts';
import { type DeliveryTiming, deliverPublication } from '../../src/publishing/deliver.ts';
import { requestPublication, retryPublication } from '../../src/publishing/publications.ts';
import { getPublication } from '../../src/publishing/queries.ts';
import type { Publication } from '../../src/publishing/schema.ts';
import { type Site, sites } from '../../src/sites/schema.ts';
import { createSite } from '../../src/sites/sites.ts';
import { createWordPressClient, type WordPressClient } from '../../src/wordpress/client.ts';
import { mediaMarker } from '../../src/wordpress/media.ts';
import type { SeoPlugin } from '../../src/wordpress/seo-plugin.ts';
import { type FaultProxy, startFaultProxy } from '../fakes/fault-proxy.ts';
import { Killed, mortalContext } from '../fakes/mortal-context.ts';
import { startTestApp, type TestApp, type TestContext } from '../harness.ts';
import { needed } from './environment.ts';
import { installMustUsePlugin } from './must-use-plugins.ts';
import { type GivenPost, givenImage, givenPost } from './publishing-data.ts';

const timing: DeliveryTiming = {
  leaseMs: 10_000,
  leaseRenewMs: 1_000,
  requestTimeoutMs: 5_000,
  settleMs: [20, 50],
  retryDelaysMs: Array.from({ length: 20 }, () => 50),
};
const never = new AbortController().signal;
const run = `fields${Date.now().toString(36)}`;
const header = 'x-bp-test-seo';

interface Target {
  siteUrl: string;
  proxy: FaultProxy;
  direct: WordPressClient;
  site: Site;
}
let siteNumber = 0;
let app: TestApp;
let ctx: TestContext;
let removePlugin: () => void = () => undefined;
const targets: Target[] = [];
const users: number[] = [];

/** A site with the SEO plugin that its check has found, reached through a proxy that makes WordPress have it. */
async function connect(siteUrl: string, username: string, password: string, seo: SeoPlugin | null): Promise<Target> {
  const proxy = await startFaultProxy(siteUrl, undefined, seo ? { [header]: seo } : {});
  const input = {
    name: `${siteUrl} ${username} ${++siteNumber}`,
    url: proxy.url,
    username,
    applicationPassword: password,
  };
  const { id } = await createSite(ctx, ctx.db, ctx.ownerId, input);
  const settings = { featuredImage: 'none' } as const;
  const [site] = await ctx.db.update(sites).set({ settings }).where(eq(sites.id, id)).returning();
  const direct = createWordPressClient({ safeFetch: ctx.safeFetch, siteUrl, username, applicationPassword: password });
  return { siteUrl, proxy, direct, site: site as Site };
}
const proxies: FaultProxy[] = [];
const credentials = (number: number) =>
  [needed(`TEST_WP${number}_URL`), needed(`TEST_WP${number}_USER`), needed(`TEST_WP${number}_APP_PASSWORD`)] as const;

beforeAll(async () => {
  app = await startTestApp({ env: { ALLOW_PRIVATE_HOSTS: '127.0.0.1' } });
  ctx = app.ctx;
  removePlugin = await installMustUsePlugin('seo-double.php', { namespace: 'bp-test/v1', header, value: 'yoast' });
  for (const number of [1, 2]) targets.push(await connect(...credentials(number), null));
});
afterAll(async () => {
  for (const { direct } of targets) {
    for (const path of ['posts', 'media', 'tags', 'categories']) {
      const query = { search: run, per_page: 100, _fields: 'id', ...(path === 'posts' ? { status: 'any,trash' } : {}) };
      for (let left = true; left; ) {
        const { json } = await direct.call('GET', `/wp/v2/${path}`, { parameters: query });
        for (const { id } of json as { id: number }[]) {
          await direct.call('DELETE', `/wp/v2/${path}/${id}`, { parameters: { force: true } });
        }
        left = (json as unknown[]).length === 100;
      }
    }
  }
  for (const id of users) {
    await targets[0]?.direct.call('DELETE', `/wp/v2/users/${id}`, { parameters: { force: true, reassign: 1 } });
  }
  for (const { proxy } of targets) await proxy.close();
  for (const proxy of proxies) await proxy.close();
  removePlugin();
  await app.close();
}, 120_000);

let number = 0;
const given = (target: Target, post: Partial<GivenPost> = {}) =>
  givenPost(ctx, { siteId: target.site.id, title: `${run} All & sundry ${++number}`, ...post });
const now = (row: Publication) => getPublication(ctx.db, ctx.ownerId, row.id);
async function deliver(row: Publication): Promise<Publication> {
  await deliverPublication(ctx, row.id, never, timing);
  return now(row);
}
interface Stored {
  id: number;
  slug: string;
  status: string;
  content: { raw: string };
  categories: number[];
  tags: number[];
  author: number;
  featured_media: number;
  comment_status: string;
  sticky: boolean;
  template: string;
}
const read = async (target: Target, { remoteId }: Publication) =>
  (await target.direct.call('GET', `/wp/v2/posts/${remoteId}`, { parameters: { context: 'edit' } })).json as Stored;
const list = async <T>(target: Target, path: string, parameters: Record<string, string | number>) =>
  (await target.direct.call('GET', `/wp/v2/${path}`, { parameters: { context: 'edit', per_page: 100, ...parameters } }))
    .json as T[];
const named = async (target: Target, path: string) =>
  (await list<{ id: number; name: string }>(target, path, { search: run })).map(({ id, name }) => [name, id] as const);
const mediaOf = (target: Target, image: string) =>
  list<{ id: number; slug: string; alt_text: string; caption: { raw: string }; source_url: string }>(target, 'media', {
    slug: `${mediaMarker(image)},${mediaMarker(image)}-2`,
  });

describe.each([
  ['pretty', 0],
  ['plain', 1],
])('a post on a WordPress with %s permalinks', (_permalinks, index) => {
  const target = () => targets[index] as Target;

  it('has its categories, tags, images and the rest of its options', async () => {
    const [featured, inText] = [await givenImage(ctx, `${run} front.png`), await givenImage(ctx, `${run} within`)];
    const row = await given(target(), {
      markdown: `Text.\n\n![Own words](/api/v1/images/${inText}/file)\n\nOne ![](/api/v1/images/${featured}/file) inline.`,
      featuredImageId: featured,
      options: {
        categories: [`${run} Bread & butter`, `${run} News`],
        tags: [`${run} ÄPFEL`, `${run} äpfel`, `${run} "quoted" <b`],
        comments: 'closed',
        sticky: true,
      },
    });
    expect(await deliver(row)).toMatchObject({ status: 'published', warnings: [], dropped: [], error: null });
    const post = await read(target(), await now(row));
    const [front] = await mediaOf(target(), featured);
    const [within] = await mediaOf(target(), inText);
    expect(front).toMatchObject({
      alt_text: `Picture of ${run} front.png`,
      caption: { raw: `Seen: ${run} front.png` },
      source_url: expect.stringMatching(/front(-\d+)?\.png$/),
    });
    expect(post).toMatchObject({ featured_media: front?.id, comment_status: 'closed', sticky: true });
    expect(post.content.raw).toContain(
      `<!-- wp:image {"id":${within?.id},"sizeSlug":"full","linkDestination":"none"} -->\n<figure class="wp-block-image size-full"><img src="${within?.source_url}" alt="Own words" class="wp-image-${within?.id}" /><figcaption class="wp-element-caption">Seen: ${run} within</figcaption></figure>`,
    );
    expect(post.content.raw).toContain(`class="wp-image-${front?.id}"`);
    expect(post.categories).toHaveLength(2);
    expect(post.tags).toHaveLength(2);

    // The next post finds all of it there.
    const [before, media] = [await named(target(), 'tags'), await list(target(), 'media', { search: run })];
    const next = await given(target(), {
      markdown: `![](/api/v1/images/${inText}/file)`,
      featuredImageId: featured,
      options: { categories: [`${run} BREAD & BUTTER`], tags: [`${run} Äpfel`] },
    });
    expect(await deliver(next)).toMatchObject({ status: 'published', warnings: [], dropped: [] });
    expect(await named(target(), 'tags')).toEqual(before);
    expect(await list(target(), 'media', { search: run })).toHaveLength(media.length);
    expect((await read(target(), await now(next))).featured_media).toBe(front?.id);
  });

  it('goes without what the site does not accept, and says so', async () => {
    const row = await given(target(), {
      wanted: 'draft',
      options: { authorId: 999_999, template: 'nowhere.php', tags: [`${run} kept`] },
    });
    const ended = await deliver(row);
    expect(ended).toMatchObject({ status: 'published', dropped: ['template', 'author'] });
    expect(ended.warnings).toEqual([expect.stringContaining('template'), expect.stringContaining('author')]);
    expect((await read(target(), ended)).tags).toHaveLength(1);
  });

  it('shows no image of another account, and none that is deleted, and says so', async () => {
    const [binned, theirs] = [await givenImage(ctx, `${run} binned`), await givenImage(ctx, `${run} theirs`)];
    const stranger = newId();
    await ctx.db.insert(accounts).values({ id: stranger, name: 'Somebody else' });
    await ctx.db.update(images).set({ userId: stranger }).where(eq(images.id, theirs));
    await ctx.db.update(images).set({ deletedAt: new Date() }).where(eq(images.id, binned));
    const row = await given(target(), {
      markdown: `Before.\n\n![Words](/api/v1/images/${theirs}/file)\n\nAfter.`,
      featuredImageId: binned,
    });
    const ended = await deliver(row);
    expect(ended).toMatchObject({ status: 'published', dropped: ['featuredImage', 'images'] });
    expect(ended.warnings).toEqual(['2 images were left out: it is no longer kept here.']);
    const post = await read(target(), ended);
    expect(post).toMatchObject({ featured_media: 0 });
    expect(post.content.raw).not.toContain('img');
    for (const image of [binned, theirs]) expect(await mediaOf(target(), image)).toEqual([]);
  });

  it('gets a new category when the remembered one was deleted on the site meanwhile', async () => {
    const name = `${run} fleeting ${index}`;
    await deliver(await given(target(), { options: { categories: [name] } }));
    const [[, id] = []] = (await named(target(), 'categories')).filter(([known]) => known === name);
    await target().direct.call('DELETE', `/wp/v2/categories/${id}`, { parameters: { force: true } });
    const row = await given(target(), { options: { categories: [name] } });
    expect(await deliver(row)).toMatchObject({ status: 'published', warnings: [], dropped: [] });
    const [[, fresh] = []] = (await named(target(), 'categories')).filter(([known]) => known === name);
    expect(fresh).not.toBe(id);
    expect((await read(target(), await now(row))).categories).toEqual([fresh]);
  });

  it('has an image uploaded anew that someone deleted, and stays away itself when someone deleted it', async () => {
    const image = await givenImage(ctx, `${run} gone ${index}`);
    const row = await given(target(), { featuredImageId: image });
    const { remoteId } = await deliver(row);
    const [first] = await mediaOf(target(), image);
    for (const path of [`posts/${remoteId}`, `media/${first?.id}`]) {
      await target().direct.call('DELETE', `/wp/v2/${path}`, { parameters: { force: true } });
    }
    const again = { userId: ctx.ownerId, articleId: row.articleId, siteId: row.siteId, pipelineId: null };
    await ctx.db.transaction((tx) => requestPublication(ctx, tx, { ...again, wanted: 'publish', publishAt: null }));
    expect(await deliver(row)).toMatchObject({
      status: 'conflict',
      remoteId,
      error: { message: expect.stringContaining('was deleted') },
    });
    expect(await mediaOf(target(), image)).toEqual([]);

    const other = await given(target(), { featuredImageId: image });
    expect(await deliver(other)).toMatchObject({ status: 'published', warnings: [] });
    const [second, ...more] = await mediaOf(target(), image);
    expect(more).toEqual([]);
    expect((await read(target(), await now(other))).featured_media).toBe(second?.id);
  });

  // Each takes ten seconds: one of them here, the other on the other site.
  it.each([index === 0 ? 'before the second one' : 'after the second one'])(
    'has one file of an image whose first upload comes through %s, when it was looked for in vain',
    async (when) => {
      const image = await givenImage(ctx, `${run} late`);
      const row = await given(target(), { markdown: `![](/api/v1/images/${image}/file)` });
      const both = (): Promise<void> =>
        expect.poll(() => mediaOf(target(), image), { timeout: 14_000 }).toHaveLength(2);
      const late = { kind: 'delay', ms: 8_000 } as const;
      const slow = when === 'before the second one';
      const second = slow
        ? ({ kind: 'delay', ms: 4_000 } as const)
        : ({ kind: 'hold_after', until: () => both() } as const);
      const due = [late, second];
      target().proxy.setRule(({ kind }) => {
        const fault = kind === 'POST /wp/v2/media' ? due.shift() : undefined;
        return fault?.kind === 'hold_after' ? { ...fault, until: fault.until() } : fault;
      });

      await deliverPublication(ctx, row.id, never, {
        ...timing,
        requestTimeoutMs: 1_500,
        settleMs: [20],
        retryDelaysMs: [0],
      });
      expect(await now(row)).toMatchObject({ status: 'queued', remoteId: null });
      expect(await mediaOf(target(), image)).toEqual([]);
      const patience = slow
        ? { requestTimeoutMs: 1_500, settleMs: [4_500] }
        : { requestTimeoutMs: 15_000, settleMs: [20] };
      await deliverPublication(ctx, row.id, never, { ...timing, ...patience });
      target().proxy.setRule(() => undefined);
      await target().proxy.settled();

      expect(due).toEqual([]);
      expect(await now(row)).toMatchObject({ status: 'published', warnings: [] });
      const [file, ...more] = await mediaOf(target(), image);
      expect(more).toEqual([]);
      expect((await read(target(), await now(row))).content.raw).toContain(`wp-image-${file?.id}"`);
    },
    40_000,
  );

  it('is there once, with one image and one of each term, whatever await a worker is killed at', async () => {
    // The two sites share the awaits: every second one here, the others there.
    let killedAt = 1 + index;
    for (; ; killedAt += 2) {
      const image = await givenImage(ctx, `${run} killed ${index} ${killedAt}`);
      const names = [`${run} cat ${index} ${killedAt}`, `${run} tag ${index} ${killedAt}`] as const;
      const row = await given(target(), {
        markdown: `Text.\n\n![](/api/v1/images/${image}/file)`,
        featuredImageId: image,
        options: { categories: [names[0]], tags: [names[1]] },
      });
      const doomed = mortalContext(ctx, killedAt);
      await deliverPublication(doomed.ctx, row.id, never, timing).catch((error: unknown) => {
        if (!(error instanceof Killed)) throw error;
      });
      await ctx.db.execute(
        `update publications set lease_expires_at = now() - interval '1 second' where id = '${row.id}' and status = 'publishing'`,
      );
      expect(await deliver(row), `killed at ${killedAt}`).toMatchObject({ status: 'published', warnings: [] });
      const posts = await target().direct.findByMarker(`bp-${row.id}`);
      const media = await mediaOf(target(), image);
      expect(posts).toHaveLength(1);
      expect(media).toHaveLength(1);
      expect(posts[0]?.featuredMedia).toBe(media[0]?.id);
      expect([posts[0]?.categories, posts[0]?.tags].map((ids) => ids?.length)).toEqual([1, 1]);
      for (const [path, name] of [
        ['categories', names[0]],
        ['tags', names[1]],
      ] as const) {
        expect(
          (await list<{ name: string }>(target(), path, { search: name })).filter((term) => term.name === name),
        ).toHaveLength(1);
      }
      if (!doomed.killed()) break;
    }
    expect(killedAt).toBeGreaterThan(25);
  }, 180_000);
});

it('has a card with its title where the article has no image of its own, the same for every attempt', async () => {
  const target = targets[0] as Target;
  const row = await given(target, { options: { featuredImage: 'card' } });
  const ended = await deliver(row);
  expect(ended).toMatchObject({ status: 'published', warnings: [], dropped: [] });
  const { featured_media } = await read(target, ended);
  const { json } = await target.direct.call('GET', `/wp/v2/media/${featured_media}`);
  expect(json).toMatchObject({
    alt_text: `${run} All & sundry ${number}`,
    media_details: { width: 1200, height: 630 },
    source_url: expect.stringMatching(/\.png$/),
  });
});

it('finds a tag among more than a hundred that begin like it', async () => {
  const { direct } = targets[0] as Target;
  const make = (name: string) => direct.call('POST', '/wp/v2/tags', { body: { name } });
  const wanted = (await make(`${run} many`)).json as { id: number };
  for (let batch = 0; batch < 104; batch += 4) {
    await Promise.all([0, 1, 2, 3].map((offset) => make(`${run} many ${String(batch + offset).padStart(3, '0')}`)));
  }
  // Lists are sorted by name, in which a shorter one comes first; another letter puts it last.
  const last = (await make(`${run} manyz`)).json as { id: number };
  for (const [name, id] of [
    [`${run} MANY`, wanted.id],
    [`${run} manyZ`, last.id],
  ] as const) {
    const row = await given(targets[0] as Target, { wanted: 'draft', options: { tags: [name] } });
    expect((await read(targets[0] as Target, await deliver(row))).tags).toEqual([id]);
  }
});

describe('by role', () => {
  async function as(role: string): Promise<Target> {
    const { direct, siteUrl } = targets[0] as Target;
    const username = `${run}-${role}`;
    const body = { username, email: `${username}@example.test`, password: crypto.randomUUID(), roles: [role] };
    const { id } = (await direct.call('POST', '/wp/v2/users', { body })).json as { id: number };
    users.push(id);
    const path = `/wp/v2/users/${id}/application-passwords`;
    const { password } = (await direct.call('POST', path, { body: { name: run } })).json as { password: string };
    const target = await connect(siteUrl, username, password, null);
    proxies.push(target.proxy);
    return target;
  }

  it('an author publishes with images and tags, and goes without what only editors may', async () => {
    const target = await as('author');
    const image = await givenImage(ctx, `${run} author`);
    const row = await given(target, {
      featuredImageId: image,
      jsonLd: { '@type': 'Article', name: 'Data' },
      options: {
        categories: [`${run} new of the author`],
        tags: [`${run} tag of the author`],
        sticky: true,
        authorId: 1,
      },
    });
    const ended = await deliver(row);
    expect(ended).toMatchObject({ status: 'published', dropped: ['categories', 'author', 'sticky'] });
    const post = await read(targets[0] as Target, ended);
    expect(post.featured_media).toBeGreaterThan(0);
    expect(post.content.raw).not.toContain('Data');
    expect(post.tags).toHaveLength(1);
  });

  it('a contributor sends a draft without images, and is told', async () => {
    const target = await as('contributor');
    const image = await givenImage(ctx, `${run} contributor`);
    const row = await given(target, {
      wanted: 'draft',
      markdown: `Before.\n\n![](/api/v1/images/${image}/file)\n\nAfter.`,
      featuredImageId: image,
    });
    const ended = await deliver(row);
    expect(ended).toMatchObject({ status: 'published', dropped: ['featuredImage', 'images'] });
    expect(ended.warnings).toEqual([expect.stringContaining('may not upload')]);
    expect((await read(targets[0] as Target, ended)).content.raw).not.toContain('img');
    expect(await mediaOf(target, image)).toEqual([]);
  });

  it('an editor’s post reads back as it was sent, whatever it is made of', async () => {
    const editor = await as('editor');
    const markdown =
      'A [link](https://x.example/) & `code`.\n\n| a | b |\n|--|:-:|\n| 1 | [gallery] |\n\n> q\n\n---\n\n1. x\n2. y';
    const ended = await deliver(await given(editor, { markdown }));
    expect(ended).toMatchObject({ status: 'published', dropped: [], warnings: [] });
  });
});

describe('texts for search engines', () => {
  const texts = { metaTitle: 'On “rest” & dough', metaDescription: 'Why it < rests', keyword: 'dough rest' };
  const stored = async (target: Target, { remoteId }: Publication) => {
    const { username } = target.site;
    const token = Buffer.from(`${username}:${credentials(1)[2]}`).toString('base64');
    const answer = await fetch(`${target.proxy.url}/wp-json/bp-test/v1/meta/${remoteId}`, {
      headers: { authorization: `Basic ${token}` },
    });
    return (await answer.json()) as Record<string, string[]>;
  };
  const cases: [SeoPlugin, Record<string, string>, string[]][] = [
    ['yoast', { _yoast_wpseo_title: texts.metaTitle, _yoast_wpseo_metadesc: 'Why it < rests' }, ['focusKeyword']],
    ['rank-math', { rank_math_title: texts.metaTitle, rank_math_focus_keyword: texts.keyword }, []],
    ['seopress', { _seopress_titles_title: texts.metaTitle, _seopress_analysis_target_kw: texts.keyword }, []],
  ];

  it.each(cases)('reach %s, and what it drops is told', async (plugin, expected, dropped) => {
    const target = await connect(...credentials(1), plugin);
    proxies.push(target.proxy);
    // Never checked: the plugin is found by the namespaces of the site.
    expect(target.site).toMatchObject({ seoPlugin: null, lastOkAt: null });
    const row = await given(target, { ...texts, jsonLd: { name: 'Left to the plugin' } });
    const ended = await deliver(row);
    expect(ended).toMatchObject({ status: 'published', dropped });
    expect(ended.warnings).toHaveLength(dropped.length);
    const meta = await stored(target, ended);
    for (const [key, text] of Object.entries(expected)) expect(meta[key]?.[0]?.replace('&lt;', '<')).toBe(text);
    expect((await read(targets[0] as Target, ended)).content.raw).not.toContain('Left to the plugin');
  });

  it('are written by the next attempt when the first one was cut off after the post was made', async () => {
    const target = await connect(...credentials(1), 'rank-math');
    proxies.push(target.proxy);
    const write = 'POST /rankmath/v1/updateMeta';
    target.proxy.setRule(({ kind, earlier }) => (kind === write && earlier === 0 ? { kind: 'cut_before' } : undefined));
    const row = await given(target, texts);
    const broken = await deliver(row);
    expect(broken).toMatchObject({ status: 'queued', sent: null, remoteId: expect.any(Number) });
    await retryPublication(ctx, ctx.ownerId, row.id);
    const ended = await deliver(row);
    expect(ended).toMatchObject({ status: 'published', warnings: [], sent: { id: broken.remoteId } });
    expect((await stored(target, ended)).rank_math_title).toEqual([texts.metaTitle]);
    expect(target.proxy.seen()['POST /wp/v2/posts']).toBe(1);
  });
});

it('keeps structured data byte for byte, whatever they hold, and shows none of it', async () => {
  const target = targets[0] as Target;
  const jsonLd = {
    '@context': 'https://schema.org',
    headline: '</script><b>--> <!-- /wp:html --> [gallery] "quotes" \\ Wordpress & ümläut \u2028 $1 $&',
    list: ['a', ['b'], null, true, 1],
  };
  const ended = await deliver(await given(target, { jsonLd }));
  expect(ended).toMatchObject({ status: 'published', dropped: [], warnings: [] });
  const { content } = await read(target, ended);
  const inPost = /<script type="application\/ld\+json">(.*?)<\/script>\n<!-- \/wp:html -->$/s.exec(content.raw)?.[1];
  expect(JSON.parse(inPost ?? '')).toEqual(jsonLd);
  const page = await (await fetch(ended.remoteUrl ?? '')).text();
  expect(page).toContain(`<script type="application/ld+json">${inPost}</script>`);
});
