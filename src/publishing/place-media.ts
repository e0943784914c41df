import { setTimeout as sleep } from 'node:timers/promises';
import { and, eq, isNotNull, isNull, lt, or, sql } from 'drizzle-orm';
import { AppError } from '../errors.ts';
import type { Image } from '../images/schema.ts';
import { deleteMedia, findMedia, mediaMarker, uploadMedia, type WordPressMedia } from '../wordpress/media.ts';
import type { Delivery } from './delivery.ts';
import { siteMedia } from './schema.ts';
import { clearlyRefused, settle } from './settle.ts';

type MediaRow = typeof siteMedia.$inferSelect;
type MediaChange = Partial<{ [Column in keyof MediaRow]: unknown }>;

/** How long others leave an upload to the publication that began it; longer than a request may take. */
const holdMs = 45_000;
/** How long a publication waits for another's upload of the same image before it tries again later. */
const waitMs = 15_000;
const pollMs = 100;

/** What is known of an image on the site of a delivery. */
export async function mediaRow(delivery: Delivery, imageId: string): Promise<MediaRow> {
  const { ctx, site, publication } = delivery;
  await ctx.db.insert(siteMedia).values({ siteId: site.id, imageId, userId: publication.userId }).onConflictDoNothing();
  const [row] = await ctx.db.select().from(siteMedia).where(rowOf(delivery, imageId));
  if (!row) throw new AppError('not_found', 'The image has just been deleted.');
  return row;
}

/** Forgets the file of an image that someone has deleted on the site. */
export async function forgetMedia(delivery: Delivery, row: MediaRow): Promise<void> {
  const same = and(rowOf(delivery, row.imageId), eq(siteMedia.remoteId, row.remoteId ?? 0));
  await delivery.ctx.db.update(siteMedia).set({ remoteId: null, remoteUrl: null, mayExist: false }).where(same);
}

/**
 * Brings an image into the library of the site, once for all posts that show it, in the way posts are placed: it is
 * looked for by its marker before it is uploaded, that an upload is sent is committed before it is sent, and after an
 * upload that was not clearly answered it is looked for again. While one publication uploads it, others of the site wait.
 * A site that acts on an unanswered upload later than we looked holds two files then: the second is deleted.
 * @throws AppError of the WordPress client; a later attempt finds what was uploaded
 */
export async function placeMedia(
  delivery: Delivery,
  image: Image,
  readData: () => Promise<Uint8Array>,
): Promise<{ id: number; url: string }> {
  const row = await hold(delivery, image.id);
  if (row.remoteId !== null && row.remoteUrl !== null) {
    await change(delivery, image.id, { heldBy: null, heldUntil: null });
    return { id: row.remoteId, url: row.remoteUrl };
  }
  try {
    const media = await bring(delivery, image, row, readData);
    await change(delivery, image.id, {
      mayExist: true,
      remoteId: media.id,
      remoteUrl: media.url,
      heldBy: null,
      heldUntil: null,
    });
    return media;
  } catch (error) {
    // Whoever waits may try at once. A worker that is killed here leaves the hold to run out.
    if (error instanceof AppError && !delivery.signal.aborted) {
      await change(delivery, image.id, { heldBy: null, heldUntil: null });
    }
    throw error;
  }
}

async function bring(
  delivery: Delivery,
  image: Image,
  { mayExist }: MediaRow,
  readData: () => Promise<Uint8Array>,
): Promise<WordPressMedia> {
  const { client, signal } = delivery;
  const marker = mediaMarker(image.id);
  const look = async () => keepFirst(delivery, await findMedia(client, marker), mayExist);
  const found = (await look()) ?? (mayExist ? await settle(look, delivery) : undefined);
  if (found) return found;

  const data = await readData();
  if (!mayExist) await change(delivery, image.id, { mayExist: true });
  let uploaded: WordPressMedia;
  try {
    const { name, mime, alt, caption } = image;
    uploaded = await uploadMedia(client, { marker, name, mime, data, title: alt || name, alt, caption });
  } catch (error) {
    signal.throwIfAborted();
    if (clearlyRefused(error)) {
      if (!mayExist) await change(delivery, image.id, { mayExist: false });
      throw error;
    }
    const late = await settle(look, delivery);
    if (!late) throw error;
    return late;
  }
  // An earlier upload may have come through after all: before ours, which has a number then, or at the same moment.
  if (uploaded.slug === marker && !mayExist) return uploaded;
  return (await keepFirst(delivery, await findMedia(client, marker), true)) ?? uploaded;
}

/**
 * The first of the files that carry the marker of an image that was not placed yet. Where an upload of ours may have come
 * through twice, the others are deleted: nothing of ours shows them, and one that a person has taken for a post is kept.
 */
async function keepFirst(
  { client, ctx, publication }: Delivery,
  [first, ...twins]: readonly WordPressMedia[],
  uploadedBefore: boolean,
): Promise<WordPressMedia | undefined> {
  for (const twin of uploadedBefore ? twins.filter(({ attached }) => !attached) : []) {
    try {
      await deleteMedia(client, twin.id);
    } catch (error) {
      // Someone else's deletion is as good. What the site does not let us delete is no reason to keep the post back.
      if (!(error instanceof AppError) || error.retryable) throw error;
      const { id: publicationId, siteId } = publication;
      ctx.log.warn({ publicationId, siteId, mediaId: twin.id, err: error }, 'second copy of an image not deleted');
    }
  }
  return first;
}

/** Takes the right to upload an image to the site, or waits until whoever has it is done. */
async function hold(delivery: Delivery, imageId: string): Promise<MediaRow> {
  const { ctx, publication, signal } = delivery;
  const free = or(
    isNotNull(siteMedia.remoteId),
    isNull(siteMedia.heldUntil),
    lt(siteMedia.heldUntil, sql`now()`),
    eq(siteMedia.heldBy, publication.id),
  );
  for (let waited = 0; waited <= waitMs; waited += pollMs) {
    const [held] = await ctx.db
      .update(siteMedia)
      .set({ heldBy: publication.id, heldUntil: sql`now() + ${`${holdMs} milliseconds`}::interval` })
      .where(and(rowOf(delivery, imageId), free))
      .returning();
    if (held) return held;
    await sleep(pollMs, undefined, { signal });
  }
  throw new AppError('site_unreachable', 'Another post is still uploading the same image to this site.', {
    hint: 'It is tried again by itself.',
  });
}

async function change(delivery: Delivery, imageId: string, columns: MediaChange): Promise<void> {
  const mine = and(rowOf(delivery, imageId), eq(siteMedia.heldBy, delivery.publication.id));
  await delivery.ctx.db
    .update(siteMedia)
    .set(columns as Partial<MediaRow>)
    .where(mine);
}

const rowOf = ({ site, publication }: Delivery, imageId: string) =>
  and(eq(siteMedia.siteId, site.id), eq(siteMedia.imageId, imageId), eq(siteMedia.userId, publication.userId));
