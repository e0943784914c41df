import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { markdownToText } from '../../src/articles/markdown.ts';
import { getArticle, listArticleSources, listClaims } from '../../src/articles/queries.ts';
import { getPipeline } from '../../src/pipeline/queries.ts';
import { runPipeline } from '../../src/pipeline/runner.ts';
import { deliverPublication } from '../../src/publishing/deliver.ts';
import { publications } from '../../src/publishing/schema.ts';
import { createSite } from '../../src/sites/sites.ts';
import { containsVerbatim } from '../../src/text/match.ts';
import { splitSentences } from '../../src/text/sentences.ts';
import { publicationMarker } from '../../src/wordpress/blocks.ts';
import { createWordPressClient } from '../../src/wordpress/client.ts';
import { givenPipeline } from '../factories.ts';
import { startTestApp, type TestApp } from '../harness.ts';
import { needed } from './environment.ts';

let app: TestApp;
let server: Server;
let base: string;
const never = new AbortController().signal;

beforeAll(async () => {
  const folder = needed('TEST_HANDBOOK_DIR');
  server = createServer((request, response) => {
    const path = normalize(decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/'));
    readFile(join(folder, path)).then(
      (body) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(body),
      () => response.writeHead(404).end('not found'),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  app = await startTestApp({ env: { ALLOW_PRIVATE_HOSTS: '127.0.0.1' } });
});
afterAll(async () => {
  await app?.close();
  server?.close();
});

/** Pages of one language of the book; the address is known only when the server runs. */
const urls = (locale: string, ...pages: string[]) => pages.map((page) => ({ url: `${base}/${locale}/${page}.html` }));

function urlsOf(locale: string, ...pages: string[]) {
  return () => urls(locale, ...pages);
}

/** Topics with the pages that a person would choose for them. */
const briefs = [
  [
    'en',
    'Backups for a Debian server',
    urlsOf('en-US', 'sect.backup', 'sect.network-services', 'sect.regular-upgrades', 'sect.quotas'),
  ],
  [
    'de',
    'Paketfilter und Firewalls unter Debian',
    urlsOf('de-DE', 'sect.firewall-packet-filtering', 'sect.other-security-considerations', 'sect.supervision'),
  ],
  [
    'fr',
    'Mettre à jour un système Debian',
    urlsOf('fr-FR', 'sect.regular-upgrades', 'sect.dist-upgrade', 'sect.automatic-upgrades'),
  ],
  [
    'es',
    'Cómo elegir un entorno de escritorio gráfico',
    urlsOf('es-ES', 'sect.graphical-desktops', 'sect.main-desktop-tools', 'sect.customizing-graphical-interface'),
  ],
  [
    'it',
    'Usare APT per installare i pacchetti',
    urlsOf('it-IT', 'sect.apt-get', 'sect.apt-cache', 'sect.apt-frontends'),
  ],
  [
    'zh',
    'Debian 软件包管理',
    urlsOf('zh-CN', 'sect.apt-get', 'sect.regular-upgrades', 'sect.manipulating-packages-with-dpkg'),
  ],
] as const;

describe('articles from real pages, with the offline writer', () => {
  test.each(briefs)('%s: %s', async (language, topic, sources) => {
    const { ctx } = app;
    const { id } = await givenPipeline(ctx, { topic, sources: sources(), words: { min: 300, max: 900 } });
    await runPipeline(ctx, id, never);
    const pipeline = await getPipeline(ctx.db, ctx.ownerId, id);
    expect(pipeline).toMatchObject({ status: 'succeeded', error: null });
    const article = await getArticle(ctx.db, ctx.ownerId, pipeline.articleId ?? '');
    expect(article.language).toBe(language);
    expect(article.wordCount).toBeGreaterThanOrEqual(280);
    expect(article.wordCount).toBeLessThanOrEqual(1000);

    expect((await listArticleSources(ctx.db, [article.id])).length).toBeGreaterThanOrEqual(3);
    const claims = await listClaims(ctx.db, ctx.ownerId, article.id);
    expect(claims.length).toBeGreaterThan(10);
    for (const claim of claims) {
      expect(claim.verdict).toBe('supported');
      expect(containsVerbatim(claim.passage ?? '', claim.quote ?? '')).toBe(true);
    }
    const text = markdownToText(article.markdown);
    const sentences = splitSentences(text, language).filter((sentence) => sentence.length > 30);
    expect(new Set(sentences).size).toBe(sentences.length);
    // What only surrounds the text of these pages is not in it.
    expect(text).not.toMatch(/Legal Notice|Product Site|Documentation Site/);
  });
});

test('from a topic and real pages to a checked draft on a real WordPress site', async () => {
  const { ctx } = app;
  const url = needed('TEST_WP1_URL');
  const username = needed('TEST_WP1_USER');
  const applicationPassword = needed('TEST_WP1_APP_PASSWORD');
  const site = await createSite(ctx, ctx.db, ctx.ownerId, { name: 'Real', url, username, applicationPassword });
  const { id } = await givenPipeline(ctx, {
    topic: 'What the IPv6 network protocol changes',
    sources: urls('en-US', 'sect.ipv6', 'sect.network-config', 'sect.domain-name-servers'),
    words: { min: 300, max: 700 },
    siteId: site.id,
    publish: 'draft',
  });
  await runPipeline(ctx, id, never);
  const pipeline = await getPipeline(ctx.db, ctx.ownerId, id);
  expect(pipeline).toMatchObject({ status: 'succeeded', error: null });
  const [publication] = await ctx.db.select().from(publications);
  expect(publication).toMatchObject({ articleId: pipeline.articleId, wanted: 'draft', status: 'queued' });
  await deliverPublication(ctx, publication?.id ?? '', never);

  const client = createWordPressClient({ safeFetch: ctx.safeFetch, siteUrl: url, username, applicationPassword });
  const posts = await client.findByMarker(publicationMarker(publication?.id ?? ''));
  expect(posts).toHaveLength(1);
  const [post] = posts;
  expect(post).toMatchObject({ status: 'draft' });
  const article = await getArticle(ctx.db, ctx.ownerId, pipeline.articleId ?? '');
  expect(post?.content).toContain('<!-- wp:paragraph');
  for (const claim of (await listClaims(ctx.db, ctx.ownerId, article.id)).slice(0, 5)) {
    expect(post?.content.replace(/<[^>]+>/g, '')).toContain(claim.text.split(/[&'"’“”<>[\]-]/)[0]);
  }
  await client.call('DELETE', `/wp/v2/posts/${post?.id}`, { parameters: { force: 'true' } });
});
