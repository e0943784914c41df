import { expect, test } from 'vitest';
import type { Source } from '../../knowledge/schema.ts';
import type { DraftOutput } from '../4-draft/step.ts';
import { composeMarkdown } from './compose.ts';

const source = (id: string, title: string, url: string | null): Source => ({
  id,
  userId: 'u',
  kind: url ? 'url' : 'text',
  url,
  title,
  siteName: null,
  author: null,
  publishedAt: null,
  language: 'en',
  contentHash: id,
  wordCount: 1,
  fetchedAt: new Date(0),
  checkedAt: null,
  deletedAt: null,
});
const sentence = (text: string) => ({ text, citations: [] });
const part = (heading: string | null, ...texts: string[]) => ({
  heading,
  passageIds: [],
  blocks: [{ type: 'paragraph' as const, sentences: texts.map(sentence) }],
});
const draft: DraftOutput = {
  introduction: part(null, 'Hello.'),
  sections: [part('First', 'One.', 'Two.', 'Three.'), part('Second', 'Gone.'), part('Third', 'Moving on.')],
  faqHeading: 'Questions',
  faq: [{ question: 'Why?', answer: [sentence('Because.')] }],
  conclusion: part('End', 'Bye.'),
};
const from: Record<string, string[]> = { 'One.': ['a'], 'Two.': ['a'], 'Three.': ['b'], 'Because.': ['a'] };
const sources = [source('a', 'Page [A]', 'https://a.example/x y'), source('b', 'Text B', null)];

test('numbers sources as they appear, marks runs of sentences once, and drops headings of which nothing is left', () => {
  const { markdown, sourceIds, sentences } = composeMarkdown(
    draft,
    ({ text }) => (text === 'Gone.' ? null : { text, sourceIds: from[text] ?? [] }),
    sources,
  );
  expect(sourceIds).toEqual(['a', 'b']);
  expect(sentences).toBe(6);
  expect(markdown).toBe(`Hello.

## First

One. Two.[^1] Three.[^2]

## Questions

### Why?

Because.[^1]

## End

Bye.

[^1]: [Page \\[A\\]](<https://a.example/x%20y>).

[^2]: Text B.
`);
});
