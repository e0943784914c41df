import type { PostFields, WordPressPost } from '../wordpress/client.ts';
import { type SeoMeta, seoKeys, writeSeoMeta } from '../wordpress/seo-meta.ts';
import type { ComposedPost } from './compose-post.ts';
import type { Delivery } from './delivery.ts';
import { passOver, seoNames } from './post-seo.ts';
import { placeTerms } from './post-terms.ts';
import { compareStored, missingIds } from './read-back.ts';
import type { PostSeo } from './schema.ts';
import { memoryOf, seoPluginOfSite } from './site-memory.ts';

/** A post as it stands after all that belongs to it was written. */
export interface CompletedPost {
  post: WordPressPost;
  warnings: string[];
  /** Fields that the site did not keep, by name. */
  dropped: string[];
  /** The texts for search engines as they stand then; left out where that is not known. */
  seo?: PostSeo;
}

const seoWords = {
  title: 'title for search engines',
  description: 'description for search engines',
  keyword: 'focus keyword',
};

/**
 * Completes a post that was just written: mends what the site took out of it, writes the texts for search engines the
 * way its SEO plugin takes them, and compares what is stored with what was sent. Doing it twice is doing it once.
 * @param stored the post as the site read it back after the write
 * @param seo which of the texts for search engines are written, and how they stood before, if that was read
 * @throws AppError of the WordPress client, when trying again can help; the next attempt goes on from there
 */
export async function completePost(
  delivery: Delivery,
  composed: ComposedPost<PostFields>,
  stored: WordPressPost,
  seo: { send: Partial<SeoMeta>; standing: PostSeo | null },
): Promise<CompletedPost> {
  const mended = await mend(delivery, composed, stored);
  const written = await writeSeo(delivery, seo.send, seo.standing, stored.id);
  const compared = compareStored(mended.sent, mended.stored);
  return {
    post: mended.stored,
    warnings: [...composed.warnings, ...mended.warnings, ...written.warnings, ...compared.warnings],
    dropped: [...new Set([...composed.dropped, ...mended.dropped, ...written.dropped, ...compared.dropped])],
    ...(written.seo ? { seo: written.seo } : {}),
  };
}

interface Mended {
  sent: PostFields;
  stored: WordPressPost;
  warnings: string[];
  dropped: string[];
}

/** What can be set right by writing once more: ids of terms that we remembered wrongly, and scripts taken apart. */
async function mend(delivery: Delivery, composed: ComposedPost<PostFields>, stored: WordPressPost): Promise<Mended> {
  const { post, jsonLd } = composed;
  const mended: Mended = { sent: post, stored, warnings: [], dropped: [] };
  const change: PostFields = {};
  if ((['categories', 'tags'] as const).some((taxonomy) => missingIds(post[taxonomy], stored[taxonomy]).length > 0)) {
    // WordPress passes over ids that it does not know, in silence: someone has deleted the term since.
    const { fields } = await placeTerms(delivery, composed.terms, { fresh: true });
    Object.assign(change, fields);
  }
  if (jsonLd !== null && !stored.content.includes(jsonLd)) {
    memoryOf(delivery).mayUseScripts = false;
    change.content = (post.content ?? '').replace(jsonLd, () => '').trimEnd();
    mended.dropped.push('jsonLd');
    mended.warnings.push(
      'The site takes scripts out of posts, so the structured data was left out. An SEO plugin on the site can write its own.',
    );
  }
  if (Object.keys(change).length === 0) return mended;
  mended.sent = { ...post, ...change };
  mended.stored = await delivery.client.updatePost(stored.id, change);
  return mended;
}

/** Texts for search engines: written beside the post, where the site has a plugin that takes them. */
async function writeSeo(
  delivery: Delivery,
  wanted: Partial<SeoMeta>,
  standing: PostSeo | null,
  postId: number,
): Promise<Pick<CompletedPost, 'warnings' | 'dropped' | 'seo'>> {
  const keys = seoKeys.filter((key) => wanted[key] !== undefined);
  try {
    const plugin = standing ? standing.plugin : await seoPluginOfSite(delivery);
    if (plugin === null || keys.length === 0) {
      return { warnings: [], dropped: [], seo: standing ?? { plugin, texts: {} } };
    }
    const { texts, lost } = await writeSeoMeta(delivery.client, plugin, postId, wanted, standing?.texts);
    const words = lost.map((key) => seoWords[key]).join(', ');
    return {
      warnings: lost.length === 0 ? [] : [`The SEO plugin of the site did not keep the ${words}.`],
      dropped: lost.map((key) => seoNames[key]),
      seo: { plugin, texts },
    };
  } catch (error) {
    const { message } = passOver(delivery, error);
    return {
      warnings:
        keys.length === 0
          ? []
          : [`The texts for search engines could not be given to the SEO plugin of the site: ${message}`],
      dropped: keys.map((key) => seoNames[key]),
      ...(standing ? { seo: standing } : {}),
    };
  }
}
