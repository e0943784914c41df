import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { type Account, givenAccount } from '../../test/accounts.ts';
import { givenSitePost } from '../../test/factories.ts';
import { type PageServer, startPageServer } from '../../test/fakes/page-server.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { sitePosts } from '../site-posts/schema.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let app: TestApp;
let web: PageServer;
let user: Account;
let articleId: string;

interface Preview {
  html: string;
  look: string;
  page: string | null;
  revision: number;
  differences: string[];
  problem: { code: string; message: string; hint: string } | null;
}

const markdown =
  '## Feeding\n\nFlour and **water**, see [here](https://other.example/).[^1]\n\n![A loaf](https://pictures.example/loaf.jpg)\n\n- one\n- two\n\n[^1]: [A book](https://book.example/)\n';

beforeAll(async () => {
  web = await startPageServer(2);
  app = await startTestApp({ env: { SIGNUPS: 'open', ALLOW_PRIVATE_HOSTS: '127.0.0.0/8' } });
  user = await givenAccount(app, 'author@example.com');
  const article = { title: 'Bread & <butter>', markdown, language: 'en' };
  articleId = (await user.api.ask<{ id: string }>('POST', '/articles', article)).json.id;
});
afterAll(async () => {
  await app.close();
  await web.close();
});
beforeEach(async () => {
  web.pages.clear();
  web.visits.length = 0;
});

let count = 0;
/** Another site each time: themes are remembered. */
async function givenSite(settings: object = {}): Promise<string> {
  count += 1;
  const site = await user.api.ask<{ id: string }>('POST', '/sites', {
    name: `Bakery ${count}`,
    url: web.at(0, `/blog${count}`),
    username: 'author',
    applicationPassword: 'abcd efgh ijkl mnop',
  });
  web.visits.length = 0;
  if (Object.keys(settings).length > 0) await user.api.ask('PATCH', `/sites/${site.json.id}`, { settings });
  return site.json.id;
}
const preview = async (siteId?: string) =>
  (await user.api.ask<Preview>('GET', `/articles/${articleId}/preview${siteId ? `?siteId=${siteId}` : ''}`)).json;

const css = (text: string) => (_request: unknown, response: import('node:http').ServerResponse) =>
  response.writeHead(200, { 'content-type': 'text/css' }).end(text);

const themed = `<!doctype html><html class="theme-html"><head>
<link rel="stylesheet" href="/theme.css"><link rel="stylesheet" href="/print.css" media="print">
<link rel="stylesheet" href="/gone.css"><style media="(max-width: 40em)">.small { color: red }</style>
<script src="/theme.js"></script></head>
<body class="single postid-7 wp-embed" style="--gap: 2rem; background: url(/tracker.png)" onload="steal()">
<header class="site-header"><a href="/">Secret menu</a></header>
<div id="page" class="wp-site-blocks"><main class="wp-block-group" onclick="steal()">
<h1 class="wp-block-post-title has-x-large">Old title</h1>
<custom-element class="narrow"><div class="entry-content wp-block-post-content is-layout-constrained"><div class="wp-block-post-terms">Not these</div><p>Old words</p></div></custom-element>
<div class="taxonomy-category wp-block-post-terms"><a href="/cats">Old category</a></div>
<aside>Side bar</aside></main></div></body></html>`;

it('is the page of a post of the site with the article in its place, and nothing else of it', async () => {
  const siteId = await givenSite({ categories: ['Baking & more'] });
  await givenSitePost(app.ctx, siteId, 1, { userId: user.id, url: web.at(0, '/a-post/') });
  web.pages.set('/a-post/', themed);
  web.pages.set(
    '/theme.css',
    css('@import "/more.css"; .wp-block-post-content { max-width: 33rem; background: url(/x.png) }'),
  );
  const shown = await preview(siteId);
  expect(shown).toMatchObject({ look: 'theme', page: web.at(0, '/a-post/'), revision: 1, problem: null });
  const [, body = ''] = shown.html.split('<body');
  expect(body).toContain('class="single postid-7 wp-embed"');
  expect(body).toContain('<div id="page" class="wp-site-blocks"><main class="wp-block-group">');
  expect(body).toContain('<h1 class="wp-block-post-title has-x-large">Bread &#38; &#60;butter&#62;</h1>');
  expect(body).toContain('<div class="taxonomy-category wp-block-post-terms">Baking &#38; more</div>');
  expect(body).toMatch(/<div class="narrow">.*<div class="entry-content wp-block-post-content is-layout-constrained">/);
  // Blocks as WordPress shows them, without the comments between them.
  expect(body).toContain('<h2 class="wp-block-heading" id="section-feeding">Feeding</h2>');
  expect(body).toContain('<ul class="wp-block-list"><li>one</li>');
  expect(shown.html).not.toMatch(/wp:|Old|Secret|Side bar|steal|script|onload|tracker|Not these/);
  expect(shown.html).toContain('.wp-block-post-content { max-width: 33rem; background: url("data:,") }');
  expect(shown.html).toMatch(/@media \(max-width: 40em\) \{\s*\.small/);
  expect(shown.html).toContain("default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:");
  // Pictures of others, and everything else that could be fetched, are gone: what is left are links.
  expect(shown.html).toContain('A loaf]');
  expect(shown.html).not.toMatch(/(?:src|srcset|poster|data)="?https?:|@import|\/x\.png/);
  expect(shown.differences).toEqual(['surroundings', 'fonts', 'theme_images', 'scripts', 'styles', 'pictures', 'card']);
  expect([...web.visits].sort()).toEqual(['/a-post/', '/gone.css', '/theme.css'].map((path) => web.at(0, path)));
  // It is remembered.
  await preview(siteId);
  expect(web.visits).toHaveLength(3);
});

it('asks the site for a post where none is known, and uses its styles where none can be read', async () => {
  const siteId = await givenSite({ featuredImage: 'none' });
  const path = `/blog${count}/?rest_route=/wp/v2/posts&per_page=1&_fields=link`;
  web.pages.set(path, (_request, response) =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify([{ link: web.at(0, '/newest/') }])),
  );
  web.pages.set('/newest/', themed);
  expect(await preview(siteId)).toMatchObject({ look: 'theme', page: web.at(0, '/newest/') });

  const bare = await givenSite();
  web.pages.set(`/blog${count}/`, '<!doctype html><style>body { color: teal }</style><p>Under construction</p>');
  const shown = await preview(bare);
  expect(shown).toMatchObject({ look: 'styles', problem: null });
  expect(shown.differences).toContain('arrangement');
  expect(shown.html).toContain('body { color: teal }');
  expect(shown.html).not.toContain('Under construction');
});

it('does not follow the site to somebody else for a post', async () => {
  const siteId = await givenSite();
  await givenSitePost(app.ctx, siteId, 1, { userId: user.id, url: web.at(1, '/elsewhere/') });
  web.pages.set('/elsewhere/', themed);
  web.pages.set(`/blog${count}/`, '<!doctype html><p>Front</p>');
  expect(await preview(siteId)).toMatchObject({ look: 'styles', page: web.at(0, `/blog${count}/`) });
  await app.ctx.db.delete(sitePosts);
});

it('is plain without a site, and where the site cannot be read, which it says', async () => {
  const plain = await preview();
  expect(plain).toMatchObject({ look: 'plain', page: null, problem: null, differences: ['pictures'] });
  expect(plain.html).toContain('<h1 class="entry-title wp-block-post-title">Bread &#38; &#60;butter&#62;</h1>');
  const siteId = await givenSite();
  const gone = await preview(siteId);
  expect(gone).toMatchObject({
    look: 'plain',
    problem: { code: 'fetch_failed', hint: expect.stringMatching(/.{15}/) },
  });
  const other = await givenAccount(app, 'other@example.com');
  expect((await other.api.ask('GET', `/articles/${articleId}/preview`)).status).toBe(404);
});
