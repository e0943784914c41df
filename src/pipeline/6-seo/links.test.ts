import { expect, test } from 'vitest';
import { renderMarkdown } from '../../articles/markdown.ts';
import { insertLinks, type LinkTarget } from './links.ts';

const target = (keyword: string, url: string): LinkTarget => ({
  articleId: url,
  title: `On ${keyword}`,
  keyword,
  url,
  score: 1,
});
const text = `## About rye bread

We like rye bread here. \`rye bread\` is code, and [rye bread](https://x.example/) a link.[^1]

[^1]: On rye bread.
`;

test('links the first mention in running text and nothing else', () => {
  const { markdown, links } = insertLinks(text, [target('rye bread', 'https://me.example/rye')], 'en');
  expect(links).toBe(1);
  expect(markdown).toBe(text.replace('We like rye bread', 'We like [rye bread](<https://me.example/rye>)'));
});

test('lists targets that are not mentioned, before the footnotes, under a heading in the language of the article', () => {
  const { markdown } = insertLinks(text, [target('spelt', 'https://me.example/spelt')], 'de');
  expect(markdown.indexOf('## Weiterlesen')).toBeGreaterThan(0);
  expect(markdown.indexOf('## Weiterlesen')).toBeLessThan(markdown.indexOf('[^1]: '));
  expect(renderMarkdown(markdown).html).toContain('href="https://me.example/spelt"');
});

test('a text that links there already is left alone', () => {
  const once = insertLinks(text, [target('rye bread', 'https://me.example/rye')], 'en').markdown;
  expect(insertLinks(once, [target('rye bread', 'https://me.example/rye')], 'en')).toEqual({
    markdown: once,
    links: 0,
  });
});
