import { and, DrizzleQueryError, eq, inArray, isNull } from 'drizzle-orm';
import type { Element, Parents, Root } from 'hast';
import { ownImageId } from '../articles/markdown.ts';
import { AppError } from '../errors.ts';
import { type Image, images } from '../images/schema.ts';
import { readImage } from '../images/store.ts';
import { cardColours, titleCard } from '../images/title-card.ts';
import { settingsOf } from '../sites/settings.ts';
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
  { featured, existing }: { featured: Featured; existing: boolean },
): Promise<PlacedPictures> {
  const shown = picturesIn(tree);
  const { imageId: featuredId, warnings } = await featuredImage(delivery, featured);
  const ids = new Set([...shown.map(({ imageId }) => imageId), ...(featuredId === null ? [] : [featuredId])]);
  const unmade = warnings.length > 0;
  if (ids.size === 0) return { featuredMedia: null, warnings, dropped: unmade ? ['featuredImage'] : [] };

  const { ctx, publication } = delivery;
  const mine = and(eq(images.userId, publication.userId), inArray(images.id, [...ids]), isNull(images.deletedAt));
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
    warnings: [...warnings, ...aboutMissing([...ids], known, placeOf)],
    dropped: [
      ...(unmade || (featuredId !== null && featuredMedia === null) ? ['featuredImage'] : []),
      ...(lost.length > 0 ? ['images'] : []),
    ],
  };
}

async function placeAll(delivery: Delivery, wanted: Image[], existing: boolean): Promise<Map<string, Place>> {
  const { ctx, publication } = delivery;
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
      return [
        image.id,
        await placeMedia(delivery, image, async () => (await readImage(ctx.db, publication.userId, image.id)).data),
      ];
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

/** The featured image: the article's own, or a card with its title, as the options say; null for none. */
async function featuredImage(delivery: Delivery, featured: Featured): Promise<FeaturedImage> {
  const { article, site, ctx, publication, signal } = delivery;
  const own = featured === 'article' || featured === 'own' ? article.featuredImageId : null;
  if (own !== null || featured === 'none' || featured === 'own') return { imageId: own, warnings: [] };
  const { cardBackground, cardText } = settingsOf(site);
  try {
    const card = await titleCard(ctx, {
      userId: publication.userId,
      title: article.title,
      siteName: site.name,
      background: cardBackground ?? cardColours.background,
      text: cardText ?? cardColours.text,
      language: article.language,
    });
    return { imageId: card.id, warnings: [] };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DrizzleQueryError || (error instanceof AppError && error.retryable)) throw error;
    ctx.log.error({ err: error, publicationId: publication.id }, 'a title card could not be made');
    const why = error instanceof AppError ? `: ${error.message}` : '.';
    return { imageId: null, warnings: [`The title card could not be made, so the post has no featured image${why}`] };
  }
}

type Featured = 'article' | 'own' | 'card' | 'none';
interface FeaturedImage {
  imageId: string | null;
  warnings: string[];
}

interface Picture {
  node: Element;
  imageId: string;
}

function picturesIn(node: Parents): Picture[] {
  return node.children.flatMap((child): Picture[] => {
    if (child.type !== 'element') return [];
    const imageId = child.tagName === 'img' ? ownImageId(child.properties.src) : null;
    return imageId ? [{ node: child, imageId }] : picturesIn(child);
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
