import { describe, expect, it } from 'vitest';
import {
  type Draft,
  draftOf,
  draftOfTopic,
  emptyDraft,
  readAddresses,
  readDraft,
  titleOf,
  toBrief,
  toTopicBrief,
} from './draft.ts';

const words = {
  noTopic: 'topic',
  noSources: 'sources',
  notMoney: 'money',
  notNumber: 'number',
  notDomain: (typed: string) => `domain ${typed}`,
  tooLarge: 'large',
};
const filled: Draft = {
  ...emptyDraft,
  topic: '  Restoring backups ',
  sources: [{ id: 'a', kind: 'url', url: 'https://a.example/' }],
};
const mistakesOf = (draft: Draft) =>
  toBrief(draft, words, false).mistakes.map(({ path, message }) => `${path}: ${message}`);

describe('from the form to the brief', () => {
  it('sends what was typed and leaves out what was not', () => {
    expect(toBrief(filled, words, false)).toEqual({
      brief: {
        topic: 'Restoring backups',
        sources: [{ url: 'https://a.example/' }],
        words: { min: 600, max: 1200 },
        duplicates: 'stop',
        budgetMicroUsd: 500_000,
      },
      mistakes: [],
    });
  });

  it('asks for the pages of a whole site where that was ticked, and gives it back for another start', () => {
    const sources = [
      { id: '1', kind: 'url' as const, url: 'https://a.example/page' },
      { id: '2', kind: 'url' as const, url: 'https://b.example', whole: true },
    ];
    const { brief } = toBrief({ ...filled, sources }, words, false);
    expect(brief.sources).toEqual([{ url: 'https://a.example/page' }, { site: 'https://b.example' }]);
    const again = draftOf(JSON.parse(JSON.stringify(brief)), null);
    expect(toBrief(again, words, false).brief.sources).toEqual(brief.sources);
  });

  it('counts what stands in the boxes and was not added yet', () => {
    const { brief } = toBrief(
      { ...filled, addresses: 'b.example/page', paste: { open: true, title: '', text: '# A heading\nand words' } },
      words,
      false,
    );
    expect(brief.sources).toEqual([
      { url: 'https://a.example/' },
      { url: 'https://b.example/page' },
      { title: 'A heading', text: '# A heading\nand words', format: 'text' },
    ]);
  });

  it('asks for publication only with a site, and for a hold only when it goes out by itself', () => {
    expect(toBrief({ ...filled, publish: 'publish', approval: 'auto' }, words, false).brief).not.toHaveProperty(
      'publish',
    );
    expect(
      toBrief({ ...filled, siteId: 's', publish: 'draft', approval: 'auto' }, words, false).brief,
    ).not.toHaveProperty('approval');
    expect(
      toBrief({ ...filled, siteId: 's', publish: 'publish', approval: 'auto', holdHours: '6' }, words, false).brief,
    ).toMatchObject({
      siteId: 's',
      publish: 'publish',
      approval: 'auto',
      holdHours: 6,
    });
  });

  it('needs no sources where a search finds some, and says how to search only when that is unusual', () => {
    const bare = { ...filled, sources: [] };
    expect(toBrief(bare, words, true)).toMatchObject({ mistakes: [], brief: { sources: [] } });
    expect(toBrief(bare, words, true).brief).not.toHaveProperty('search');
    expect(toBrief({ ...bare, searchAllow: 'a.example, b.example\n' }, words, true).brief.search).toEqual({
      also: false,
      allow: ['a.example', 'b.example'],
      deny: [],
    });
    const also = { ...filled, searchAlso: true, searchDeny: 'c.example' };
    expect(toBrief(also, words, true).brief.search).toEqual({ also: true, allow: [], deny: ['c.example'] });
    expect(toBrief({ ...bare, searchDeny: 'a.example, https://b.example/' }, words, true).mistakes).toEqual([
      { path: 'search.deny', message: 'domain https://b.example/' },
    ]);
    // Lists alone start no search, and without a provider there is none to start.
    expect(toBrief({ ...also, searchAlso: false }, words, true).brief).not.toHaveProperty('search');
    expect(toBrief(also, words, false).brief).not.toHaveProperty('search');
  });

  it('names each mistake at its field', () => {
    expect(mistakesOf(emptyDraft)).toEqual(['topic: topic', 'sources: sources']);
    expect(mistakesOf({ ...filled, budget: 'much' })).toEqual(['budgetMicroUsd: money']);
    expect(mistakesOf({ ...filled, length: 'custom', wordsMin: '', wordsMax: 'many' })).toEqual([
      'words.min: number',
      'words.max: number',
    ]);
  });

  it('refuses more than the server takes', () => {
    const text = 'ä'.repeat(500_001);
    expect(mistakesOf({ ...filled, sources: [{ id: 'a', kind: 'text', title: 't', text, format: 'text' }] })).toEqual([
      'sources: large',
    ]);
  });
});

describe('reading addresses', () => {
  it('takes lines, spaces and commas, adds https where it is missing, and drops repetitions', () => {
    expect(readAddresses('https://a.example/x\nb.example, http://localhost:8080/\n https://a.example/x')).toEqual({
      addresses: ['https://a.example/x', 'https://b.example', 'http://localhost:8080/'],
      rest: [],
    });
  });

  it('hands back what is no web address', () => {
    expect(readAddresses('hello ftp://a.example javascript:alert(1)')).toEqual({
      addresses: [],
      rest: ['hello', 'ftp://a.example', 'javascript:alert(1)'],
    });
  });
});

describe('titles for pasted texts', () => {
  it('come from the first line with words in it', () => {
    expect(titleOf('\n---\n## Backups & you\ntext')).toBe('Backups & you');
    expect(titleOf(`${'word '.repeat(30)}`)).toMatch(/^(word ){15}word…$/);
    expect(titleOf('***')).toBe('…');
  });
});

describe('the brief of an earlier run', () => {
  it('comes back into the form, except for texts that the server does not repeat', () => {
    const { brief } = toBrief(
      { ...filled, keyword: 'restore', length: 'long', budget: '1.25', siteId: 's', publish: 'publish' },
      words,
      false,
    );
    const draft = draftOf(
      { ...brief, sources: [...(brief.sources ?? []), { title: 'A text' }] },
      { id: 's', timeZone: 'UTC' },
    );
    expect(draft).toMatchObject({
      topic: 'Restoring backups',
      keyword: 'restore',
      length: 'long',
      budget: '1.25',
      siteId: 's',
      publish: 'publish',
    });
    expect(draft.sources).toEqual([{ id: expect.any(String), kind: 'url', url: 'https://a.example/' }]);
  });

  it('asks for the same time on the clocks of the site, and for none that has passed', () => {
    const brief = { topic: 'x', publish: 'publish', publishAt: '2027-03-28T01:30:00.000Z' };
    const site = { id: 's', timeZone: 'Europe/Berlin' };
    expect(draftOf(brief, site, new Date('2027-03-28T01:29:00Z')).publishAt).toBe('2027-03-28T03:30');
    expect(draftOf(brief, site, new Date('2027-03-28T01:30:00Z')).publishAt).toBe('');
    expect(draftOf(brief, { id: 's', timeZone: undefined }, new Date(0)).publishAt).toBe('');
    expect(draftOf({ topic: 'x', publishAt: null }, site).publishAt).toBe('');
  });

  it('keeps a range of words that has no name', () => {
    expect(draftOf({ topic: 'x', words: { min: 300, max: 301 } }, null)).toMatchObject({
      length: 'custom',
      wordsMin: '300',
      wordsMax: '301',
    });
  });
});

describe('a kept draft', () => {
  it('survives being kept', () => {
    expect(readDraft(JSON.parse(JSON.stringify(filled)))).toEqual(filled);
  });

  it('falls back to the defaults for what does not fit', () => {
    expect(readDraft(null)).toEqual(emptyDraft);
    expect(
      readDraft({
        topic: 7,
        sources: [{ id: 'x', kind: 'video' }, null, filled.sources[0]],
        length: 'endless',
        publish: 'now',
        extra: 1,
      }),
    ).toEqual({ ...emptyDraft, sources: filled.sources });
  });
});

describe('the form for a topic of the backlog', () => {
  const topic = {
    ...{ id: 't', note: null, status: 'open', origin: 'manual', evidence: [], score: null, pipelineId: null },
    ...{ articleId: null, usedAt: null, createdAt: '2026-11-30T00:00:00.000Z', duplicatesAllowed: false },
    topic: 'Rye bread',
    keyword: 'rye',
    siteId: 's',
    sources: [
      { url: 'https://a.example/page' },
      { site: 'https://b.example' },
      { title: 'Notes', text: 'Rye rises.', format: 'text' },
    ],
  } satisfies Parameters<typeof draftOfTopic>[0];

  it('says what the topic says, and sends it back as it was', () => {
    const { brief, mistakes } = toBrief(draftOfTopic(topic), words, false);
    expect(mistakes).toEqual([]);
    expect(toTopicBrief(brief)).toMatchObject({
      topic: 'Rye bread',
      keyword: 'rye',
      siteId: 's',
      sources: topic.sources,
      duplicates: 'stop',
    });
    const allowed = draftOfTopic({ ...topic, duplicatesAllowed: true });
    expect(toBrief(allowed, words, false).brief.duplicates).toBe('allow');
  });

  it('names what was emptied, for it would be the topic’s own otherwise', () => {
    const { brief } = toBrief({ ...draftOfTopic(topic), keyword: '', siteId: '' }, words, false);
    expect(brief).not.toHaveProperty('keyword');
    expect(toTopicBrief(brief)).toMatchObject({ keyword: null, siteId: null });
  });
});
