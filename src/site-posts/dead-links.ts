import { and, asc, eq, gt, inArray, isNull, sql } from 'drizzle-orm';
import { articles } from '../articles/schema.ts';
import type { AppContext } from '../context.ts';
import { type Db, queryRows } from '../db/open.ts';
import { emitEvent } from '../webhooks/events.ts';
import { addressesIn, addressKey, encodedKey, keysOf } from './addresses.ts';
import { deadLinks } from './schema.ts';
import { tellOfDeadLinks } from './tell-dead-links.ts';

/** Articles that are looked through at a time. */
const batch = 50;
/** Addresses that are looked for; a site whose every address has changed has as many as posts. */
const mostAddresses = 20_000;

interface DeadAddress {
  siteId: string;
  /** Where the post is now; null when it is gone. */
  movedTo: string | null;
}

interface Finding extends DeadAddress {
  articleId: string;
  title: string;
  url: string;
}

/**
 * Looks through a user's articles for links to posts of their sites that are gone or have another address, notes new ones
 * and forgets those that were mended. Asks no site. Tells the webhooks of each finding at once, and its user by mail.
 */
export async function findDeadLinks(ctx: AppContext, userId: string): Promise<void> {
  const dead = await deadAddresses(ctx.db, userId);
  const known = await ctx.db.$count(deadLinks, eq(deadLinks.userId, userId));
  if (dead.size === 0 && known === 0) return;
  for (let after: string | null = null; ; ) {
    const rows = await linkingArticles(ctx.db, userId, after);
    for (const { id, title, markdown } of rows) {
      await noteFindings(ctx, userId, { id, title }, findingsIn(id, title, markdown, dead));
    }
    after = rows.at(-1)?.id ?? null;
    if (rows.length < batch || after === null) break;
  }
  await forgetMended(ctx.db, userId);
  await tellOfDeadLinks(ctx, userId);
}

/** Addresses of the user's sites at which a post was and is no more, by their key. */
async function deadAddresses(db: Db, userId: string): Promise<Map<string, DeadAddress>> {
  const rows = await queryRows<{ url: string; site_id: string; moved_to: string | null }>(
    db,
    sql`select url, site_id, null as moved_to from site_posts where user_id = ${userId} and gone_at is not null and url <> ''
        union all
        select former.url, site_id, case when gone_at is null then site_posts.url end
        from site_posts, jsonb_array_elements_text(former_urls) as former(url) where user_id = ${userId}
        limit ${mostAddresses}`,
  );
  if (rows.length === 0) return new Map();
  const dead = new Map(rows.map((row) => [addressKey(row.url), { siteId: row.site_id, movedTo: row.moved_to }]));
  const living = await livingAmong(
    db,
    userId,
    rows.map(({ url }) => url),
  );
  for (const key of living) dead.delete(key);
  dead.delete('');
  return dead;
}

/** Which of the addresses a public post has at present, as keys. */
async function livingAmong(db: Db, userId: string, addresses: string[]): Promise<Set<string>> {
  const keys = [...new Set(addresses.map(encodedKey))];
  const rows = await queryRows<{ url: string }>(
    db,
    sql`select url from site_posts where user_id = ${userId} and gone_at is null and status = 'publish'
        and lower(regexp_replace(regexp_replace(url, '^https?://', ''), '/+([?]|$)', '\\1')) in (select jsonb_array_elements_text(${JSON.stringify(keys)}::jsonb))`,
  );
  return new Set(rows.map(({ url }) => addressKey(url)));
}

/** Articles with a link to any host of the user's sites or posts, in the order of their ids. */
function linkingArticles(db: Db, userId: string, after: string | null) {
  const hosts = sql`(select distinct split_part(split_part(url, '://', 2), '/', 1) as host from site_posts where user_id = ${userId} and url <> ''
    union select distinct split_part(split_part(url, '://', 2), '/', 1) from dead_links where user_id = ${userId})`;
  return db
    .select({ id: articles.id, title: articles.title, markdown: articles.markdown })
    .from(articles)
    .where(
      and(
        eq(articles.userId, userId),
        isNull(articles.deletedAt),
        after === null ? undefined : gt(articles.id, after),
        sql`exists (select 1 from ${hosts} as hosts where position(lower(hosts.host) in lower(${articles.markdown})) > 0)`,
      ),
    )
    .orderBy(asc(articles.id))
    .limit(batch);
}

function findingsIn(articleId: string, title: string, markdown: string, dead: Map<string, DeadAddress>): Finding[] {
  return addressesIn(markdown).flatMap((url) => {
    const key = keysOf(url).find((one) => dead.has(one));
    const address = key === undefined ? undefined : dead.get(key);
    return address ? [{ articleId, title, url: url.slice(0, 2000), ...address }] : [];
  });
}

async function noteFindings(
  ctx: AppContext,
  userId: string,
  article: { id: string; title: string },
  findings: Finding[],
): Promise<void> {
  if (findings.length === 0) return;
  await ctx.db.transaction(async (tx) => {
    // Locked, so that one that is deleted at this moment is waited for.
    const [there] = await tx
      .select({ id: articles.id })
      .from(articles)
      .where(eq(articles.id, article.id))
      .for('key share');
    if (!there) return;
    for (const { url, siteId, movedTo } of findings) {
      const [added] = await tx
        .insert(deadLinks)
        .values({ articleId: article.id, url, userId, siteId, movedTo })
        .onConflictDoNothing()
        .returning();
      if (!added) {
        await tx
          .update(deadLinks)
          .set({ movedTo })
          .where(and(eq(deadLinks.articleId, article.id), eq(deadLinks.url, url)));
        continue;
      }
      const data = { articleId: article.id, title: article.title, siteId, url, movedTo };
      await emitEvent(ctx, tx, userId, { type: 'link.dead', data });
    }
  });
}

/** Forgets findings whose article no longer has the link, or whose address leads to a post again. */
export async function forgetMended(db: Db, userId: string): Promise<void> {
  const rows = await db
    .select({
      articleId: deadLinks.articleId,
      url: deadLinks.url,
      markdown: articles.markdown,
      deletedAt: articles.deletedAt,
    })
    .from(deadLinks)
    .innerJoin(articles, eq(articles.id, deadLinks.articleId))
    .where(eq(deadLinks.userId, userId));
  if (rows.length === 0) return;
  const living = await livingAmong(
    db,
    userId,
    rows.flatMap(({ url }) => [url, ...keysOf(url).map((key) => `https://${key}`)]),
  );
  const mended = rows.filter(
    ({ url, markdown, deletedAt }) =>
      deletedAt !== null || !addressesIn(markdown).includes(url) || keysOf(url).some((key) => living.has(key)),
  );
  for (const [articleId, group] of Map.groupBy(mended, (row) => row.articleId)) {
    const urls = group.map(({ url }) => url);
    await db.delete(deadLinks).where(and(eq(deadLinks.articleId, articleId), inArray(deadLinks.url, urls)));
  }
}
