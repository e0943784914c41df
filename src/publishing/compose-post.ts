import { renderMarkdown } from '../articles/markdown.ts';
import { publicationMarker, toBlocks } from '../wordpress/blocks.ts';
import type { NewWordPressPost } from '../wordpress/client.ts';
import type { Delivery } from './delivery.ts';

/** The post as it is to be, and what its author should know of how it came about. */
export interface ComposedPost {
  post: NewWordPressPost;
  warnings: string[];
}

/** Makes the post of a publication out of its article, the settings of its site and its own options. */
export async function composePost({
  article,
  publication,
  site,
}: Pick<Delivery, 'article' | 'publication' | 'site'>): Promise<ComposedPost> {
  const { tree } = renderMarkdown(article.markdown, { ownHosts: [new URL(site.url).hostname] });
  return {
    post: {
      title: article.title,
      slug: article.slug,
      excerpt: article.excerpt,
      content: toBlocks(tree, { publicationMarker: publicationMarker(publication.id) }),
      // A time in the future was waited for here: WordPress's own clock needs visitors to go round.
      status: publication.wanted === 'draft' ? 'draft' : 'publish',
    },
    warnings: [],
  };
}
