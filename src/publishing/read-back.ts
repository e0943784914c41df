import type { PostFields, WordPressPost } from '../wordpress/client.ts';
import { sameText } from '../wordpress/plain-text.ts';

/** What a site did not keep of a post: fields by name, and the same in words. */
export interface ReadBack {
  dropped: string[];
  warnings: string[];
}

/** Fields with a value of their own, their names outside, and how they are called in a sentence. */
const plainFields = [
  ['author', 'author', 'the author', 'The connected user is its author.'],
  ['featuredMedia', 'featuredImage', 'the featured image', ''],
  ['comments', 'comments', 'whether comments are open', ''],
  ['template', 'template', 'the template', ''],
  ['sticky', 'sticky', 'that it stays at the top', ''],
] as const;

/**
 * Compares what the site stored with what it was sent, field by field. What the site does not tell is not held against
 * it; what was not sent is the site's own business.
 */
export function compareStored(sent: PostFields, stored: WordPressPost): ReadBack {
  const dropped: string[] = [];
  const warnings: string[] = [];
  const report = (field: string, ...words: string[]) => {
    dropped.push(field);
    warnings.push(...words);
  };
  const changed = (field: string, what: string) =>
    report(field, `The site stored ${what} in another form than it was sent; a plugin or the user’s role changes it.`);
  if (sent.title !== undefined && !sameText(stored.title, sent.title)) changed('title', 'the title');
  if (sent.content !== undefined && stored.content.trim() !== sent.content.trim()) changed('content', 'the text');
  if (sent.excerpt !== undefined && !sameText(stored.excerpt, sent.excerpt)) changed('excerpt', 'the excerpt');
  const slug = aboutAddress(sent.slug, stored);
  if (slug) report('slug', slug);
  if (sent.status !== undefined && stored.status !== sent.status) report('status', aboutStatus(sent.status, stored));
  for (const taxonomy of ['categories', 'tags'] as const) {
    const lost = missingIds(sent[taxonomy], stored[taxonomy]);
    if (lost.length > 0) report(taxonomy, `The site left out ${lost.length} of the ${taxonomy} of the post.`);
  }
  for (const [field, name, words, more] of plainFields) {
    const [wanted, kept] = [sent[field], stored[field]];
    if (wanted === undefined || kept === null || kept === wanted) continue;
    report(name, `The site did not keep ${words}.${more && ` ${more}`}`);
  }
  return { dropped, warnings };
}

/** The ids of terms that were sent and are not stored. */
export function missingIds(sent: readonly number[] | undefined, stored: readonly number[]): number[] {
  return (sent ?? []).filter((id) => !stored.includes(id));
}

/** WordPress makes a taken address unique by a number at its end, and says nothing. */
export function aboutAddress(wanted: string | undefined, post: WordPressPost): string | undefined {
  const stored = decoded(post.slug);
  // A draft may have no address yet.
  if (wanted === undefined || stored === wanted || stored === '') return undefined;
  const numbered = stored.startsWith(`${wanted}-`) && /^\d+$/.test(stored.slice(wanted.length + 1));
  return numbered
    ? `The address “${wanted}” was taken on the site; the post has “${stored}” instead.`
    : `The site changed the address “${wanted}” to “${stored}”.`;
}

export function aboutStatus(wanted: string, post: WordPressPost): string {
  return `The post was to be “${wanted}”, but on the site it is “${post.status}”. Change it there if that is not meant.`;
}

/** WordPress keeps other scripts than Latin percent-encoded. */
function decoded(slug: string): string {
  try {
    return decodeURIComponent(slug);
  } catch (error) {
    // Cut in the middle of a letter, at 200 bytes.
    if (error instanceof URIError) return slug;
    throw error;
  }
}
