import type { ArticleFields } from '../articles/schema.ts';
import { AppError } from '../errors.ts';
import { sameText } from '../wordpress/plain-text.ts';
import { readSeoMeta, type SeoMeta, seoKeys } from '../wordpress/seo-meta.ts';
import { siteCauseOf } from '../wordpress/site-error.ts';
import type { Delivery } from './delivery.ts';
import type { ConflictField, PostSeo, SentPost } from './schema.ts';
import { seoPluginOfSite } from './site-memory.ts';

/** How the texts for search engines are called among the fields of a post. */
export const seoNames = { title: 'seoTitle', description: 'seoDescription', keyword: 'focusKeyword' } as const;
export type SeoName = (typeof seoNames)[keyof typeof seoNames];
/** What the article's revisions call them. */
export const seoInArticle = { title: 'metaTitle', description: 'metaDescription', keyword: 'keyword' } as const;

/** A site that fails again and again at an extra must not keep a post from being finished. */
const patientAttempts = 3;

/** Passes over a failure at an extra once trying again has not helped; throws it as long as it may. */
export function passOver({ publication, signal }: Delivery, error: unknown): AppError {
  signal.throwIfAborted();
  const cause = siteCauseOf(error);
  if (!(error instanceof AppError) || cause === undefined || cause === 'credentials_rejected') throw error;
  if (error.retryable && publication.attempts <= patientAttempts) throw error;
  return error;
}

/**
 * The texts for search engines of a post as they stand; null, with a warning, where the plugin cannot be asked.
 * @throws AppError of the WordPress client, when trying again can help
 */
export async function readPostSeo(
  delivery: Delivery,
  postId: number,
): Promise<{ seo: PostSeo | null; warnings: string[] }> {
  try {
    const plugin = await seoPluginOfSite(delivery);
    const texts = plugin === null ? {} : await readSeoMeta(delivery.client, plugin, postId);
    return { seo: { plugin, texts }, warnings: [] };
  } catch (error) {
    const { message } = passOver(delivery, error);
    return {
      seo: null,
      warnings: [`The texts for search engines could not be read from the SEO plugin of the site: ${message}`],
    };
  }
}

export interface SeoChanges {
  /** What only we have changed. */
  send: Partial<SeoMeta>;
  conflicts: ConflictField[];
  /** What only a person has changed on the site. */
  kept: SeoName[];
}

/**
 * Compares the texts for search engines one by one, as {@link compareFields} does the other fields. Nothing is written
 * over a text that we do not know to be ours: where a plugin does not let us see what stands there, or no base is known
 * and the text is another one, a person decides.
 */
export function compareSeo(args: {
  base: Pick<SentPost, 'seo' | 'accepted'> | null;
  theirs: PostSeo;
  ours: SeoMeta;
  /** The article as the post was made of it; null when that is not known. */
  sentFields: Pick<ArticleFields, 'metaTitle' | 'metaDescription' | 'keyword'> | null;
}): SeoChanges {
  const { base, theirs, ours, sentFields } = args;
  const changes: SeoChanges = { send: {}, conflicts: [], kept: [] };
  if (theirs.plugin === null) return changes;
  for (const key of seoKeys) {
    const name = seoNames[key];
    const [there, mine] = [theirs.texts[key], ours[key]];
    const written = sentFields?.[seoInArticle[key]];
    const known = baseText(base?.seo, theirs, key) ?? inferred(base?.seo, there, written);
    const asked = () => changes.conflicts.push({ name, base: known ?? null, ours: mine, theirs: there ?? null });
    const differs = (text: string | undefined) => (text === undefined ? null : !sameText(text, mine));
    const fresh = isNew(base?.seo, theirs);
    const weChanged = (fresh ? differs(written) : null) ?? differs(known) ?? differs(written);
    if (there === undefined) {
      if (!(weChanged ?? (base?.accepted && mine !== ''))) continue;
      // Fields that Yoast has not opened for REST can be neither read nor written: the site drops them.
      if (theirs.plugin === 'yoast' || base?.accepted) changes.send[key] = mine;
      else asked();
    } else if (sameText(there, mine)) {
      // Done, whoever did it.
    } else if (known === undefined) {
      if (there === '') {
        // Overwrites nothing; but what was emptied on purpose stays empty until the text changes here.
        if (weChanged !== false) changes.send[key] = mine;
      } else if (weChanged === false) changes.kept.push(name);
      else if (mine !== '') asked();
    } else if (sameText(known, there)) {
      if (weChanged !== false || fresh) changes.send[key] = mine;
    } else if (weChanged) asked();
    else changes.kept.push(name);
  }
  return changes;
}

/** Whether the plugin has come since we last wrote: then what is empty there was never written. */
const isNew = (base: PostSeo | undefined, theirs: PostSeo) => base !== undefined && base.plugin !== theirs.plugin;

function baseText(base: PostSeo | undefined, theirs: PostSeo, key: keyof SeoMeta): string | undefined {
  if (isNew(base, theirs) && (base?.plugin === null || theirs.texts[key] === '')) return '';
  return base?.texts[key];
}

/** Posts of earlier versions have no base of these texts: what reads as we wrote it is ours. */
function inferred(base: PostSeo | undefined, there: string | undefined, written: string | undefined) {
  if (written === undefined || base?.plugin === null) return undefined;
  return there === undefined || sameText(there, written) ? written : undefined;
}

/** The base for the next comparison: the texts as they stand now, but what a person's change was left alone in. */
export function nextSeo(base: PostSeo | undefined, now: PostSeo, ours: SeoMeta, kept: readonly SeoName[]): PostSeo {
  // What cannot be read is what we last wrote, as far as we know.
  const texts = { ...(base?.plugin === now.plugin ? base.texts : {}), ...now.texts };
  for (const key of seoKeys) if (kept.includes(seoNames[key])) texts[key] = base?.texts[key] ?? ours[key];
  return { plugin: now.plugin, texts };
}
