import { keptBlocksIn, renderMarkdown } from '../articles/markdown.ts';
import { settingsOf } from '../sites/settings.ts';
import { publicationMarker, toBlocks } from '../wordpress/blocks.ts';
import type { NewWordPressPost, PostFields, WordPressPost } from '../wordpress/client.ts';
import { jsonLdBlock } from '../wordpress/json-ld.ts';
import type { SeoMeta } from '../wordpress/seo-meta.ts';
import type { Taxonomy } from '../wordpress/terms.ts';
import type { Delivery } from './delivery.ts';
import { together } from './in-parallel.ts';
import { keptBlocks, withFormOf } from './kept-blocks.ts';
import type { PostOptions } from './options.ts';
import { placePictures } from './post-images.ts';
import { placeTerms } from './post-terms.ts';
import type { SentPost } from './schema.ts';
import { mayUseScripts, seoPluginOfSite } from './site-memory.ts';

/** The post as it is to be, and what its author should know of how it came about. */
export interface ComposedPost<Post extends PostFields = NewWordPressPost> {
  /** What is sent; of a post that is there already, only what is to change. */
  post: Post;
  /** Texts for search engines, which {@link completePost} writes beside the post. */
  seo: SeoMeta;
  /** The names behind `post.categories` and `post.tags`. */
  terms: Readonly<Record<Taxonomy, readonly string[]>>;
  /** The block with structured data at the end of `post.content`, if there is one. */
  jsonLd: string | null;
  /** Blocks of the site in `post.content` that are kept as they stand there. */
  kept: { name: string; raw: string }[];
  /** Formatting of the post as it stands that goes, because Markdown cannot hold it and the words have changed. */
  lostForm: string[];
  warnings: string[];
  /** Fields that the site cannot be given, by name. */
  dropped: string[];
}

/**
 * Makes the post of a publication out of its article, the settings of its site and its own options. Categories, tags and
 * images are found on the site, or brought there; what the site or the user's role does not allow is left out
 * and said in `warnings`.
 * @param args.existing the post is there already: an image of it that someone has deleted on the site stays away.
 * @param args.standing the post as it stands: blocks of it that the article only names are taken over from it
 * @param args.base where blocks are looked for that do not stand in it any more
 * @param args.form takes over how blocks are formatted there that read the same
 * @throws AppError of the WordPress client, when trying again can help
 */
export async function composePost(
  delivery: Delivery,
  args: { existing?: boolean; standing?: WordPressPost; base?: SentPost | null; form?: boolean } = {},
): Promise<ComposedPost> {
  const { article, publication, site } = delivery;
  const { standing, base } = args;
  const options = settledOptions(delivery);
  const { tree } = renderMarkdown(article.markdown, { ownHosts: [new URL(site.url).hostname] });
  const [pictures, terms, jsonLd] = await together([
    placePictures(delivery, tree, { featured: options.featuredImage, existing: args.existing ?? false }),
    placeTerms(delivery, options),
    structuredData(delivery, options),
  ]);
  const named = keptBlocksIn(article.markdown);
  const known = keptBlocks(...(named.length > 0 ? [base?.earlier, base?.content, standing?.content] : []));
  const kept = named.flatMap(({ name, digest }) => ({ name, raw: known.get(digest) ?? '' }));
  const missing = kept.filter(({ raw }) => raw === '').map(({ name }) => name);
  const marker = publicationMarker(publication.id);
  const text = toBlocks(tree, { publicationMarker: marker, kept: known });
  const whole = jsonLd === null ? text : `${text}\n\n${jsonLd}`;
  const { content, lost } =
    standing && args.form ? withFormOf(whole, standing.content, marker) : { content: whole, lost: [] };
  return {
    post: {
      title: article.title,
      slug: article.slug,
      excerpt: article.excerpt,
      content,
      // A time in the future was waited for here: WordPress's own clock needs visitors to go round.
      status: publication.wanted === 'draft' ? 'draft' : 'publish',
      ...terms.fields,
      ...(options.authorId === null ? {} : { author: options.authorId }),
      ...(options.comments === 'site' ? {} : { comments: options.comments }),
      ...(options.template === null ? {} : { template: options.template }),
      ...(options.sticky === undefined ? {} : { sticky: options.sticky }),
      ...(pictures.featuredMedia === null ? {} : { featuredMedia: pictures.featuredMedia }),
    },
    seo: { title: article.metaTitle, description: article.metaDescription, keyword: article.keyword },
    terms: { categories: options.categories, tags: options.tags },
    jsonLd,
    kept: kept.filter(({ raw }) => raw !== ''),
    lostForm: lost,
    warnings: [...pictures.warnings, ...terms.warnings, ...aboutMissing(missing)],
    dropped: [...pictures.dropped, ...terms.dropped, ...(missing.length > 0 ? ['blocks'] : [])],
  };
}

function aboutMissing(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [
    `The article keeps blocks of a site in their place that this post does not have, so they were left out: ${names.join(', ')}.`,
  ];
}

/** What a post is made with; `own`: the article's featured image if it has one, and no card. */
export type SettledOptions = Required<Omit<PostOptions, 'sticky' | 'featuredImage'>> &
  Pick<PostOptions, 'sticky'> & { featuredImage: 'article' | 'own' | 'card' | 'none' };

/** The options of a publication over what the article brought with it, over the settings of its site. */
function settledOptions(delivery: Pick<Delivery, 'publication' | 'site' | 'article'>): SettledOptions {
  const { options } = delivery.publication;
  const usual = settingsOf(delivery.site);
  const { terms } = delivery.article;
  const { sticky, featuredImage = 'article' } = options;
  return {
    categories: options.categories ?? chosen(terms?.categories) ?? usual.categories,
    tags: options.tags ?? chosen(terms?.tags) ?? usual.tags,
    authorId: options.authorId === undefined ? usual.authorId : options.authorId,
    comments: options.comments ?? usual.comments,
    template: options.template === undefined ? usual.template : options.template,
    jsonLd: options.jsonLd ?? usual.jsonLd,
    featuredImage: featuredImage === 'article' && usual.featuredImage === 'none' ? 'own' : featuredImage,
    ...(sticky === undefined ? {} : { sticky }),
  };
}

const chosen = (names: string[] | undefined) => (names && names.length > 0 ? names : undefined);

/** The block with the article's structured data, where it is wanted, not the business of a plugin, and kept. */
async function structuredData(delivery: Delivery, options: SettledOptions): Promise<string | null> {
  const { jsonLd } = delivery.article;
  if (options.jsonLd !== 'auto' || jsonLd === null || Object.keys(jsonLd).length === 0) return null;
  if ((await seoPluginOfSite(delivery)) !== null || !(await mayUseScripts(delivery))) return null;
  return jsonLdBlock(jsonLd);
}
