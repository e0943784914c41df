import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createExtractor, type ExtractedDocument } from '../../src/knowledge/extract.ts';
import { gatherSource } from '../../src/knowledge/gather.ts';
import { createRobots } from '../../src/knowledge/robots.ts';
import { createLogger } from '../../src/logger.ts';
import { createSafeFetch } from '../../src/net/safe-fetch.ts';
import { createWordPressClient } from '../../src/wordpress/client.ts';
import { needed } from './environment.ts';
import { families, goldOf, pagesOf, parse, type Score, score } from './extraction-pages.ts';
import { openThemes } from './wordpress-themes.ts';

const extractor = createExtractor();
const safeFetch = createSafeFetch({ allowPrivateHosts: ['127.0.0.1'], userAgent: 'blog-poster/test' });
const context = {
  extractor,
  safeFetch,
  robots: createRobots(safeFetch, extractor, { userAgent: 'blog-poster/test' }),
  log: createLogger('silent'),
};
const never = new AbortController().signal;

/** The marks of WordPress core: everything outside the content of the entry and its title surrounds it. */
const wordpressMarks = {
  navigation:
    'header a, footer, nav, .wp-block-comments, .comments-area, #respond, #comments, .wp-block-post-terms, .wp-block-post-navigation-link, .post-navigation, aside, .widget-area, .wp-block-query, .skip-link',
  paragraphs: '.entry-content p, .wp-block-post-content p',
};

interface Row extends Score {
  family: string;
  language: string;
  pages: number;
}
const rows: Row[] = [];

function record(family: string, language: string, result: Score): void {
  const row = rows.find((one) => one.family === family && one.language === language);
  if (!row) rows.push({ family, language, pages: 1, ...result });
  else {
    row.pages++;
    row.found += result.found;
    row.expected += result.expected;
    row.navigation += result.navigation;
    row.leaked.push(...result.leaked);
  }
}

const percent = (part: number, whole: number) => (whole === 0 ? 'none' : `${((100 * part) / whole).toFixed(1)} %`);

/** The table of docs/extraction.md: one line for each family, with the language that did worst. */
function table(): string {
  const lines = [...new Set(rows.map((row) => row.family))].map((family) => {
    const mine = rows.filter((row) => row.family === family);
    const sum = (value: (row: Row) => number) => mine.reduce((total, row) => total + value(row), 0);
    const worst = mine.toSorted((x, y) => x.found / x.expected - y.found / y.expected)[0];
    const found = percent(
      sum(({ found }) => found),
      sum(({ expected }) => expected),
    );
    const least = worst ? `${percent(worst.found, worst.expected)} (${worst.language})` : '';
    const entries = sum(({ navigation }) => navigation);
    const leaked = entries === 0 ? 'has none' : `${sum((row) => row.leaked.length)} of ${entries}`;
    const languages = mine.map(({ language }) => language).join(' ');
    return `| ${family} | ${languages} | ${sum(({ pages }) => pages)} | ${found} | ${least} | ${leaked} |`;
  });
  const head = ['pages of', 'languages', 'pages', 'text found', 'least', 'navigation found'];
  return [`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`, ...lines].join('\n');
}

afterAll(async () => {
  console.log(table());
  await extractor.close();
  await safeFetch.close();
});

const textOf = (document: ExtractedDocument) => document.blocks.map((block) => block.text).join('\n');

/** What must hold for a group of pages; a page of its own may be worse by a paragraph or two. */
function expectGood(scores: Score[]): void {
  const sum = (value: (one: Score) => number) => scores.reduce((total, one) => total + value(one), 0);
  expect(sum((one) => one.found) / sum((one) => one.expected)).toBeGreaterThan(0.97);
  expect(sum((one) => one.leaked.length) / sum((one) => one.navigation)).toBeLessThan(0.02);
  for (const one of scores) expect(one.found / one.expected).toBeGreaterThan(0.8);
}

describe('documentation', () => {
  test.each(families)('$name', async (family) => {
    const roots = { packages: needed('TEST_DOC_PACKAGES_DIR'), handbook: needed('TEST_HANDBOOK_DIR') };
    const pages = pagesOf(family, roots, 3);
    expect(pages.length).toBe(family.folders.length * 3);
    const scores: Score[] = [];
    for (const page of pages) {
      const document = await extractor.extract({
        content: page.bytes,
        contentType: 'text/html; charset=utf-8',
        url: `https://docs.example/${page.name}`,
      });
      const result = score(textOf(document), page.gold);
      expect(result.expected, page.name).toBeGreaterThan(200);
      record(family.name, page.language, result);
      scores.push(result);
    }
    expectGood(scores);
  });
});

describe('a PDF beside its HTML', () => {
  test.each(['de', 'ja', 'pt', 'zh-cn'])('debian-reference in %s has the same text in both', async (code) => {
    const folder = join(needed('TEST_DOC_PACKAGES_DIR'), 'usr/share/debian-reference');
    const document = await extractor.extract({
      content: readFileSync(join(folder, `debian-reference.${code}.pdf`)),
      contentType: 'application/pdf',
      url: null,
    });
    const chapters = readdirSync(folder).filter((name) => new RegExp(`^ch\\d\\d\\.${code}\\.html$`).test(name));
    expect(chapters.length).toBeGreaterThan(10);
    // Cross-references are worded in another way on paper.
    const marks = { navigation: '.navheader, .navfooter, .toc, table', paragraphs: 'p', except: 'a.xref' };
    const golds = chapters.map((name) => goldOf(parse(readFileSync(join(folder, name), 'utf8')), marks));
    const result = score(textOf(document), { paragraphs: golds.flatMap((gold) => gold.paragraphs), navigation: [] });
    record('debian-reference (PDF of 270 pages)', code.slice(0, 2), result);
    expect(result.found / result.expected).toBeGreaterThan(0.9);
  });
});

describe('WordPress', () => {
  const sites = ['TEST_WP1', 'TEST_WP2'];
  /** Real paragraphs in many languages, to publish. */
  const texts = () => {
    const roots = { packages: needed('TEST_DOC_PACKAGES_DIR'), handbook: needed('TEST_HANDBOOK_DIR') };
    return families
      .filter(({ name }) => /handbook|faq|aptitude/.test(name))
      .flatMap((family) => pagesOf(family, roots, 1))
      .map(({ language, gold }) => ({
        language,
        paragraphs: gold.paragraphs.slice(0, 12).map((text) => text.replace(/\s+/g, ' ').trim()),
      }));
  };

  /** Reads a page as a source, and beside it what its theme puts around the text. */
  async function measure(link: string, paragraphs: string[]): Promise<Score> {
    const { documents, problems } = await gatherSource(context, { url: link }, never);
    expect(problems).toEqual([]);
    const [read] = documents;
    if (!read) throw new Error(`${link} was not read`);
    const page = await safeFetch(link, { timeoutMs: 20_000, maxBytes: 5_000_000 });
    const { navigation } = goldOf(parse(Buffer.from(page.body).toString('utf8')), wordpressMarks);
    expect(navigation.length).toBeGreaterThan(0);
    return score(textOf(read.document), { paragraphs, navigation });
  }

  test.each(sites)('posts and pages of %s, read by address and through the feed', async (site) => {
    const url = needed(`${site}_URL`);
    const client = createWordPressClient({
      safeFetch,
      siteUrl: url,
      username: needed(`${site}_USER`),
      applicationPassword: needed(`${site}_APP_PASSWORD`),
    });
    const made: { path: string; id: number; link: string; language: string; paragraphs: string[]; title: string }[] =
      [];
    // A category of its own: a feed holds the ten newest posts, and other tests make some on this site meanwhile.
    const name = `Extraction ${randomUUID()}`;
    const category = (await client.call('POST', '/wp/v2/categories', { body: { name } })).json as { id: number };
    try {
      for (const [index, { language, paragraphs }] of texts().entries()) {
        const path = index % 2 === 0 ? 'posts' : 'pages';
        const title = `Extraction measured in ${language} number ${index}`;
        const content = paragraphs
          .map((text) => `<!-- wp:paragraph --><p>${escapeHtml(text)}</p><!-- /wp:paragraph -->`)
          .join('\n');
        const categories = path === 'posts' ? { categories: [category.id] } : {};
        const body = { title, content, status: 'publish', ...categories };
        const answer = await client.call('POST', `/wp/v2/${path}`, { body });
        const { id, link } = answer.json as { id: number; link: string };
        made.push({ path, id, link, language, paragraphs, title });
      }
      const switcher = await openThemes(url, needed(`${site}_USER`), needed(`${site}_LOGIN_PASSWORD`));
      try {
        for (const theme of switcher.themes) {
          await switcher.activate(theme);
          const scores: Score[] = [];
          for (const one of made) {
            const result = await measure(one.link, one.paragraphs);
            record(`WordPress, ${theme}`, one.language, result);
            scores.push(result);
          }
          expectGood(scores);
        }
      } finally {
        await switcher.activate(switcher.active);
      }
      const { documents } = await gatherSource(context, { url: `${url}/?feed=rss2&cat=${category.id}` }, never, {
        topic: { text: 'Extraction measured', language: 'en' },
      });
      const posts = made.filter(({ path }) => path === 'posts');
      const fromFeed = documents.filter(({ kind }) => kind === 'feed-item');
      expect(fromFeed.length).toBe(Math.min(10, posts.length));
      for (const post of posts) {
        const read = fromFeed.find(({ document }) => document.title.startsWith(post.title));
        if (!read) throw new Error(`${post.title} is not in the feed`);
        const result = score(textOf(read.document), { paragraphs: post.paragraphs, navigation: [] });
        record('WordPress, through its feed', post.language, result);
        expect(result.found / result.expected).toBeGreaterThan(0.97);
      }
    } finally {
      for (const { path, id } of made)
        await client.call('DELETE', `/wp/v2/${path}/${id}`, { parameters: { force: 'true' } });
      await client.call('DELETE', `/wp/v2/categories/${category.id}`, { parameters: { force: 'true' } });
    }
  });

  const escapeHtml = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
});

test('the table covers what it promises', () => {
  const pages = rows.reduce((sum, row) => sum + row.pages, 0);
  expect(pages).toBeGreaterThanOrEqual(60);
  expect(new Set(rows.map((row) => row.language)).size).toBeGreaterThanOrEqual(8);
});
