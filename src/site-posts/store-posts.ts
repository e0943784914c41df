import { and, eq, inArray, isNull, lt, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { noteRemoteStatus } from '../publishing/remote-status.ts';
import { detectLanguage } from '../text/language.ts';
import type { ReadPost } from './read-posts.ts';
import { type SitePost, sitePosts } from './schema.ts';

/** Of addresses that a post had before. */
const formerKept = 10;

/** Whose posts: the site and its user. */
export interface Owner {
  siteId: string;
  userId: string;
}

/** Stores posts as they were read, in one statement. Their embeddings are kept while their texts stay the same. */
export async function storePosts(tx: Db, { siteId, userId }: Owner, posts: ReadPost[]): Promise<void> {
  if (posts.length === 0) return;
  const rows = await Promise.all(
    posts.map(async ({ id, ...post }) => ({
      siteId,
      userId,
      remoteId: id,
      ...post,
      language: await detectLanguage(`${post.title}. ${post.excerpt}`),
      goneAt: null,
    })),
  );
  const sameText = sql`(site_posts.title = excluded.title and site_posts.excerpt = excluded.excerpt)`;
  const wasPublic = sql`(site_posts.status = 'publish')`;
  const kept = (column: 'model' | 'dimensions' | 'embedding') =>
    sql`case when ${sameText} then site_posts.${sql.identifier(column)} end`;
  await tx
    .insert(sitePosts)
    .values(rows)
    .onConflictDoUpdate({
      target: [sitePosts.siteId, sitePosts.remoteId],
      set: {
        url: sql`excluded.url`,
        slug: sql`excluded.slug`,
        title: sql`excluded.title`,
        excerpt: sql`excluded.excerpt`,
        language: sql`excluded.language`,
        status: sql`excluded.status`,
        modifiedAt: sql`excluded.modified_at`,
        lastSeenAt: sql`now()`,
        model: kept('model'),
        dimensions: kept('dimensions'),
        embedding: kept('embedding'),
        // One that was public and is not any more is gone for whoever follows a link to it.
        goneAt: sql`case when excluded.status = 'publish' then null when ${wasPublic} then coalesce(site_posts.gone_at, now()) else site_posts.gone_at end`,
        formerUrls: sql`case when ${wasPublic} and excluded.status = 'publish' and site_posts.url <> excluded.url and site_posts.url <> '' and jsonb_array_length(site_posts.former_urls) < ${formerKept}
          then (site_posts.former_urls - excluded.url - site_posts.url) || to_jsonb(site_posts.url) else site_posts.former_urls - excluded.url end`,
      },
    });
  await noteStatuses(tx, siteId, posts);
}

/** Notes that posts were seen, unchanged. */
export async function notePresent(tx: Db, siteId: string, remoteIds: number[]): Promise<void> {
  if (remoteIds.length === 0) return;
  await tx
    .update(sitePosts)
    .set({ lastSeenAt: sql`now()` as never })
    .where(and(eq(sitePosts.siteId, siteId), inArray(sitePosts.remoteId, remoteIds)));
}

/** Notes that posts are no longer there for everybody: deleted (`gone`), or in the state `status` that the site names. */
export async function noteGone(tx: Db, siteId: string, posts: { id: number; status: string }[]): Promise<void> {
  for (const [status, group] of Map.groupBy(posts, (post) => post.status)) {
    const remoteIds = group.map(({ id }) => id);
    await tx
      .update(sitePosts)
      .set({ status, goneAt: sql`coalesce(${sitePosts.goneAt}, now())` as never })
      .where(and(eq(sitePosts.siteId, siteId), inArray(sitePosts.remoteId, remoteIds)));
  }
  await noteStatuses(tx, siteId, posts);
}

/** Some of the posts may be ours. */
async function noteStatuses(tx: Db, siteId: string, posts: { id: number; status: string }[]): Promise<void> {
  for (const [status, group] of Map.groupBy(posts, (post) => post.status)) {
    const remoteIds = group.map(({ id }) => id);
    await noteRemoteStatus(tx, siteId, remoteIds, status);
  }
}

/** Posts that a listing which began at `since` has not seen, `limit` at most, in the order of their ids. */
export async function missedPosts(
  db: Db,
  siteId: string,
  since: Date,
  after: number,
  limit: number,
): Promise<Pick<SitePost, 'remoteId'>[]> {
  return db
    .select({ remoteId: sitePosts.remoteId })
    .from(sitePosts)
    .where(
      and(
        eq(sitePosts.siteId, siteId),
        isNull(sitePosts.goneAt),
        lt(sitePosts.lastSeenAt, since),
        sql`${sitePosts.remoteId} > ${after}`,
      ),
    )
    .orderBy(sitePosts.remoteId)
    .limit(limit);
}

/** How many posts of a site are known and there, as SQL for a change of its sync. */
export const countOf = (siteId: string) =>
  sql`(select count(*)::int from site_posts where site_id = ${siteId} and gone_at is null)`;
