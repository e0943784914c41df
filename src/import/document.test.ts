import { expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { readJsonDocument } from './read-json.ts';
import { readMarkdownDocument } from './read-markdown.ts';

const now = new Date('2026-12-01T12:00:00Z');
const json = (fields: object) => readJsonDocument(JSON.stringify(fields), now);
const markdown = (text: string, name = 'posts/2024-05-06-a-file.md') => readMarkdownDocument(text, name, now);
const whole = {
  title: 'Keeping bees in town',
  slug: 'bees-in-town',
  meta_title: 'Bees in town',
  meta_description: 'What it takes to keep bees in town.',
  content_markdown: 'Bees need water.\n\n- and flowers\n',
  primary_keyword: 'town bees',
  secondary_keywords: ['city bees', 'honey'],
  tags: ['bees', ' town ', 'bees'],
  category: 'Animals',
  generated_at: '2025-03-04T05:06:07+01:00',
};

test('every field of the earlier format finds its place, and what has none is kept', () => {
  expect(json({ ...whole, model: 'gpt' })).toEqual({
    title: 'Keeping bees in town',
    slug: 'bees-in-town',
    metaTitle: 'Bees in town',
    metaDescription: 'What it takes to keep bees in town.',
    markdown: 'Bees need water.\n\n- and flowers\n',
    keyword: 'town bees',
    categories: ['Animals'],
    tags: ['bees', 'town'],
    writtenAt: new Date('2025-03-04T04:06:07Z'),
    extra: { secondary_keywords: ['city bees', 'honey'], model: 'gpt' },
    warnings: [],
  });
});

test('empty fields count as missing', () => {
  const { title, content_markdown } = whole;
  const empty = { slug: '', meta_title: null, tags: null, category: ' ', generated_at: '', primary_keyword: '' };
  expect(json({ title, content_markdown, ...empty })).toEqual({
    ...{ title, markdown: content_markdown, categories: [], tags: [], writtenAt: null, extra: {}, warnings: [] },
  });
});

test.each([
  ['no JSON', '{"title": "A', /not valid JSON/],
  ['a list', '[]', /a list/],
  ['a text', '"title"', /no object/],
  ['no title', JSON.stringify({ ...whole, title: ' ' }), /^title is missing/],
  ['a title that is a number', JSON.stringify({ ...whole, title: 7 }), /^title /],
  ['no text', JSON.stringify({ ...whole, content_markdown: undefined }), /^content_markdown is missing/],
  ['an empty text', JSON.stringify({ ...whole, content_markdown: '\n \n' }), /^content_markdown is missing/],
  [
    'a text that is too long',
    JSON.stringify({ ...whole, content_markdown: 'a'.repeat(500_001) }),
    /^content_markdown /,
  ],
  ['tags that are a number', JSON.stringify({ ...whole, tags: 3 }), /^tags /],
  ['half a character', '{"title":"a\\ud800","content_markdown":"b"}', /^title holds half of a character/],
])('%s is refused with the name of the field and what to do', (_what, text, message) => {
  const read = () => readJsonDocument(text, now);
  expect(read).toThrow(message);
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).code).toBe('import_unreadable');
    expect((error as AppError).hint).not.toBe('');
  }
});

test.each([
  ['seconds since 1970', 1_741_000_000, '2025-03-03T11:06:40.000Z'],
  ['milliseconds since 1970', 1_741_000_000_000, '2025-03-03T11:06:40.000Z'],
  ['a day', '2025-03-03', '2025-03-03T00:00:00.000Z'],
  ['a time without a zone, which is in UTC', '2025-03-03 11:06', '2025-03-03T11:06:00.000Z'],
])('a time as %s', (_what, generated_at, time) => {
  expect(json({ ...whole, generated_at }).writtenAt?.toISOString()).toBe(time);
});

test.each(['yesterday', '2031-01-01T00:00:00Z', -5])('the time %s is kept and said not to count', (generated_at) => {
  const read = json({ ...whole, generated_at });
  expect(read.writtenAt).toBeNull();
  expect(read.extra).toMatchObject({ generated_at });
  expect(read.warnings).toEqual([expect.stringMatching(/^generated_at /)]);
});

test.each([
  ['a first heading that is the title goes', '# Keeping *bees* in town\n\nText.', 'Text.'],
  ['also one with a line under it', 'Keeping bees in town\n====\nText.', 'Text.'],
  ['another first heading stays', '# Bees\n\nText.', '# Bees\n\nText.'],
  ['a text that is nothing but the title stays', '# Keeping bees in town\n', '# Keeping bees in town\n'],
])('%s', (_what, content_markdown, text) => {
  const read = json({ ...whole, content_markdown });
  expect(read.markdown).toBe(text);
  expect(read.warnings.length).toBe(text === content_markdown ? 0 : 1);
});

test('images that only the old place has are counted', () => {
  const text = '![a](./a.png) ![b](<../b c.png>) ![c](https://example.com/c.png)';
  expect(json({ ...whole, content_markdown: text }).warnings).toEqual([expect.stringMatching(/^2 images are named/)]);
});

test('front matter under the names of several generators', () => {
  const read = markdown(`\uFEFF---\r
title: "Bees: a start"
description: For towns
lang: en-GB
category: Animals
tags: [bees, 2024]
date: 2024-01-02T03:04:05Z
permalink: /blog/bees-a-start/
draft: true
---\r
\r
Text.\r
`);
  expect(read).toMatchObject({
    ...{ title: 'Bees: a start', metaDescription: 'For towns', language: 'en', slug: 'bees-a-start' },
    ...{ categories: ['Animals'], tags: ['bees', '2024'], extra: { draft: true } },
    writtenAt: new Date('2024-01-02T03:04:05Z'),
  });
  expect(read.markdown.trim()).toBe('Text.');
});

test('without front matter the first heading and the name of the file tell', () => {
  expect(markdown('# A heading\n\nText.')).toMatchObject({
    ...{ title: 'A heading', slug: 'a-file', markdown: 'Text.', writtenAt: new Date('2024-05-06T00:00:00Z') },
  });
  expect(markdown('```sh\n# no heading\n```', 'how_to-sleep.md')).toMatchObject({
    ...{ title: 'how to sleep', slug: 'how_to-sleep', writtenAt: null },
  });
  expect(markdown('---\n\nA line at the top is no front matter.', 'x.md').markdown).toContain('A line at the top');
});

test.each([
  ['that is no YAML', '---\ntitle: a: b\n---\nText.', /front matter .* cannot be read/],
  ['that is a list', '---\n- a\n---\nText.', /no list of fields/],
  ['that grows without end', `---\na: &a [1,1]\nb: &b [*a,*a]\nc: [*b,*b]\ntitle: x\n---\nText.`, /front matter/],
])('front matter %s is refused', (_what, text, message) => {
  expect(() => markdown(text)).toThrow(message);
});
