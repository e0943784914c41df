import { randomUUID } from 'node:crypto';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../src/errors.ts';
import { createSafeFetch } from '../../src/net/safe-fetch.ts';
import { blockNames, publicationMarker } from '../../src/wordpress/blocks.ts';
import { checkSite } from '../../src/wordpress/check.ts';
import {
  createWordPressClient,
  type WordPressClient,
  type WordPressClientOptions,
} from '../../src/wordpress/client.ts';
import { jsonLdBlock } from '../../src/wordpress/json-ld.ts';
import { parsePage } from '../active-content.ts';
import { articleTree, blocksOf, constructs, linksOf, wholeArticle, wordsOf } from '../block-constructs.ts';
import { type FaultProxy, startFaultProxy } from '../fakes/fault-proxy.ts';
import { needed } from './environment.ts';

const sites = [1, 2].map((number) => ({
  number,
  siteUrl: needed(`TEST_WP${number}_URL`),
  username: needed(`TEST_WP${number}_USER`),
  applicationPassword: needed(`TEST_WP${number}_APP_PASSWORD`),
}));
const [pretty, plain] = sites as [(typeof sites)[0], (typeof sites)[0]];
const safeFetch = createSafeFetch({ allowPrivateHosts: ['127.0.0.1', 'localhost'], userAgent: 'blog-poster tests' });
const connect = (
  site: { siteUrl: string; username: string; applicationPassword: string },
  more: Partial<WordPressClientOptions> = {},
) =>
  createWordPressClient({
    safeFetch,
    siteUrl: site.siteUrl,
    username: site.username,
    applicationPassword: site.applicationPassword,
    ...more,
  });

const written = (markdown: string, marker: string) => blocksOf(markdown, marker);
/** WordPress sets quotes, dashes and ellipses as printers do (wptexturize) when it shows a text. */
const plainly = (word: string) =>
  word
    .replace(/[‘’′]/g, "'")
    .replace(/[“”″]/g, '"')
    .replace(/---?|[–—]/g, '-')
    .replaceAll('…', '...')
    .replaceAll('×', 'x');
const newMarker = () => publicationMarker(randomUUID());

const created: { client: WordPressClient; path: string }[] = [];
async function post(client: WordPressClient, marker: string, status: 'draft' | 'publish', markdown = 'A text.') {
  const made = await client.createPost({
    title: `Test & <b> ${marker}`,
    content: written(markdown, marker),
    status,
    excerpt: 'In <short> & so',
  });
  created.push({ client, path: `/wp/v2/posts/${made.id}` });
  return made;
}
async function failure(work: Promise<unknown>): Promise<AppError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof AppError)) throw new Error(`expected an AppError, got ${String(error)}`);
  return error;
}

afterAll(async () => {
  for (const { client, path } of created.reverse()) {
    await client.call('DELETE', path, {
      parameters: { force: true, ...(path.includes('/users/') ? { reassign: 1 } : {}) },
    });
  }
  await safeFetch.close();
});

describe.each(sites)('WordPress site $number', (site) => {
  const client = connect(site);

  it('is discovered from the address alone', async () => {
    const found = await client.discover();
    expect(found).toMatchObject({ name: `Site ${site.number}`, timezone: 'UTC', applicationPasswords: true });
    expect(found.restRoot).toBe(
      site === pretty ? `${site.siteUrl}/wp-json/` : `${site.siteUrl}/index.php?rest_route=/`,
    );
    expect(found.namespaces).toContain('wp/v2');
    expect(found.version).toMatch(/^\d+\.\d+/);
    expect(found.authorizeUrl).toContain('authorize-application.php');
    expect(found.namedOrigin).toBeUndefined();
  });

  it('says who the credentials belong to', async () => {
    const me = await client.me();
    expect(me.username).toBe(site.username);
    expect(me.roles).toEqual(['administrator']);
    expect(me.capabilities.has('publish_posts')).toBe(true);
  });

  it('passes the check', async () => {
    const { ok, findings } = await checkSite(connect(site));
    expect(ok).toBe(true);
    expect(findings.map(({ code }) => code)).toEqual([
      'site_answers',
      ...(site === plain ? ['plain_permalinks'] : []),
      'may_publish',
      'seo_plugin_none',
    ]);
  });

  it('keeps every construct byte for byte, as draft and published', async () => {
    for (const status of ['draft', 'publish'] as const) {
      const marker = newMarker();
      const made = await post(client, marker, status, wholeArticle);
      expect(made.status).toBe(status);
      const stored = await client.getPost(made.id);
      expect(stored.content).toBe(written(wholeArticle, marker));
      expect(stored.title).toBe(`Test &amp; &lt;b&gt; ${marker}`);
      expect(stored.excerpt).toBe('In &lt;short&gt; &amp; so');
      expect(stored.modifiedGmt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    }
  });

  it('shows every word of every construct to readers, in order', async () => {
    const marker = newMarker();
    const content = `${written(wholeArticle, marker)}\n\n${jsonLdBlock({ '@type': 'Article', name: 'In data only' })}`;
    const made = await client.createPost({ title: 'Rendered', content, status: 'draft', excerpt: '' });
    created.push({ client, path: `/wp/v2/posts/${made.id}` });
    const { json } = await client.call('GET', `/wp/v2/posts/${made.id}`, {
      parameters: { _fields: 'content.rendered' },
    });
    const html = z.object({ content: z.object({ rendered: z.string() }) }).parse(json).content.rendered;
    expect(wordsOf(parsePage(html)).map(plainly)).toEqual(wordsOf(articleTree(wholeArticle)).map(plainly));
    // No address that stands alone has become a link or an embed.
    expect(linksOf(parsePage(html))).toEqual(linksOf(articleTree(wholeArticle)));
    expect(html).not.toMatch(/<!-- \/?wp:|wp-block-embed|wp-embedded-content|<iframe/);
    expect(html).toContain('<script type="application/ld+json">');
  });

  it('finds a post by its marker as draft, published and in the trash, and no other', async () => {
    const [marker, other] = [newMarker(), newMarker()];
    expect(await client.findByMarker(marker)).toEqual([]);
    const { id } = await post(client, marker, 'draft');
    await post(client, other, 'draft', `Speaks of ${marker}.`);
    const found = async () => (await client.findByMarker(marker)).map((each) => ({ id: each.id, status: each.status }));
    expect(await found()).toEqual([{ id, status: 'draft' }]);
    await client.call('POST', `/wp/v2/posts/${id}`, { body: { status: 'publish' } });
    expect(await found()).toEqual([{ id, status: 'publish' }]);
    await client.call('DELETE', `/wp/v2/posts/${id}`);
    expect(await found()).toEqual([{ id, status: 'trash' }]);
  });

  it('does not show the marker to readers, and runs no shortcode of the text', async () => {
    const marker = newMarker();
    const made = await client.createPost({
      title: 'Public',
      content: written(wholeArticle, marker),
      status: 'publish',
    });
    created.push({ client, path: `/wp/v2/posts/${made.id}` });
    const page = await safeFetch(made.link, { timeoutMs: 20_000, maxBytes: 5_000_000 });
    const html = new TextDecoder().decode(page.body);
    expect(page.status).toBe(200);
    expect(html).toContain('H<sub>2</sub>O');
    expect(html).toContain('&#091;gallery]');
    expect(html).not.toContain(marker);
    expect(html).not.toContain('<!-- wp:');
  });

  it('names a wrong password as wrong credentials, on reading, searching and writing', async () => {
    const secret = 'wrong wrong wrong wrong';
    const wrong = connect({ ...site, applicationPassword: secret });
    for (const work of [
      () => wrong.me(),
      () => wrong.findByMarker(newMarker()),
      () => wrong.createPost({ title: 'x', content: 'x', status: 'draft' }),
      () => wrong.getPost(1),
    ]) {
      const error = await failure(work());
      expect(error).toMatchObject({
        code: 'site_rejected',
        retryable: false,
        details: { cause: 'credentials_rejected' },
      });
      expect(`${error.message} ${error.hint} ${JSON.stringify(error.details)}`).not.toContain('wrong');
    }
    const { ok, findings } = await checkSite(wrong);
    expect(ok).toBe(false);
    expect(findings.at(-1)).toMatchObject({ code: 'credentials_rejected', severity: 'error' });
  });

  it('takes the password without its spaces, but never the login password', async () => {
    const bare = connect({ ...site, applicationPassword: site.applicationPassword.replaceAll(' ', '') });
    expect((await bare.me()).username).toBe(site.username);
    const login = connect({ ...site, applicationPassword: needed(`TEST_WP${site.number}_LOGIN_PASSWORD`) });
    expect((await failure(login.me())).details?.cause).toBe('credentials_rejected');
  });

  it('names what is not there', async () => {
    expect(await failure(client.getPost(99_999_999))).toMatchObject({
      code: 'site_rejected',
      details: { cause: 'not_found' },
    });
    expect(await failure(client.call('GET', '/nobody/v1/nothing'))).toMatchObject({
      details: { cause: 'rest_missing' },
    });
  });

  it('names a file that the site does not take, although it answers 500', async () => {
    const response = await safeFetch(`${site.siteUrl}/?rest_route=/wp/v2/media`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${site.username}:${site.applicationPassword}`).toString('base64')}`,
        'content-disposition': 'attachment; filename="a.exe"',
        'content-type': 'application/octet-stream',
      },
      body: 'MZ',
      timeoutMs: 20_000,
      maxBytes: 1_000_000,
    });
    expect(response.status).toBe(500);
    const { readAnswer } = await import('../../src/wordpress/rest-answer.ts');
    expect(() => readAnswer(response, 'POST')).toThrow(
      expect.objectContaining({ code: 'site_rejected', details: expect.objectContaining({ cause: 'upload_refused' }) }),
    );
  });
});

describe('users with lesser roles', () => {
  async function user(role: string): Promise<WordPressClient> {
    const admin = connect(pretty);
    const username = `t-${role}-${randomUUID().slice(0, 8)}`;
    const made = await admin.call('POST', '/wp/v2/users', {
      body: { username, email: `${username}@example.test`, password: randomUUID(), roles: [role] },
    });
    const { id } = made.json as { id: number };
    created.push({ client: admin, path: `/wp/v2/users/${id}` });
    const answer = await admin.call('POST', `/wp/v2/users/${id}/application-passwords`, { body: { name: 'test' } });
    return connect({
      siteUrl: pretty.siteUrl,
      username,
      applicationPassword: (answer.json as { password: string }).password,
    });
  }
  // Deleting the posts needs a right that contributors lack.
  const leaveToAdmin = (id: number) => created.push({ client: connect(pretty), path: `/wp/v2/posts/${id}` });

  it('lets a contributor write a draft that is found again, but not publish', async () => {
    const contributor = await user('contributor');
    const { ok, findings } = await checkSite(contributor);
    expect(ok).toBe(true);
    expect(findings.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      'info site_answers',
      'warning drafts_only',
      'warning may_not_upload',
      'info seo_plugin_none',
    ]);
    const marker = newMarker();
    const refused = await failure(
      contributor.createPost({ title: 'x', content: written('x', marker), status: 'publish' }),
    );
    expect(refused).toMatchObject({
      code: 'site_rejected',
      details: { cause: 'role_insufficient', wordpressCode: 'rest_cannot_publish' },
    });
    expect(await contributor.findByMarker(marker)).toEqual([]);
    const draft = await contributor.createPost({ title: 'x', content: written(wholeArticle, marker), status: 'draft' });
    leaveToAdmin(draft.id);
    expect((await contributor.findByMarker(marker)).map(({ id }) => id)).toEqual([draft.id]);
  });

  it('keeps the blocks of an author through the filter of the site', async () => {
    const author = await user('author');
    const marker = newMarker();
    const made = await author.createPost({ title: 'x', content: written(wholeArticle, marker), status: 'publish' });
    leaveToAdmin(made.id);
    expect(made.content).toBe(written(wholeArticle, marker));
    expect((await author.findByMarker(marker)).map(({ id }) => id)).toEqual([made.id]);
  });

  it('names a subscriber who may not write', async () => {
    const subscriber = await user('subscriber');
    const { ok, findings } = await checkSite(subscriber);
    expect(ok).toBe(false);
    expect(findings.at(-1)).toMatchObject({ code: 'may_not_write', severity: 'error' });
    expect((await failure(subscriber.findByMarker(newMarker()))).details?.cause).toBe('role_insufficient');
    expect((await failure(subscriber.createPost({ title: 'x', content: 'x', status: 'draft' }))).details?.cause).toBe(
      'role_insufficient',
    );
  });
});

describe('what stands between', () => {
  let proxy: FaultProxy;
  const through = (more: Partial<WordPressClientOptions> = {}) => connect({ ...pretty, siteUrl: proxy.url }, more);
  beforeAll(async () => {
    proxy = await startFaultProxy(pretty.siteUrl);
  });
  afterAll(() => proxy.close());

  it('keeps the typed address where WordPress names its own, and says so', async () => {
    proxy.setRule(() => undefined);
    const found = await through().discover();
    expect(found.restRoot).toBe(`${proxy.url}/wp-json/`);
    expect(found.namedOrigin).toBe(pretty.siteUrl);
    const { ok, findings } = await checkSite(through());
    expect(ok).toBe(true);
    expect(findings).toContainEqual(expect.objectContaining({ code: 'other_address_named', severity: 'warning' }));
  });

  it('finds a marker by the search of the site alone, in one request', async () => {
    const marker = newMarker();
    const { id } = await post(connect(pretty), marker, 'publish');
    const before = proxy.seen()['GET /wp/v2/posts'] ?? 0;
    expect((await through().findByMarker(marker)).map((found) => found.id)).toEqual([id]);
    expect(proxy.seen()['GET /wp/v2/posts']).toBe(before + 1);
  });

  it.each([
    ['cut_before', 'connection_lost', 0],
    ['cut_after', 'connection_lost', 1],
    ['cut_middle', 'connection_lost', 1],
  ] as const)('tells after %s that it does not know, and the marker tells the truth', async (kind, cause, posts) => {
    proxy.setRule((request) => (request.kind === 'POST /wp/v2/posts' ? { kind } : undefined));
    const marker = newMarker();
    const error = await failure(through().createPost({ title: 'x', content: written('x', marker), status: 'publish' }));
    expect(error).toMatchObject({
      code: 'site_unreachable',
      retryable: true,
      details: { cause, mayHaveHappened: true },
    });
    await proxy.settled();
    const found = await connect(pretty).findByMarker(marker);
    expect(found).toHaveLength(posts);
    for (const { id } of found) created.push({ client: connect(pretty), path: `/wp/v2/posts/${id}` });
    expect(proxy.fired()[`${kind} POST /wp/v2/posts`]).toBe(1);
  });

  it('takes a gateway that gave up, a slow site and a busy one for passing troubles', async () => {
    const client = through({ timeoutMs: 400, restRoot: `${proxy.url}/wp-json/` });
    proxy.setRule(() => ({ kind: 'answer_after', status: 502 }));
    expect(await failure(client.me())).toMatchObject({ code: 'site_unreachable', details: { cause: 'server_error' } });
    proxy.setRule(() => ({ kind: 'delay', ms: 1000 }));
    expect(await failure(client.me())).toMatchObject({ code: 'site_unreachable', details: { cause: 'timeout' } });
    proxy.setRule(() => ({ kind: 'answer', status: 429, headers: { 'retry-after': '120' } }));
    const busy = await failure(client.me());
    expect(busy).toMatchObject({ code: 'site_unreachable', details: { cause: 'rate_limited' } });
    expect((busy.retryAt?.getTime() ?? 0) - Date.now()).toBeGreaterThan(100_000);
    proxy.setRule(() => ({ kind: 'answer', status: 401 }));
    expect(await failure(client.me())).toMatchObject({
      code: 'site_rejected',
      details: { cause: 'credentials_rejected' },
    });
    await proxy.settled();
  });

  it('does not take HTML with a 200 for an answer', async () => {
    const wrongRoot = connect(plain, { restRoot: `${plain.siteUrl}/wp-json/` });
    const error = await failure(wrongRoot.call('PUT', '/'));
    expect(error).toMatchObject({ code: 'site_rejected', details: { cause: 'not_json' } });
    expect(error.message).toContain('200 text/html');
  });

  it('finds the REST API again after the permalinks have changed', async () => {
    const client = connect(plain, { restRoot: `${plain.siteUrl}/wp-json/` });
    expect((await client.me()).username).toBe(plain.username);
    const marker = newMarker();
    const { id } = await post(client, marker, 'draft');
    expect((await client.findByMarker(marker)).map((found) => found.id)).toEqual([id]);
  });

  it('finds nothing to connect to on a closed port', async () => {
    const { ok, findings } = await checkSite(connect({ ...pretty, siteUrl: 'http://127.0.0.1:9' }));
    expect(ok).toBe(false);
    expect(findings).toHaveLength(1);
    expect(['refused', 'address_blocked']).toContain(findings[0]?.code);
  });
});

describe("WordPress's own editor", () => {
  let browser: Browser;
  beforeAll(async () => {
    const args = [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--no-first-run',
    ];
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium', args });
  });
  afterAll(() => browser.close());

  it('accepts every block as valid, keeps the marker on each kind of first block, and writes none of them anew', async () => {
    const page = await browser.newPage();
    await page.goto(`${pretty.siteUrl}/wp-login.php`);
    await page.fill('#user_login', pretty.username);
    await page.fill('#user_pass', needed('TEST_WP1_LOGIN_PASSWORD'));
    await page.click('#wp-submit');
    await page.waitForURL(/wp-admin/);
    await page.goto(`${pretty.siteUrl}/wp-admin/post-new.php`, { waitUntil: 'domcontentloaded' });
    await page.waitForFunction('globalThis.wp?.blocks?.getBlockTypes?.().length > 50');
    const marker = newMarker();
    const contents = constructs.map((markdown) => written(markdown, marker));
    const results = (await page.evaluate(`(${JSON.stringify(contents)}).map((raw) => {
      const parsed = wp.blocks.parse(raw);
      const all = (list) => list.flatMap((block) => [block, ...all(block.innerBlocks)]);
      const bad = all(parsed).filter((b) => !b.isValid || b.name === 'core/missing' || b.name === 'core/freeform' || b.validationIssues?.length);
      return { names: all(parsed).map((b) => b.name), bad: bad.map((b) => b.name + ': ' + b.originalContent), marker: parsed[0].attributes.metadata?.name, again: wp.blocks.serialize(parsed) };
    })`)) as { names: string[]; bad: string[]; marker?: string; again: string }[];
    // The only differences core may make: order of attributes, entities, and our escape of shortcodes.
    const withoutEscapes = (markup: string) =>
      markup
        .replace(/<!-- wp:code .*? -->/g, '<!-- wp:code -->')
        .replaceAll('&#091;', '[')
        .replaceAll('&#91;', '[')
        .replaceAll('&#047;', '/')
        .replaceAll('&#47;', '/')
        .replaceAll(' />', '/>')
        .replaceAll('&nbsp;', '\u00a0')
        .replaceAll('&gt;', '>');
    for (const [index, result] of results.entries()) {
      expect(result.bad, constructs[index]).toEqual([]);
      expect(result.marker, constructs[index]).toBe(marker);
      expect(withoutEscapes(result.again)).toBe(withoutEscapes(contents[index] ?? ''));
      expect(result.again).toContain(marker);
    }
    const used = new Set(results.flatMap(({ names }) => names.map((name) => name.replace('core/', ''))));
    expect([...used].sort()).toEqual([...blockNames].sort());
  }, 90_000);
});
