import { and, eq, inArray, ne } from 'drizzle-orm';
import { type Article, claims } from '../../articles/schema.ts';
import type { Db } from '../../db/open.ts';

/** Below this an article does not go public without a person: about half of the checks that apply have failed then. */
const minimumSeoScore = 60;

/** Whether an article may go public without a person, as sentences: what stands against it, and what speaks for it. */
export interface Gates {
  against: string[];
  passed: string;
}

/** No unsupported or contradicted claim is left in the text, and the SEO score is at least 60. */
export async function checkGates(db: Db, article: Article): Promise<Gates> {
  const doubtful = await db.$count(
    claims,
    and(
      eq(claims.articleId, article.id),
      inArray(claims.verdict, ['unsupported', 'contradicted']),
      ne(claims.outcome, 'removed'),
    ),
  );
  const score = article.seo?.score ?? null;
  const against: string[] = [];
  if (doubtful > 0) against.push(`${doubtful} claim(s) in it are not supported by their source`);
  if (score === null) against.push('its SEO score is not known');
  else if (score < minimumSeoScore) against.push(`its SEO score is ${score}, below ${minimumSeoScore}`);
  return { against, passed: `no unsupported claim, SEO score ${score}` };
}
