import { createHash } from 'node:crypto';
import { and, eq, sql } from 'drizzle-orm';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import type { PreparedImage } from './prepare-image.ts';
import { type Image, imageFiles, images } from './schema.ts';

/** What an image has beside its pixels. */
export type ImageFields = Pick<Image, 'userId' | 'kind' | 'name'> &
  Partial<Pick<Image, 'alt' | 'caption' | 'prompt' | 'model' | 'madeFrom'>>;

/** In bytes: what the images of one user may take together. */
export const imagesQuota = 500_000_000;

/**
 * Keeps an image, in the transaction that is given. The same bytes are kept once for a user: what there is already is
 * returned as it is. Throws `images_full` when it would not fit into {@link imagesQuota}.
 */
export async function keepImage(tx: Db, fields: ImageFields, { data, ...shape }: PreparedImage): Promise<Image> {
  const { userId } = fields;
  // One at a time for a user, so that two together do not pass the quota.
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext(${`images of ${userId}`}))`);
  const digest = createHash('sha256').update(data).digest('hex');
  const [known] = await tx
    .select()
    .from(images)
    .where(and(eq(images.userId, userId), eq(images.digest, digest)));
  if (known) return fields.madeFrom ? remake(tx, known, fields.madeFrom) : known;
  await assertRoom(tx, userId, data.length);
  const [row] = await tx
    .insert(images)
    .values({ id: newId(), ...fields, ...shape, size: data.length, digest })
    .returning();
  if (!row) throw new Error('insert returned no row');
  await tx.insert(imageFiles).values({ imageId: row.id, data });
  return row;
}

/** Throws `images_full` when an image of this size, in bytes, does not fit into {@link imagesQuota}. */
export async function assertRoom(db: Db, userId: string, size: number): Promise<void> {
  const used = await bytesOf(db, userId);
  if (used + size <= imagesQuota) return;
  const mb = (bytes: number) => (bytes / 1e6).toFixed(1);
  throw new AppError(
    'images_full',
    `Your images take ${mb(used)} MB of the ${mb(imagesQuota)} MB that there are; this one has ${mb(size)} MB.`,
  );
}

/** Other words may give the same picture, such as a title with one blank more: it is found by the latest. */
async function remake(tx: Db, image: Image, madeFrom: string): Promise<Image> {
  const [row] = await tx.update(images).set({ madeFrom }).where(eq(images.id, image.id)).returning();
  return row ?? image;
}

/** What the images of a user take, in bytes. */
export async function bytesOf(db: Db, userId: string): Promise<number> {
  const [row] = await db
    .select({ bytes: sql<string>`coalesce(sum(${images.size}), 0)` })
    .from(images)
    .where(eq(images.userId, userId));
  return Number(row?.bytes ?? 0);
}

/** A user's image without its bytes. Throws `not_found`, also for another user's. */
export async function getImage(db: Db, userId: string, id: string): Promise<Image> {
  const [row] = await db
    .select()
    .from(images)
    .where(and(eq(images.id, id), eq(images.userId, userId)));
  if (!row) throw new AppError('not_found', 'There is no such image.');
  return row;
}

/** A user's image with its bytes. Throws `not_found`, also for another user's. */
export async function readImage(db: Db, userId: string, id: string): Promise<{ image: Image; data: Uint8Array }> {
  const [row] = await db
    .select({ image: images, data: imageFiles.data })
    .from(images)
    .innerJoin(imageFiles, eq(imageFiles.imageId, images.id))
    .where(and(eq(images.id, id), eq(images.userId, userId)));
  if (!row) throw new AppError('not_found', 'There is no such image.');
  return row;
}
