import { and, eq, isNotNull, lt, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { longAgo } from '../retention.ts';
import { usesOf } from './queries.ts';
import { type Image, images } from './schema.ts';
import { getImage } from './store.ts';

/**
 * Puts an image of a user into the bin, where it stays 30 days unless its room is needed sooner. One that articles show
 * only when told to: their text and their posts then go without it until it comes back. Throws `image_in_use` with their
 * titles, `not_found`.
 */
export async function deleteImage(db: Db, userId: string, id: string, force: boolean): Promise<void> {
  await db.transaction(async (tx) => {
    const image = await getImage(tx, userId, id);
    const uses = force ? [] : await usesOf(tx, userId, [image.id]);
    if (uses.length > 0) {
      const titles = uses.slice(0, 5).map(({ title, binned }) => `“${title}”${binned ? ' (in the bin)' : ''}`);
      const more = uses.length > 5 ? ` and ${uses.length - 5} more` : '';
      throw new AppError('image_in_use', `The image is shown by ${titles.join(', ')}${more}.`, {
        details: { articleIds: uses.map(({ articleId }) => articleId) },
      });
    }
    await tx.update(images).set({ deletedAt: sql`now()` }).where(eq(images.id, image.id));
  });
}

/**
 * Takes an image out of the bin. There is always room for it: what is kept and the bin together stay within the quota.
 * Throws `not_found` when it is not in there.
 */
export async function restoreImage(db: Db, userId: string, id: string): Promise<Image> {
  const [row] = await db
    .update(images)
    .set({ deletedAt: null })
    .where(and(eq(images.id, id), eq(images.userId, userId), isNotNull(images.deletedAt)))
    .returning();
  if (!row) throw new AppError('not_found', 'There is no such image in the bin.');
  return row;
}

/** Removes images that have been in the bin for long enough; returns how many. */
export async function emptyImageBin(db: Db): Promise<number> {
  const rows = await db
    .delete(images)
    .where(lt(images.deletedAt, longAgo('bin')))
    .returning({ id: images.id });
  return rows.length;
}
