import { and, desc, eq } from 'drizzle-orm';
import { findClaims } from '../../articles/claim-states.ts';
import { type Article, articleRevisions, claims } from '../../articles/schema.ts';
import { readText, sentencesOf } from '../../articles/text-blocks.ts';
import type { Db } from '../../db/open.ts';
import { normaliseForMatch } from '../../text/match.ts';
import { examine } from '../5-check/facts.ts';

/** What nobody has confirmed of a text as it stands. */
export interface Doubts {
  /** Claims in it that are unsupported or contradicted. */
  doubtfulClaims: number;
  /** Sentences that state something and were neither written by the pipeline nor checked when they were offered. */
  uncheckedSentences: number;
}

/**
 * Looks for what stands unproven in the text that would go public. A claim whose sentence was taken out does not count any
 * more; a sentence that a person has written or changed counts, unless it states nothing.
 */
export async function findDoubts(db: Db, article: Article): Promise<Doubts> {
  const { id, userId, language, title, keyword } = article;
  const rows = await db.select().from(claims).where(eq(claims.articleId, id));
  const [written] = await db
    .select({ markdown: articleRevisions.markdown })
    .from(articleRevisions)
    .where(
      and(
        eq(articleRevisions.articleId, id),
        eq(articleRevisions.userId, userId),
        eq(articleRevisions.author, 'pipeline'),
      ),
    )
    .orderBy(desc(articleRevisions.revision))
    .limit(1);
  const doubtful = rows.filter(({ verdict, outcome }) => verdict !== 'supported' && outcome !== 'removed');
  if (!written || written.markdown === article.markdown) {
    return { doubtfulClaims: doubtful.length, uncheckedSentences: 0 };
  }
  const read = readText(article.markdown);
  const gone = findClaims(read, doubtful, language).filter(({ state }) => state === 'missing').length;
  const sentencesIn = (text: ReturnType<typeof readText>) =>
    text.blocks.flatMap((block) => sentencesOf(block, language)).map((sentence) => normaliseForMatch(sentence.text));
  // A sentence that was checked and found wanting counts above.
  const known = new Set([
    ...sentencesIn(readText(written.markdown)),
    ...rows.map(({ text }) => normaliseForMatch(text)),
  ]);
  const common = `${title} \n ${keyword}`;
  const states = (text: string) =>
    examine({ text, citations: [] }, new Map(), language ?? 'en', common, 'section').kind !== 'connective';
  const uncheckedSentences = sentencesIn(read).filter((text) => !known.has(text) && states(text)).length;
  return { doubtfulClaims: doubtful.length - gone, uncheckedSentences };
}
