import { and, desc, eq, inArray, lt, sql } from 'drizzle-orm';
import { articles } from '../articles/schema.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { type Image, images } from './schema.ts';
import { getImage } from './store.ts';

/** An article that shows an image. */
export interface ImageUse {
  imageId: string;
  articleId: string;
  title: string;
}

/** A user's images, newest first; one more than `limit`, to know whether there is a next page. */
export function listImages(
  db: Db,
  userId: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<Image[]> {
  return db
    .select()
    .from(images)
    .where(and(eq(images.userId, userId), cursor ? lt(images.id, cursor) : undefined))
    .orderBy(desc(images.id))
    .limit(limit + 1);
}

/** Which articles show these images, in their text or as featured image; those in the bin as well, they may come back. */
export async function usesOf(db: Db, userId: string, ids: string[]): Promise<ImageUse[]> {
  if (ids.length === 0) return [];
  const inText = sql`strpos(${articles.markdown}, '/api/v1/images/' || ${images.id} || '/file') > 0`;
  return db
    .select({ imageId: images.id, articleId: articles.id, title: articles.title })
    .from(images)
    .innerJoin(
      articles,
      and(eq(articles.userId, images.userId), sql`(${articles.featuredImageId} = ${images.id} or ${inText})`),
    )
    .where(and(eq(images.userId, userId), inArray(images.id, ids)))
    .orderBy(articles.id);
}

/**
 * Deletes an image of a user. One that articles show is only deleted when told to: their text then points nowhere, and it
 * is no longer their featured image. Throws `image_in_use` with their titles, `not_found`.
 */
export async function deleteImage(db: Db, userId: string, id: string, force: boolean): Promise<void> {
  await db.transaction(async (tx) => {
    const image = await getImage(tx, userId, id);
    const uses = force ? [] : await usesOf(tx, userId, [image.id]);
    if (uses.length > 0) {
      const titles = uses.slice(0, 5).map(({ title }) => `“${title}”`);
      const more = uses.length > 5 ? ` and ${uses.length - 5} more` : '';
      throw new AppError('image_in_use', `The image is shown by ${titles.join(', ')}${more}.`, {
        details: { articleIds: uses.map(({ articleId }) => articleId) },
      });
    }
    await tx.delete(images).where(and(eq(images.id, id), eq(images.userId, userId)));
  });
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
