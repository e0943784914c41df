import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostOf, isWithin, parseDomain, partyOf } from './domains.ts';
import type { SearchResult } from './provider.ts';
import { chooseQueries, maxQueries } from './queries.ts';
import { coverage, freshnessOf, maxPerParty, pageKey, type RankOptions, type ResultList, rankResults } from './rank.ts';
import { refusal, type SiteRules } from './site-rules.ts';

const now = new Date('2026-11-24T00:00:00Z');
const noRules: SiteRules = { allow: [], deny: [], own: [] };
const options: RankOptions = { about: 'sourdough starter', language: 'en', now, rules: noRules, known: [] };

const page = (url: string, part: Partial<SearchResult> = {}): SearchResult => ({
  url,
  title: '',
  snippet: '',
  publishedAt: null,
  ...part,
});
const list = (query: string, ...results: SearchResult[]): ResultList => ({ query, results });
const urls = (ranked: { candidates: { url: string }[] }) => ranked.candidates.map(({ url }) => url);

describe('domains', () => {
  it.each([
    ['example.com', 'example.com', true],
    ['www.example.com', 'example.com', true],
    ['a.b.example.com', 'example.com', true],
    ['badexample.com', 'example.com', false],
    ['example.com', 'www.example.com', false],
    ['example.com.evil.org', 'example.com', false],
    ['city.gov', 'gov', true],
  ])('%s within %s: %s', (host, domain, expected) => {
    expect(isWithin(host, domain)).toBe(expected);
  });

  it('are compared in one spelling: case, final dot, international letters', () => {
    expect(parseDomain(' Example.COM. ')).toBe('example.com');
    expect(parseDomain('bäckerei.example')).toBe('xn--bckerei-5wa.example');
    expect(hostOf('https://BÄCKEREI.example./brot')).toBe(parseDomain('xn--bckerei-5wa.example'));
    for (const wrong of ['', 'https://example.com', 'example.com/path', 'example.com:80', 'a b', 'me@example.com'])
      expect(parseDomain(wrong)).toBeNull();
    expect(hostOf('ftp://example.com/')).toBeNull();
    expect(hostOf('example.com')).toBeNull();
  });

  it('belong to one party below their registrable domain, and to several where a host gives them out', () => {
    expect(partyOf('news.bbc.co.uk')).toBe('bbc.co.uk');
    expect(partyOf('one.github.io')).not.toBe(partyOf('two.github.io'));
    expect(partyOf('127.0.0.1')).toBe('127.0.0.1');
  });
});

describe('rules', () => {
  const rules = (part: Partial<SiteRules>): SiteRules => ({ ...noRules, ...part });

  it('keep to the deny list, whatever else allows the page', () => {
    const both = rules({ allow: [['example.com']], deny: ['spam.example.com'] });
    expect(refusal('https://www.example.com/a', both)).toBeNull();
    expect(refusal('https://spam.example.com/a', both)).toContain('deny list');
    expect(refusal('https://SPAM.example.com./a', both)).toContain('deny list');
  });

  it('keep to every allow list that names anything', () => {
    const two = rules({ allow: [['example.com', 'example.org'], ['example.org']] });
    expect(refusal('https://example.org/', two)).toBeNull();
    expect(refusal('https://example.com/', two)).toContain('allow list');
    expect(refusal('https://example.net/', rules({ allow: [[], []] }))).toBeNull();
  });

  it('leave out the own sites', () => {
    expect(refusal('https://www.my-blog.example/old-post', rules({ own: ['my-blog.example'] }))).toContain('yours');
  });

  it('leave out hosts and files without text, but PDF and what is allowed by name', () => {
    expect(refusal('https://www.youtube.com/watch?v=1', noRules)).toContain('no text');
    expect(refusal('https://www.youtube.com/watch?v=1', rules({ allow: [['youtube.com']] }))).toBeNull();
    expect(refusal('https://example.com/film.MP4', noRules)).toContain('file');
    expect(refusal('https://example.com/film.mp4?x=1#y', noRules)).toContain('file');
    expect(refusal('https://example.com/report.pdf', noRules)).toBeNull();
    expect(refusal('https://example.com/?file=a.mp4', noRules)).toBeNull();
    expect(refusal('https://notx.com/', noRules)).toBeNull();
  });
});

describe('queries', () => {
  it('are the topic, the keyword and what was proposed, each once and at most four', () => {
    expect(
      chooseQueries('Keeping a starter', 'keeping a  STARTER!', ['starter: feeding', 'Starter feeding', '', 'b', 'c']),
    ).toEqual(['Keeping a starter', 'starter: feeding', 'b', 'c']);
  });

  it('keep to what every provider takes', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 600 }),
        fc.array(fc.string({ maxLength: 500 })),
        (topic, more) => {
          const queries = chooseQueries(topic, 'keyword', more);
          expect(queries.length).toBeLessThanOrEqual(maxQueries);
          for (const query of queries) {
            expect(query.length).toBeGreaterThan(0);
            expect([...query].length).toBeLessThanOrEqual(250);
            expect(query.split(/\s+/).length).toBeLessThanOrEqual(30);
            expect(query).not.toMatch(/[\r\n\t]/);
          }
          expect(new Set(queries).size).toBe(queries.length);
        },
      ),
    );
  });
});

describe('the order', () => {
  it('prefers what several queries agree on', () => {
    const shared = page('https://b.example/');
    const ranked = rankResults(
      [list('one', page('https://a.example/'), shared), list('two', page('https://c.example/'), shared)],
      options,
    );
    expect(urls(ranked)[0]).toBe('https://b.example/');
    // 1/62 twice, of at most 1/61 twice; no relevance; unknown age.
    expect(ranked.candidates[0]?.score).toBeCloseTo(0.45 * (61 / 62) + 0.15 * 0.5, 10);
  });

  it('prefers what speaks of the topic, most of all in its title', () => {
    const ranked = rankResults(
      [
        list(
          'q',
          page('https://a.example/', { title: 'Cake recipes', snippet: 'Cakes of all kinds.' }),
          page('https://b.example/', { title: 'Cake recipes', snippet: 'With a starter of sourdough.' }),
          page('https://c.example/', { title: 'Feeding sourdough starters', snippet: '' }),
        ),
      ],
      options,
    );
    expect(urls(ranked)).toEqual(['https://c.example/', 'https://b.example/', 'https://a.example/']);
  });

  it('prefers the newer of two that are equal otherwise, the unknown date between them', () => {
    const ranked = rankResults(
      [
        list('q', page('https://old.example/', { publishedAt: '2014-01-01T00:00:00Z' })),
        list('r', page('https://undated.example/')),
        list('s', page('https://new.example/', { publishedAt: '2026-10-01T00:00:00Z' })),
      ],
      options,
    );
    expect(urls(ranked)).toEqual(['https://new.example/', 'https://undated.example/', 'https://old.example/']);
    expect(freshnessOf('2024-11-24T00:00:00Z', now)).toBeCloseTo(0.5, 2);
    expect(freshnessOf('2026-12-24T00:00:00Z', now)).toBe(1);
  });

  it('takes one page under several addresses for one', () => {
    const ranked = rankResults(
      [
        list('q', page('http://www.example.com/bread/?utm_source=x&b=2&a=1')),
        list('r', page('https://example.com/bread?a=1&b=2')),
      ],
      options,
    );
    expect(ranked.candidates).toHaveLength(1);
    expect(ranked.candidates[0]?.score).toBeCloseTo(0.45 + 0.075, 10);
    expect(pageKey('https://example.com/a?page=1')).not.toBe(pageKey('https://example.com/a?page=2'));
  });

  it('leaves out what is a source already', () => {
    const ranked = rankResults([list('q', page('https://www.example.com/a/'))], {
      ...options,
      known: ['http://example.com/a'],
    });
    expect(ranked).toMatchObject({ candidates: [], skipped: [{ reason: 'it is a source already' }] });
  });
});

describe('independence', () => {
  const text =
    'The agency said on Monday that wild yeast thrives in rye flour, as a study with forty bakeries in six countries has shown over two years.';

  it('takes a text that stands on many sites once, from the best of them', () => {
    const ranked = rankResults(
      [
        list(
          'q',
          page('https://agency.example/1', { title: 'Wild yeast thrives in rye, study finds', snippet: text }),
          page('https://copy-one.example/', {
            title: 'Wild yeast thrives in rye, study finds | Copy One',
            snippet: '',
          }),
          page('https://copy-two.example/', { title: 'Bakers rejoice', snippet: `${text} Read more` }),
          page('https://other.example/', {
            title: 'Sourdough starter',
            snippet: 'We fed ours every day and saw it rise.',
          }),
          page('https://another.example/', {
            title: 'Sourdough starter',
            snippet: 'A grey liquid on the top means hunger.',
          }),
        ),
      ],
      options,
    );
    expect(urls(ranked).sort()).toEqual([
      'https://agency.example/1',
      'https://another.example/',
      'https://other.example/',
    ]);
    expect(ranked.skipped.map(({ reason }) => reason)).toEqual([
      'it says the same as https://agency.example/1',
      'it says the same as https://agency.example/1',
    ]);
  });

  it('takes two pages of one party at most, the second after others that are nearly as good', () => {
    const ranked = rankResults(
      [
        list(
          'q',
          page('https://www.big.example/1', { title: 'sourdough' }),
          page('https://blog.big.example/2', { title: 'sourdough' }),
          page('https://big.example/3', { title: 'sourdough' }),
          page('https://small.example/', { title: 'sourdough' }),
        ),
      ],
      options,
    );
    expect(urls(ranked)).toEqual(['https://www.big.example/1', 'https://small.example/', 'https://blog.big.example/2']);
    expect(ranked.skipped).toEqual([
      { url: 'https://big.example/3', reason: 'there are 2 pages of big.example before it' },
    ]);
  });
});

const anyResult = fc.record({
  url: fc
    .tuple(fc.constantFrom('a.example', 'www.b.example', 'c.b.example', 'denied.example', 'd.github.io'), fc.nat(20))
    .map(([host, path]) => `https://${host}/${path}`),
  title: fc.lorem({ maxCount: 8 }),
  snippet: fc.lorem({ maxCount: 20 }),
  publishedAt: fc.option(
    fc.date({ min: new Date('1995-01-01'), max: now, noInvalidDate: true }).map((date) => date.toISOString()),
  ),
});
const anyLists = fc.array(fc.record({ query: fc.string(), results: fc.array(anyResult, { maxLength: 12 }) }), {
  maxLength: 4,
});
const strict: RankOptions = {
  ...options,
  about: 'lorem ipsum dolor',
  rules: { allow: [], deny: ['denied.example'], own: [] },
};

describe('whatever was found', () => {
  it('each page is either ranked or left out with a reason, once', () => {
    fc.assert(
      fc.property(anyLists, (lists) => {
        const { candidates, skipped } = rankResults(lists, strict);
        const found = new Set(lists.flatMap(({ results }) => results.map(({ url }) => pageKey(url))));
        expect([...candidates, ...skipped].map(({ url }) => pageKey(url)).sort()).toEqual([...found].sort());
      }),
    );
  });

  it('no denied page and no third page of a party is ranked, scores are 0..1 and fall', () => {
    fc.assert(
      fc.property(anyLists, (lists) => {
        const { candidates } = rankResults(lists, strict);
        const parties = new Map<string, number>();
        candidates.forEach(({ url, score }, index) => {
          const host = hostOf(url) ?? '';
          expect(isWithin(host, 'denied.example')).toBe(false);
          parties.set(partyOf(host), (parties.get(partyOf(host)) ?? 0) + 1);
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1);
          expect(score).toBeLessThanOrEqual(candidates[index - 1]?.score ?? 1);
        });
        for (const pages of parties.values()) expect(pages).toBeLessThanOrEqual(maxPerParty);
      }),
    );
  });

  it('one more query that finds a page first never lowers the page below one it was above', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(50), { minLength: 2, maxLength: 10 }), (paths) => {
        const results = paths.map((path) => page(`https://p${path}.example/`, { title: `t${path}` }));
        const chosen = results.at(-1) ?? page('');
        const place = (lists: ResultList[]) => urls(rankResults(lists, options)).indexOf(chosen.url);
        expect(place([list('q', ...results), list('r', chosen)])).toBeLessThanOrEqual(place([list('q', ...results)]));
      }),
    );
  });

  it('the share of terms lies between none and all', () => {
    expect(coverage('Starters and sourdoughs', new Set(['sourdough', 'starter']), 'en')).toBe(1);
    expect(coverage('nothing here', new Set(['sourdough', 'starter']), 'en')).toBe(0);
    expect(coverage('anything', new Set(), 'en')).toBe(0);
    expect(coverage('酸种面包的做法', new Set(['面包']), 'zh')).toBe(1);
  });
});
