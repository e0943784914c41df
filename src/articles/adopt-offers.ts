import { and, eq, inArray, ne, sql } from 'drizzle-orm';
import { newId } from '../db/id.ts';
import { type Db, queryRows } from '../db/open.ts';
import { passages } from '../knowledge/schema.ts';
import { normaliseForMatch } from '../text/match.ts';
import { findClaims } from './claim-states.ts';
import { type Article, claims } from './schema.ts';
import { readText } from './text-blocks.ts';

/** A sentence of an offered revision, as `offered_revisions` keeps it. */
interface OfferedClaim
  extends Pick<typeof claims.$inferSelect, 'text' | 'passageId' | 'quote' | 'verdict' | 'reason' | 'judgedBy'> {}

/** As many of the latest as anyone looks at before they save. */
const latest = 50;

/**
 * Makes claims of those sentences of offered revisions that now stand in the text: what was checked when it was offered is
 * on record with what it rests on, and what was found unsupported is on record as that. Call it in the transaction that
 * saves the text. By the name of their table: who offers is a room above this one.
 */
export async function adoptOffers(
  tx: Db,
  {
    id,
    userId,
    pipelineId,
    markdown,
    language,
  }: Pick<Article, 'id' | 'userId' | 'pipelineId' | 'markdown' | 'language'>,
): Promise<void> {
  const offers = await queryRows<{ claims: OfferedClaim[] }>(
    tx,
    sql`select claims from offered_revisions where article_id = ${id} and user_id = ${userId}
        order by created_at desc limit ${latest}`,
  );
  // The latest verdict on a sentence counts.
  const offered = new Map<string, OfferedClaim>();
  for (const claim of offers.flatMap((offer) => offer.claims)) {
    const key = normaliseForMatch(claim.text);
    if (!offered.has(key)) offered.set(key, claim);
  }
  if (offered.size === 0) return;
  const known = await tx
    .select({ text: claims.text })
    .from(claims)
    .where(and(eq(claims.articleId, id), ne(claims.outcome, 'removed')));
  for (const { text } of known) offered.delete(normaliseForMatch(text));
  const open = [...offered.values()];
  const standing = findClaims(
    readText(markdown),
    open.map(({ text }, index) => ({ id: String(index), text, outcome: 'kept' as const })),
    language,
  );
  const adopted = open.filter((_, index) => standing[index]?.state === 'unchanged');
  if (adopted.length === 0) return;
  const ids = adopted.flatMap(({ passageId }) => passageId ?? []);
  const there = await tx
    .select({ id: passages.id })
    .from(passages)
    .where(and(inArray(passages.id, ids), eq(passages.userId, userId)));
  const [last] = await queryRows<{ next: number }>(
    tx,
    sql`select coalesce(max(ordinal) + 1, 0)::int as next from claims where article_id = ${id}`,
  );
  await tx.insert(claims).values(
    adopted.map(({ passageId, ...claim }, index) => ({
      ...claim,
      id: newId(),
      userId,
      articleId: id,
      pipelineId,
      ordinal: (last?.next ?? 0) + index,
      section: null,
      passageId: there.some((passage) => passage.id === passageId) ? passageId : null,
      outcome: 'rewritten' as const,
    })),
  );
}
