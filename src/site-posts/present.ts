import { z } from 'zod';
import type { ListedSitePost, listDeadLinks } from './queries.ts';
import type { SiteSync } from './schema.ts';

const time = z.iso.datetime();
const iso = (date: Date | null) => date?.toISOString() ?? null;

/** A post of a site as it leaves. */
export const sitePostSchema = z
  .object({
    remoteId: z.int().meta({ description: 'Id of the post on the site' }),
    url: z.string().meta({ description: 'Empty while it has no address' }),
    title: z.string(),
    excerpt: z.string(),
    language: z.string().nullable(),
    status: z.string().meta({ description: 'On the site when it was last seen; `gone` when it was deleted there' }),
    modifiedAt: time.nullable(),
    goneAt: time.nullable().meta({ description: 'Since when it is no longer there for everybody to read' }),
    articleId: z.uuid().nullable().meta({ description: 'The article that it is, if it is one of this account' }),
  })
  .meta({ id: 'SitePost' });

/** Puts a post of a site into words for the outside. */
export function presentSitePost(row: ListedSitePost): z.infer<typeof sitePostSchema> {
  const { remoteId, url, title, excerpt, language, status, articleId } = row;
  const times = { modifiedAt: iso(row.modifiedAt), goneAt: iso(row.goneAt) };
  return { remoteId, url, title, excerpt, language, status, ...times, articleId };
}

/** How far the reading of a site's posts has come, as it leaves. */
export const siteSyncSchema = z
  .object({
    siteId: z.uuid(),
    posts: z.int().meta({ description: 'Known and there' }),
    modifiedUntil: time.nullable().meta({ description: 'Changes up to here are known; null before the first page' }),
    syncedAt: time.nullable().meta({ description: 'When the reading of changes last came to its end' }),
    listedAt: time.nullable().meta({ description: 'The last complete look at which posts there are' }),
    nextSyncAt: time
      .nullable()
      .meta({ description: 'Null while nothing is read: the site is paused or fails its checks' }),
    running: z.boolean(),
    error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
  })
  .meta({ id: 'SiteSync' });

/** Puts a sync into words for the outside; `null` is one that has not begun. `halted`: the site is paused or failing. */
export function presentSync(
  siteId: string,
  row: SiteSync | null,
  halted: boolean,
  now: Date,
): z.infer<typeof siteSyncSchema> {
  return {
    siteId,
    posts: row?.posts ?? 0,
    modifiedUntil: iso(row?.modifiedUntil ?? null),
    syncedAt: iso(row?.syncedAt ?? null),
    listedAt: iso(row?.listedAt ?? null),
    nextSyncAt: halted ? null : iso(row?.nextSyncAt ?? now),
    running: (row?.leaseExpiresAt?.getTime() ?? 0) > now.getTime(),
    error: row?.error ?? null,
  };
}

/** An article with its links to posts that are gone, as it leaves. */
export const articleDeadLinksSchema = z
  .object({
    articleId: z.uuid(),
    title: z.string(),
    links: z.array(
      z.object({
        url: z.string().meta({ description: 'As it stands in the article' }),
        movedTo: z.string().nullable().meta({ description: 'Where the post is now, if only its address has changed' }),
        foundAt: time,
      }),
    ),
  })
  .meta({ id: 'ArticleDeadLinks' });

/** Puts an article's dead links into words for the outside. */
export function presentDeadLinks(
  row: Awaited<ReturnType<typeof listDeadLinks>>[number],
): z.infer<typeof articleDeadLinksSchema> {
  const links = row.links.map(({ url, movedTo, foundAt }) => ({ url, movedTo, foundAt: foundAt.toISOString() }));
  return { articleId: row.id, title: row.title, links };
}
