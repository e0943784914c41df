import { z } from 'zod';
import type { Assessment } from '../articles/assess.ts';
import type { SeoCheck } from '../articles/schema.ts';
import { sentencesOf, type TextBlock } from '../articles/text-blocks.ts';
import { countWords } from '../text/words.ts';

/** Where a person can mend something: a field of the article, or a stretch of its text. */
export const placeSchema = z.union([
  z.object({ field: z.enum(['title', 'slug', 'metaTitle', 'metaDescription', 'excerpt', 'keyword']) }),
  z.object({
    start: z.int().meta({ description: 'In UTF-16 units of the Markdown' }),
    end: z.int().meta({ description: 'Up to, but not including this one' }),
  }),
]);
export type Place = z.infer<typeof placeSchema>;

type Field = Extract<Place, { field: string }>['field'];

const fields: Record<string, Field> = {
  title_length: 'title',
  keyword_in_title: 'title',
  meta_title_length: 'metaTitle',
  meta_description_length: 'metaDescription',
  keyword_in_description: 'metaDescription',
  excerpt: 'excerpt',
  keyword: 'keyword',
  keyword_density: 'keyword',
  keyword_in_slug: 'slug',
};

/**
 * Where what a check found can be mended; null where that is the article as a whole.
 * @param mention where the text could link to a post of one's own
 */
export function placeOf({ name }: Pick<SeoCheck, 'name'>, found: Assessment, mention: Place | null): Place | null {
  const field = fields[name];
  if (field) return { field };
  const { blocks, images } = found.read;
  const paragraphs = blocks.filter(({ type }) => type === 'paragraph');
  switch (name) {
    case 'keyword_in_introduction':
      return rangeOf(paragraphs[0]);
    case 'keyword_in_headings':
      return rangeOf(blocks.find(({ type }) => type === 'heading'));
    case 'section_length':
      return rangeOf(longestSection(blocks));
    case 'paragraph_length':
      return rangeOf(paragraphs.toSorted((a, b) => b.text.length - a.text.length)[0]);
    case 'readability':
      return rangeOf(longestSentence(paragraphs, found.language));
    case 'image_alt':
      return rangeOf(images.find(({ alt }) => alt.trim() === ''));
    case 'claims':
      return rangeOf(found.claims.find(({ state }) => state === 'changed')?.at);
    case 'internal_links':
      return mention;
    default:
      return null;
  }
}

function rangeOf(range: { start: number; end: number } | null | undefined): Place | null {
  return range ? { start: range.start, end: range.end } : null;
}

/** The block that the longest section begins with. */
function longestSection(blocks: readonly TextBlock[]): TextBlock | undefined {
  let best: { first: TextBlock; words: number } | undefined;
  let current: { first: TextBlock; words: number } | undefined;
  for (const block of blocks) {
    if (!current || block.type === 'heading') current = { first: block, words: 0 };
    if (block.type === 'paragraph') current.words += countWords(block.text);
    if (!best || current.words > best.words) best = { ...current };
  }
  return best?.first;
}

function longestSentence(paragraphs: readonly TextBlock[], language: string) {
  return paragraphs
    .flatMap((block) => sentencesOf(block, language))
    .reduce<{ start: number; end: number; text: string } | undefined>(
      (longest, sentence) => (longest && longest.text.length >= sentence.text.length ? longest : sentence),
      undefined,
    );
}
