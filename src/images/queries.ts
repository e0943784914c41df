import { and, desc, eq, ilike, inArray, isNotNull, isNull, lt, or, sql } from 'drizzle-orm';
import { articles } from '../articles/schema.ts';
import { type Db, queryRows } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { sites } from '../sites/schema.ts';
import { type Image, type ImageKind, images } from './schema.ts';
import { getImage } from './store.ts';

/** An article that shows an image. */
export interface ImageUse {
  imageId: string;
  articleId: string;
  title: string;
  featured: boolean;
  inText: boolean;
  /** The article is in the bin. */
  binned: boolean;
}

/** A site that an image was uploaded to, with its address there. */
export interface ImageSite {
  imageId: string;
  siteId: string;
  name: string;
  url: string;
}

/** Where images are used. */
export interface ImageUsage {
  articles: ImageUse[];
  sites: ImageSite[];
}

/** A user's images, newest first; one more than `limit`, to know whether there is a next page. */
export function listImages(
  db: Db,
  userId: string,
  query: {
    limit: number;
    cursor?: string | undefined;
    /** Looked for in name, alternative text, caption and prompt. */
    query?: string | undefined;
    kind?: ImageKind | undefined;
    /** Those in the bin instead of those that are kept. */
    deleted?: boolean | undefined;
  },
): Promise<Image[]> {
  const words = query.query ? `%${query.query.replace(/[\\%_]/g, '\\$&')}%` : null;
  return db
    .select()
    .from(images)
    .where(
      and(
        eq(images.userId, userId),
        query.deleted ? isNotNull(images.deletedAt) : isNull(images.deletedAt),
        query.cursor ? lt(images.id, query.cursor) : undefined,
        query.kind ? eq(images.kind, query.kind) : undefined,
        words
          ? or(
              ilike(images.name, words),
              ilike(images.alt, words),
              ilike(images.caption, words),
              ilike(images.prompt, words),
            )
          : undefined,
      ),
    )
    .orderBy(desc(images.id))
    .limit(query.limit + 1);
}

/** Where images of a user are used: by which articles, and on which sites they are. */
export async function usageOf(db: Db, userId: string, ids: string[]): Promise<ImageUsage> {
  return { articles: await usesOf(db, userId, ids), sites: await sitesOf(db, userId, ids) };
}

/** Which articles show these images, in their text or as featured image; those in the bin as well, they may come back. */
export async function usesOf(db: Db, userId: string, ids: string[]): Promise<ImageUse[]> {
  if (ids.length === 0) return [];
  const inText = sql<boolean>`strpos(${articles.markdown}, '/api/v1/images/' || ${images.id} || '/file') > 0`;
  const featured = sql<boolean>`coalesce(${articles.featuredImageId} = ${images.id}, false)`;
  return db
    .select({
      imageId: images.id,
      articleId: articles.id,
      title: articles.title,
      featured,
      inText,
      binned: sql<boolean>`${articles.deletedAt} is not null`,
    })
    .from(images)
    .innerJoin(articles, and(eq(articles.userId, images.userId), or(featured, inText)))
    .where(and(eq(images.userId, userId), inArray(images.id, ids)))
    .orderBy(articles.id);
}

async function sitesOf(db: Db, userId: string, ids: string[]): Promise<ImageSite[]> {
  if (ids.length === 0) return [];
  // Who brings images to sites is a room above this one, so only the name of its table is used here.
  return queryRows<ImageSite & Record<string, unknown>>(
    db,
    sql`select m.image_id as "imageId", m.site_id as "siteId", ${sites.name} as name, m.remote_url as url
        from site_media m join ${sites} on ${sites.id} = m.site_id
        where m.user_id = ${userId} and m.remote_url is not null and ${inArray(sql`m.image_id`, ids)}
        order by ${sites.name}, m.site_id`,
  );
}

/** Changes what is said of an image. Throws `not_found`. */
export async function describeImage(
  db: Db,
  userId: string,
  id: string,
  change: { name?: string | undefined; alt?: string | undefined; caption?: string | undefined },
): Promise<Image> {
  const image = await getImage(db, userId, id);
  if (Object.values(change).every((value) => value === undefined)) return image;
  const [row] = await db
    .update(images)
    .set(change)
    .where(and(eq(images.id, id), eq(images.userId, userId)))
    .returning();
  if (!row) throw new AppError('not_found', 'There is no such image.');
  return row;
}
