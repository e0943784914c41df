import { and, eq, inArray } from 'drizzle-orm';
import type { Element, Parents, Root } from 'hast';
import { AppError } from '../errors.ts';
import { type Image, imageFiles, images } from '../images/schema.ts';
import { existingMedia } from '../wordpress/media.ts';
import { siteCauseOf } from '../wordpress/site-error.ts';
import type { Delivery } from './delivery.ts';
import { inParallel } from './in-parallel.ts';
import { forgetMedia, mediaRow, placeMedia } from './place-media.ts';

export interface PlacedPictures {
  /** Id in the site's library; null for none. */
  featuredMedia: number | null;
  warnings: string[];
  dropped: string[];
}

/** How articles name images that are kept here. */
const ownImage = /^\/api\/v1\/images\/([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\/file$/i;

/** Where an image is on the site, or why it is not there. */
type Place = { id: number; url: string } | { missing: string };

/**
 * Brings the images of a post onto its site: the featured one, and those in the text, whose nodes in `tree` get the
 * address there. What cannot be brought is taken out of the text and said.
 * @throws AppError of the WordPress client, when trying again can help
 */
export async function placePictures(
  delivery: Delivery,
  tree: Root,
  { featured, existing }: { featured: 'article' | 'own' | 'card' | 'none'; existing: boolean },
): Promise<PlacedPictures> {
  const shown = picturesIn(tree);
  const featuredId = await featuredImage(delivery, featured);
  const ids = new Set([...shown.map(({ imageId }) => imageId), ...(featuredId === null ? [] : [featuredId])]);
  if (ids.size === 0) return { featuredMedia: null, warnings: [], dropped: [] };

  const { ctx, publication } = delivery;
  const mine = and(eq(images.userId, publication.userId), inArray(images.id, [...ids]));
  const known = new Map((await ctx.db.select().from(images).where(mine)).map((image) => [image.id, image]));
  const places = await placeAll(delivery, [...known.values()], existing);

  const placeOf = (id: string): Place => places.get(id) ?? { missing: 'it is no longer kept here' };
  for (const picture of shown) {
    const place = placeOf(picture.imageId);
    const image = known.get(picture.imageId);
    if ('missing' in place || !image) takeOut(tree, picture.node);
    else point(picture.node, image, place);
  }
  const featuredPlace = featuredId === null ? null : placeOf(featuredId);
  const featuredMedia = featuredPlace === null || 'missing' in featuredPlace ? null : featuredPlace.id;
  const lost = shown.filter(({ imageId }) => 'missing' in placeOf(imageId));
  return {
    featuredMedia,
    warnings: aboutMissing([...ids], known, placeOf),
    dropped: [
      ...(featuredId !== null && featuredMedia === null ? ['featuredImage'] : []),
      ...(lost.length > 0 ? ['images'] : []),
    ],
  };
}

async function placeAll(delivery: Delivery, wanted: Image[], existing: boolean): Promise<Map<string, Place>> {
  const rows = new Map<string, Awaited<ReturnType<typeof mediaRow>>>();
  for (const { id } of wanted) rows.set(id, await mediaRow(delivery, id));
  const remembered = [...rows.values()].flatMap(({ remoteId }) => remoteId ?? []);
  const still = new Map((await existingMedia(delivery.client, remembered)).map((media) => [media.id, media]));
  let mayUpload = true;
  const placed = await inParallel(wanted, async (image): Promise<[string, Place]> => {
    const row = rows.get(image.id);
    const there = row?.remoteId ? still.get(row.remoteId) : undefined;
    if (there) return [image.id, { id: there.id, url: there.url }];
    if (row?.remoteId) {
      if (existing) return [image.id, { missing: 'someone has deleted it on the site' }];
      await forgetMedia(delivery, row);
    }
    if (!mayUpload) return [image.id, { missing: notAllowed }];
    try {
      return [image.id, await placeMedia(delivery, image, () => readFile(delivery, image.id))];
    } catch (error) {
      const missing = whyForGood(error);
      if (missing === null) throw error;
      if (missing === notAllowed) mayUpload = false;
      return [image.id, { missing }];
    }
  });
  return new Map(placed);
}

const notAllowed = 'the connected user may not upload files there';

/** Why an upload will fail as often as it is tried; null when another attempt can help, or nothing can be done without. */
function whyForGood(error: unknown): string | null {
  if (!(error instanceof AppError) || error.retryable) return null;
  const cause = siteCauseOf(error);
  if (cause === 'role_insufficient') return notAllowed;
  if (cause === 'upload_refused' || cause === 'rejected' || cause === 'firewall') return error.message;
  return null;
}

async function readFile({ ctx, publication }: Delivery, imageId: string): Promise<Uint8Array> {
  const [file] = await ctx.db
    .select({ data: imageFiles.data })
    .from(imageFiles)
    .innerJoin(images, eq(images.id, imageFiles.imageId))
    .where(and(eq(imageFiles.imageId, imageId), eq(images.userId, publication.userId)));
  if (!file) throw new AppError('not_found', 'The image has just been deleted.');
  return file.data;
}

async function featuredImage(
  { article }: Delivery,
  featured: 'article' | 'own' | 'card' | 'none',
): Promise<string | null> {
  if (featured === 'none' || featured === 'card') return null;
  return article.featuredImageId;
}

interface Picture {
  node: Element;
  imageId: string;
}

function picturesIn(node: Parents): Picture[] {
  return node.children.flatMap((child): Picture[] => {
    if (child.type !== 'element') return [];
    const imageId = child.tagName === 'img' ? ownImage.exec(String(child.properties.src ?? ''))?.[1] : undefined;
    return imageId ? [{ node: child, imageId: imageId.toLowerCase() }] : picturesIn(child);
  });
}

/** Gives an image the address that it has on the site; alt text and caption of its own where the text has none. */
function point(node: Element, image: Image, place: { id: number; url: string }): void {
  const { properties } = node;
  properties.src = place.url;
  properties.dataMediaId = place.id;
  if (!properties.alt) properties.alt = image.alt;
  if (!properties.title && image.caption) properties.title = image.caption;
}

/** Takes an image out of the text, and with it whatever showed nothing else: a figure, a link, a paragraph. */
function takeOut(parent: Parents, gone: Element): boolean {
  for (const [index, child] of parent.children.entries()) {
    if (child.type !== 'element') continue;
    const inside = child === gone || takeOut(child, gone);
    if (!inside) continue;
    const empty = child === gone || child.tagName === 'figure' || !showsSomething(child);
    if (empty) parent.children.splice(index, 1);
    return true;
  }
  return false;
}

function showsSomething(node: Element): boolean {
  return node.children.some((child) =>
    child.type === 'text'
      ? child.value.trim() !== ''
      : child.type === 'element' && (child.tagName === 'img' || showsSomething(child)),
  );
}

/** One sentence for each reason. */
function aboutMissing(ids: string[], known: ReadonlyMap<string, Image>, placeOf: (id: string) => Place): string[] {
  const reasons = Map.groupBy(ids, (id) => {
    const place = placeOf(id);
    return 'missing' in place ? place.missing : '';
  });
  return [...reasons].flatMap(([reason, missing]) => {
    if (reason === '') return [];
    const names = missing.map((id) => known.get(id)?.name).filter((name) => name !== undefined);
    const what = missing.length === 1 ? 'An image was' : `${missing.length} images were`;
    return [`${what} left out${names.length > 0 ? ` (${names.join(', ')})` : ''}: ${reason}.`];
  });
}
