import { afterAll, beforeAll, expect, test } from 'vitest';
import { activeContent, anchors } from '../../test/active-content.ts';
import { givenPipeline, withModel } from '../../test/factories.ts';
import { attacks, hostileMarkdown, hostileScript, hostileSources } from '../../test/fakes/hostile-markup.ts';
import { scriptedModel } from '../../test/fakes/scripted-model.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { renderMarkdown } from '../articles/markdown.ts';
import { publicationMarker, toBlocks } from '../wordpress/blocks.ts';
import { getPipeline } from './queries.ts';
import { runPipeline } from './runner.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ overrides: withModel(scriptedModel(hostileScript)) });
});
afterAll(() => app.close());

const call = async (method: 'GET' | 'POST' | 'PATCH', url: string, payload?: object) =>
  (
    await app.server.inject({
      method,
      url: `/api/v1${url}`,
      headers: { host: 'localhost' },
      ...(payload ? { payload } : {}),
    })
  ).json();

/** What WordPress would be given. Block comments are ours alone: text can neither open nor close one. */
function blocksOf(markdown: string): string {
  return toBlocks(renderMarkdown(markdown).tree, { publicationMarker: publicationMarker(app.ctx.ownerId) });
}
const blockNames =
  /<!-- \/?wp:(?:paragraph|heading|list|list-item|separator|quote|code|table|image|details|html|preformatted)\b[^>]*-->/g;
/** A shortcode begins with a bracket and a letter; escaped it does not. */
const shortcode = /\[\/?(?:gallery|embed|caption)\b/;

test('whatever a model writes, nothing of it runs, loads or links: it is shown as text', async () => {
  const { id } = await givenPipeline(app.ctx, { sources: hostileSources });
  await runPipeline(app.ctx, id, new AbortController().signal);
  const pipeline = await getPipeline(app.ctx.db, app.ctx.ownerId, id);
  expect(pipeline.error).toBeNull();
  const article = await call('GET', `/articles/${pipeline.articleId}`);

  expect(activeContent(article.html)).toEqual([]);
  expect(article.html).not.toContain('mailto:');
  const { ids, targets } = anchors(article.html);
  for (const target of targets) expect(ids).toContain(target);
  // The sources are the ones that were read: a footnote in a sentence defines nothing.
  expect(article.sources).toHaveLength(hostileSources.length);
  expect(article.html.match(/<li id="note-fn-/g)).toHaveLength(hostileSources.length);
  // The attacks are there, word for word; a test that only sees an empty article would prove nothing.
  const shown = article.html
    .replaceAll('&#x3C;', '<')
    .replaceAll('&#x26;', '&')
    .replace(/<\/?code>/g, '');
  for (const attack of attacks) {
    const [part] =
      /xss\(["']\w+["']\)|\w+\.example\/\w*|\w+@evil|ids?="\w+"|latest-posts|data:text.html,\w+/.exec(attack) ?? [];
    if (part) expect(shown).toContain(part);
  }

  const blocks = blocksOf(article.markdown);
  expect(activeContent(blocks)).toEqual([]);
  expect(blocks).not.toMatch(shortcode);
  expect(blocks.replace(blockNames, '')).not.toContain('<!--');
  // Left alone in its paragraph, an address would be fetched and embedded by WordPress.
  expect(blocks).not.toMatch(/^\s*(?:<p>)?https?:\/\/[^\s<]+(?:<\/p>)?\s*$/m);
  for (const value of Object.values(article.jsonLd)) expect(typeof value).not.toBe('function');
  expect(article.jsonLd.citation).toHaveLength(hostileSources.length);
});

test.each(attacks)('a person who writes %s gets a page in which it does nothing', async (attack) => {
  const created = await call('POST', '/articles', { title: 'By hand', markdown: 'Before.' });
  const edited = await call('PATCH', `/articles/${created.id}`, {
    revision: 1,
    title: `Edited ${attack}`,
    excerpt: attack,
    markdown: `Before.\n\n${attack}\n\n- ${attack}\n\nAfter.`,
  });
  // A person may link and show pictures; an invisible one is no picture.
  const allowed = attack.includes('width="1"') ? [] : ['evil.example', 'www.evil.example'];
  const { html } = edited;
  expect(activeContent(html, allowed)).toEqual([]);
  expect(html).toContain('Before.');
  const blocks = blocksOf(edited.markdown);
  expect(activeContent(blocks, allowed)).toEqual([]);
  expect(blocks).not.toMatch(shortcode);
  expect(blocks.replace(blockNames, '')).not.toContain('<!--');
});

test('all of them together by hand do no more than one by one', async () => {
  const { html, markdown } = await call('POST', '/articles', { title: 'All', markdown: hostileMarkdown });
  expect(activeContent(html, ['evil.example', 'www.evil.example'])).toEqual([]);
  expect(activeContent(blocksOf(markdown), ['evil.example', 'www.evil.example'])).toEqual([]);
  expect(html).not.toContain('aai.gif');
});
