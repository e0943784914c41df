import { AppError } from '../errors.ts';
import type { PostFields, WordPressPost } from '../wordpress/client.ts';
import type { ComposedPost } from './compose-post.ts';

/** A field that a site may refuse the whole post for: by which answer that is known, and what is said then. */
interface Refusable {
  field: keyof PostFields;
  name: string;
  codes: readonly string[];
  warning: string;
}

const refusable: readonly Refusable[] = [
  {
    field: 'author',
    name: 'author',
    codes: ['rest_invalid_author', 'rest_cannot_edit_others'],
    warning:
      'The author that was asked for is not known on the site, or may not be set by the connected user, who is the author instead.',
  },
  {
    field: 'template',
    name: 'template',
    codes: [],
    warning: 'The theme of the site does not have the template that was asked for; the post has the usual one.',
  },
  {
    field: 'sticky',
    name: 'sticky',
    codes: ['rest_cannot_assign_sticky'],
    warning: 'The connected user may not let a post stay at the top of the site.',
  },
  {
    field: 'featuredMedia',
    name: 'featuredImage',
    codes: ['rest_invalid_featured_media'],
    warning: 'The site did not accept the featured image; the post goes without.',
  },
];
/** Both taxonomies share one answer. */
const termsRefused = 'rest_cannot_assign_term';
/** How the REST API names what it refuses. */
const parameterNames: Readonly<Record<string, string>> = {
  featured_media: 'featuredMedia',
  comment_status: 'comments',
};

/**
 * Sends a composed post by `send`, and once more without what the site refuses the whole post for: a template that the
 * theme does not have, an author who does not exist. A refusal of that kind comes before anything was stored, so nothing is made twice.
 * Returns what was sent in the end with what had to go, and what `send` gave.
 * @throws AppError of `send`
 */
export async function writePost<Post extends PostFields>(
  composed: ComposedPost<Post>,
  send: (post: Post) => Promise<WordPressPost>,
): Promise<{ composed: ComposedPost<Post>; stored: WordPressPost }> {
  let current = composed;
  for (;;) {
    try {
      return { composed: current, stored: await send(current.post) };
    } catch (error) {
      const less = withoutRefused(current, error);
      if (less === null) throw error;
      current = less;
    }
  }
}

/** The post without what the answer refuses; null when it is not about a field that the post can go without. */
function withoutRefused<Post extends PostFields>(
  composed: ComposedPost<Post>,
  error: unknown,
): ComposedPost<Post> | null {
  if (!(error instanceof AppError) || error.details?.mayHaveHappened !== false) return null;
  const { wordpressCode, parameters } = error.details;
  if (wordpressCode === termsRefused) {
    const { categories, tags, ...post } = composed.post;
    if (!categories && !tags) return null;
    return {
      ...composed,
      post: post as unknown as Post,
      warnings: [...composed.warnings, 'The connected user may not give posts categories or tags.'],
      dropped: [...composed.dropped, ...(categories ? ['categories'] : []), ...(tags ? ['tags'] : [])],
    };
  }
  const named = Array.isArray(parameters) ? parameters.map((name) => parameterNames[name] ?? name) : [];
  const refused = refusable.find(
    ({ field, codes }) =>
      composed.post[field] !== undefined && (codes.includes(String(wordpressCode)) || named.includes(field)),
  );
  if (!refused) return null;
  const { [refused.field]: _, ...post } = composed.post;
  return {
    ...composed,
    post: post as unknown as Post,
    warnings: [...composed.warnings, refused.warning],
    dropped: [...composed.dropped, refused.name],
  };
}
