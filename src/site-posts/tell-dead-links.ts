import { and, asc, eq, gt, isNull, sql } from 'drizzle-orm';
import { post } from '../accounts/mails.ts';
import { users } from '../accounts/schema.ts';
import { articles } from '../articles/schema.ts';
import type { AppContext } from '../context.ts';
import { emails } from '../notify/schema.ts';
import { deadLinks } from './schema.ts';

/** Links that one mail names; the page has them all. */
const named = 20;

/**
 * Mails a user the dead links that they were not told of, all in one mail and at most one in a week. What was found since
 * waits for the next. Users who are disabled or have no address are not written to.
 */
export async function tellOfDeadLinks(
  ctx: Pick<AppContext, 'db' | 'config' | 'secrets' | 'queue' | 'log'>,
  userId: string,
): Promise<void> {
  const untold = and(eq(deadLinks.userId, userId), isNull(deadLinks.toldAt));
  if ((await ctx.db.$count(deadLinks, untold)) === 0) return;
  await ctx.db.transaction(async (tx) => {
    // Two workers that look at two sites of one user tell of them once.
    const [user] = await tx.select().from(users).where(eq(users.id, userId)).for('no key update');
    if (!user || user.disabled) return;
    const lately = and(
      eq(emails.userId, userId),
      eq(emails.kind, 'dead-links'),
      gt(emails.createdAt, sql`now() - interval '7 days'`),
    );
    if ((await tx.$count(emails, lately)) > 0) return;
    const rows = await tx
      .select({ url: deadLinks.url, movedTo: deadLinks.movedTo, title: articles.title, articleId: articles.id })
      .from(deadLinks)
      .innerJoin(articles, eq(articles.id, deadLinks.articleId))
      .where(untold)
      .orderBy(asc(deadLinks.articleId), asc(deadLinks.url));
    if (rows.length === 0) return;
    await tx
      .update(deadLinks)
      .set({ toldAt: sql`now()` as never })
      .where(untold);
    if (user.email === null) return;
    const shown = Map.groupBy(rows.slice(0, named), ({ articleId }) => articleId);
    const rest = rows.length - named;
    await post(
      ctx,
      tx,
      { userId, email: user.email },
      {
        kind: 'dead-links',
        subject:
          rows.length === 1 ? 'A link of an article leads nowhere' : `${rows.length} links of articles lead nowhere`,
        paragraphs: [
          'These articles link to posts of your own sites that were deleted, are no longer public, or have another address:',
          ...[...shown.values()].map((links) => [`“${links[0]?.title}”`, ...links.map(inWords)].join('\n')),
          ...(rest > 0 ? [`And ${rest} more.`] : []),
          'Open an article to take a link out or to set the new address, and publish it again.',
        ],
        action: { label: 'Articles with dead links', url: `${ctx.config.http.appUrl}/articles?show=dead-links` },
      },
    );
  });
}

function inWords({ url, movedTo }: { url: string; movedTo: string | null }): string {
  return movedTo ? `${url}\n  is now at ${movedTo}` : url;
}
