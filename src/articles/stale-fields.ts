import { and, asc, eq, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { containsVerbatim } from '../text/match.ts';
import { namesIn, numbersIn } from '../text/terms.ts';
import { markdownToText } from './markdown.ts';
import { type Article, articleRevisions } from './schema.ts';

/** Texts around an article that say what stands in it. */
export const describingFields = ['metaTitle', 'metaDescription', 'excerpt'] as const;
export type DescribingField = (typeof describingFields)[number];

/** A text around an article that speaks of what has gone out of it. */
export interface StaleField {
  field: DescribingField;
  /** Numbers and names in it that stood in the article when it was written, and do not any more. */
  gone: string[];
}

/**
 * Finds what an edit has left behind in excerpt, title and description for search: numbers and names that stood in the
 * article at the revision in which the field got its words, and do not stand there now. Nothing is said of words that
 * never stood in it. A field with words that are not stored yet is its author's present wording, and current.
 * @param present with the words of its Markdown in `text`, as `markdownToText` finds them
 */
export async function findStale(
  db: Db,
  stored: Pick<Article, 'id' | 'language' | DescribingField>,
  present: Pick<Article, 'title' | DescribingField> & { text: string },
): Promise<StaleField[]> {
  const { language } = stored;
  const now = wordsOf(present.title, present.text, language);
  const found: StaleField[] = [];
  for (const field of describingFields) {
    if (present[field] !== stored[field]) continue;
    const missing = [...numbersIn(present[field], language), ...namesIn(present[field], language)].filter(
      (word) => !now.has(word),
    );
    if (missing.length === 0) continue;
    const written = await writtenFor(db, stored, field);
    const then = written && wordsOf(written.title, markdownToText(written.markdown), language);
    const gone = then ? missing.filter((word) => then.has(word)) : [];
    if (gone.length > 0) found.push({ field, gone });
  }
  return found;
}

function wordsOf(title: string, body: string, language: string | null) {
  const text = `${title}\n${body}`;
  const numbers = new Set(numbersIn(text, language));
  return { has: (word: string) => numbers.has(word) || (!/^\d/.test(word) && containsVerbatim(text, word)) };
}

/** The article as it was when a field got the words that it has now. */
async function writtenFor(
  db: Db,
  { id, ...fields }: Pick<Article, 'id' | DescribingField>,
  field: DescribingField,
): Promise<Pick<Article, 'title' | 'markdown'> | null> {
  const { articleId, revision, title, markdown } = articleRevisions;
  const changedAfter = sql`(select coalesce(max(other.revision), 0) from article_revisions as other
    where other.article_id = ${id} and other.fields ->> ${field} is distinct from ${fields[field]})`;
  const [row] = await db
    .select({ title, markdown })
    .from(articleRevisions)
    .where(and(eq(articleId, id), sql`${revision} > ${changedAfter}`))
    .orderBy(asc(revision))
    .limit(1);
  return row ?? null;
}
