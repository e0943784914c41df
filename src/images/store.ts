import { createHash } from 'node:crypto';
import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import type { PreparedImage } from './prepare-image.ts';
import { type Image, imageFiles, images } from './schema.ts';

/** What an image has beside its pixels. */
export type ImageFields = Pick<Image, 'userId' | 'kind' | 'name'> &
  Partial<Pick<Image, 'alt' | 'caption' | 'prompt' | 'model' | 'madeFrom' | 'costMicroUsd'>>;

/** In bytes: what the images of one user may take together; those in the bin give way to new ones. */
export const imagesQuota = 500_000_000;

/**
 * Keeps an image, in the transaction that is given. The same bytes are kept once for a user: what there is already is
 * returned, taken out of the bin if it was in there, and with the words that it had none of. Throws `images_full` when it
 * would not fit into {@link imagesQuota}; what is in the bin gives way to it, the longest deleted first.
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
  if (known) return meetAgain(tx, known, fields);
  await assertRoom(tx, userId, data.length);
  await makeRoom(tx, userId, data.length);
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

async function meetAgain(tx: Db, image: Image, { alt, caption, madeFrom }: ImageFields): Promise<Image> {
  const [row] = await tx
    .update(images)
    .set({
      deletedAt: null,
      // What somebody has written about it stays.
      alt: image.alt || (alt ?? ''),
      caption: image.caption || (caption ?? ''),
      // Other words may give the same picture, such as a title with one blank more: it is found by the latest.
      ...(madeFrom ? { madeFrom } : {}),
    })
    .where(eq(images.id, image.id))
    .returning();
  return row ?? image;
}

/** Deletes for good what is longest in the bin, as far as an image of this size, in bytes, needs its room. */
async function makeRoom(tx: Db, userId: string, size: number): Promise<void> {
  const free = imagesQuota - (await bytesOf(tx, userId)) - size;
  await tx.execute(sql`
    delete from images where id in (
      select id from (
        select id, sum(size) over (order by deleted_at desc, id desc) as kept
        from images where user_id = ${userId} and deleted_at is not null
      ) binned where kept > ${free}
    )`);
}

/** What the images of a user take, in bytes, without those in the bin. */
export async function bytesOf(db: Db, userId: string): Promise<number> {
  const [row] = await db
    .select({ bytes: sql<string>`coalesce(sum(${images.size}), 0)` })
    .from(images)
    .where(and(eq(images.userId, userId), isNull(images.deletedAt)));
  return Number(row?.bytes ?? 0);
}

/** A user's image without its bytes: one that is kept, or with `binned` one in the bin. Throws `not_found`, also for another user's. */
export async function getImage(db: Db, userId: string, id: string, { binned = false } = {}): Promise<Image> {
  const where = binned ? isNotNull(images.deletedAt) : isNull(images.deletedAt);
  const [row] = await db
    .select()
    .from(images)
    .where(and(eq(images.id, id), eq(images.userId, userId), where));
  if (!row) throw new AppError('not_found', 'There is no such image.');
  return row;
}

/** A user's image with its bytes, also one in the bin. Throws `not_found`, also for another user's. */
export async function readImage(db: Db, userId: string, id: string): Promise<{ image: Image; data: Uint8Array }> {
  const [row] = await db
    .select({ image: images, data: imageFiles.data })
    .from(images)
    .innerJoin(imageFiles, eq(imageFiles.imageId, images.id))
    .where(and(eq(images.id, id), eq(images.userId, userId)));
  if (!row) throw new AppError('not_found', 'There is no such image.');
  return row;
}
