import type { Element, Nodes } from 'hast';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertArticle } from '../../src/articles/articles.ts';
import { getPipeline } from '../../src/pipeline/queries.ts';
import { runPipeline } from '../../src/pipeline/runner.ts';
import { deliverPublication } from '../../src/publishing/deliver.ts';
import { requestPublication } from '../../src/publishing/publications.ts';
import { getPublication } from '../../src/publishing/queries.ts';
import { createSite } from '../../src/sites/sites.ts';
import { publicationMarker } from '../../src/wordpress/blocks.ts';
import { createWordPressClient, type WordPressClient } from '../../src/wordpress/client.ts';
import { activeContent, parsePage } from '../active-content.ts';
import { givenPipeline, withModel } from '../factories.ts';
import { allAttacks, attacks, hostileMarkdown, hostileScript, hostileSources } from '../fakes/hostile-markup.ts';
import { scriptedModel } from '../fakes/scripted-model.ts';
import { startTestApp, type TestApp } from '../harness.ts';
import { needed } from './environment.ts';

let app: TestApp;
const made: { client: WordPressClient; marker: string }[] = [];
beforeAll(async () => {
  app = await startTestApp({
    env: { ALLOW_PRIVATE_HOSTS: '127.0.0.1' },
    overrides: withModel(scriptedModel(hostileScript)),
  });
});
afterAll(async () => {
  for (const { client, marker } of made) {
    for (const { id } of await client.findByMarker(marker)) {
      await client.call('DELETE', `/wp/v2/posts/${id}`, { parameters: { force: true } });
    }
  }
  await app.close();
});

/** The article by the model, or one by hand. */
async function givenArticle(by: 'model' | 'hand'): Promise<string> {
  const { ctx } = app;
  if (by === 'model') {
    const { id } = await givenPipeline(ctx, { sources: hostileSources, duplicates: 'allow' });
    await runPipeline(ctx, id, new AbortController().signal);
    return (await getPipeline(ctx.db, ctx.ownerId, id)).articleId ?? '';
  }
  const content = {
    title: `By hand ${attacks[0]} ${attacks[20]}`,
    excerpt: allAttacks,
    markdown: hostileMarkdown,
    language: 'en',
    pipelineId: null,
    author: 'user' as const,
  };
  return ctx.db.transaction(async (tx) => (await insertArticle(ctx, tx, ctx.ownerId, content)).id);
}

function findAll(node: Nodes, matches: (element: Element) => boolean): Element[] {
  const own = node.type === 'element' && matches(node) ? [node] : [];
  const inner =
    node.type === 'element' || node.type === 'root' ? node.children.flatMap((child) => findAll(child, matches)) : [];
  return [...own, ...inner];
}
const isScript = (element: Element) => element.tagName === 'script';
const isData = (element: Element) => element.properties.type === 'application/ld+json';
/** Without the structured data, which nothing runs: as long as no `<` stands in it, nothing in it can end it. */
const withoutData = (html: string) => html.replace(/<script type="application\/ld\+json">[^<]*<\/script>/g, '');
const textOf = (node: Nodes): string =>
  node.type === 'text'
    ? node.value
    : 'children' in node
      ? node.children.map((child) => textOf(child as Nodes)).join('')
      : '';

// The user is an administrator: WordPress itself would keep every script (unfiltered_html).
describe.each([1, 2])('on WordPress %i', (number) => {
  it.each(['model', 'hand'] as const)(
    'an article full of markup by %s runs nothing for visitors, in the page, the feed and the API',
    async (by) => {
      const { ctx } = app;
      const url = needed(`TEST_WP${number}_URL`);
      const username = needed(`TEST_WP${number}_USER`);
      const applicationPassword = needed(`TEST_WP${number}_APP_PASSWORD`);
      const client = createWordPressClient({ safeFetch: ctx.safeFetch, siteUrl: url, username, applicationPassword });
      const site = await createSite(ctx, ctx.db, ctx.ownerId, {
        name: `${by} ${number}`,
        url,
        username,
        applicationPassword,
      });
      const articleId = await givenArticle(by);
      const { id } = await ctx.db.transaction((tx) =>
        requestPublication(ctx, tx, {
          userId: ctx.ownerId,
          articleId,
          siteId: site.id,
          wanted: 'publish',
          publishAt: null,
          pipelineId: null,
        }),
      );
      made.push({ client, marker: publicationMarker(id) });
      await deliverPublication(ctx, id, new AbortController().signal);
      const publication = await getPublication(ctx.db, ctx.ownerId, id);
      expect(publication).toMatchObject({ status: 'published', remoteStatus: 'publish', error: null });

      const fetchText = async (address: string) =>
        new TextDecoder().decode((await ctx.safeFetch(address, { timeoutMs: 20_000, maxBytes: 5_000_000 })).body);
      const allowed = by === 'hand' ? ['evil.example', 'www.evil.example', '127.0.0.1'] : ['127.0.0.1'];

      const page = parsePage(await fetchText(publication.remoteUrl ?? ''));
      const [content] = findAll(page, ({ properties }) => String(properties.className ?? '').includes('entry-content'));
      expect(textOf(content ?? { type: 'root', children: [] })).toContain(by === 'model' ? '<script>xss(' : 'The end.');
      // The theme has scripts of its own; none of them is one of ours.
      const scripts = findAll(page, isScript);
      for (const script of scripts.filter((one) => !isData(one))) expect(textOf(script)).not.toMatch(/xss\(["']/);
      // Structured data may speak of anything, and stays data.
      for (const data of scripts.filter(isData)) expect(() => JSON.parse(textOf(data))).not.toThrow();
      const rendered = await client.call('GET', `/wp/v2/posts/${publication.remoteId}`, {
        parameters: { _fields: 'content.rendered,title.rendered,excerpt.rendered' },
      });
      const texts = rendered.json as Record<'content' | 'title' | 'excerpt', { rendered: string }>;
      expect(texts.content.rendered.length).toBeGreaterThan(1000);
      for (const text of Object.values(texts)) expect(activeContent(withoutData(text.rendered), allowed)).toEqual([]);
      expect(texts.content.rendered).not.toMatch(
        /gallery-item|wp-block-embed|wp-block-latest-posts|<figure class="wp-caption/,
      );

      const feed = await fetchText(`${url}/?feed=rss2`);
      // The site has posts of others, too: only this article's is ours.
      const items = feed.split('<item>').filter((item) => item.includes(`<link>${publication.remoteUrl}</link>`));
      expect(items).toHaveLength(1);
      for (const [, text] of (items[0] ?? '').matchAll(
        /<(?:content:encoded|description)><!\[CDATA\[([\s\S]*?)\]\]>/g,
      )) {
        expect(activeContent(withoutData(text ?? ''), allowed)).toEqual([]);
      }
      // The page outside of the article: head, title, share links.
      const outside = findAll(page, ({ properties }) => Object.keys(properties).some((name) => /^on/i.test(name)));
      expect(outside.map(({ properties }) => JSON.stringify(properties)).join(' ')).not.toContain('xss');
    },
  );
});
