import { escapeText } from '../wordpress/block-markup.ts';
import type { NewWordPressPost, PostFields, WordPressPost } from '../wordpress/client.ts';
import { plainText, readSlug, sameContent, sameLine } from '../wordpress/same-post.ts';
import { type ConflictField, optionFields, type SentPost } from './schema.ts';

/** What is compared: the post as we last wrote it, as it stands on the site, and as it is to be. */
export interface ThreePosts {
  /** Null when it is not known what we last wrote. */
  base: SentPost | null;
  /** The status that we last left it in, which is known even where the base is not. */
  baseStatus: string | null;
  theirs: WordPressPost;
  ours: NewWordPressPost;
  /** Whether the article's own title, text or excerpt, and its address, have changed since; null when not known. */
  textChanged: boolean | null;
  slugChanged: boolean | null;
}

export interface Changes {
  /** What only we have changed. */
  send: PostFields;
  /** What was changed on both sides. */
  conflicts: ConflictField[];
  /** Names of what only a person has changed on the site; it is left alone. */
  kept: (keyof PostFields)[];
  /** Title, text and excerpt on the site are ours already, although we do not know of having written them. */
  arrived: boolean;
}

export const textFields = ['title', 'excerpt', 'content'] as const;
type Text = Pick<WordPressPost, (typeof textFields)[number]>;

/** Whether two posts read the same in a field of their text. */
export function sameText(a: Text, b: Text, name: (typeof textFields)[number]): boolean {
  return name === 'content' ? sameContent(a.content, b.content) : sameLine(a[name], b[name]);
}
export const sameTexts = (a: Text, b: Text): boolean => textFields.every((name) => sameText(a, b, name));

/** Our text as the site would hold it. */
export const asStored = ({
  title,
  excerpt = '',
  content,
}: Pick<NewWordPressPost, 'title' | 'excerpt' | 'content'>) => ({
  title: escapeText(title),
  excerpt: escapeText(excerpt),
  content,
});

/**
 * Compares field by field. What only we changed is to be sent; what only they changed is left alone; what both made the
 * same is done; what both changed differently is a conflict. Title, text and excerpt count as one: a new title of ours over
 * a text of theirs would be neither's.
 */
export function compareFields(posts: ThreePosts): Changes {
  const changes: Changes = { send: {}, conflicts: [], kept: [], arrived: false };
  compareText(posts, changes);
  compareSlug(posts, changes);
  compareStatus(posts, changes);
  for (const name of optionFields) compareOption(posts, name, changes);
  return changes;
}

function compareText({ base, theirs, ours, textChanged }: ThreePosts, changes: Changes): void {
  const wanted = asStored(ours);
  const different = textFields.filter((name) => !sameText(wanted, theirs, name));
  if (different.length === 0) {
    changes.arrived = base !== null && !sameTexts(base, theirs);
    return;
  }
  const theyChanged = base === null || !sameTexts(base, theirs);
  const weChanged = textChanged ?? (base === null || !sameTexts(base, wanted));
  if (!theyChanged && weChanged) {
    for (const name of different) changes.send[name] = name === 'excerpt' ? (ours.excerpt ?? '') : ours[name];
  } else if (theyChanged && !weChanged) {
    changes.kept.push(...different);
  } else if (theyChanged) {
    for (const name of different) {
      const words = (post: Text | null) => (post === null ? null : name === 'content' ? '' : plainText(post[name]));
      changes.conflicts.push({ name, base: words(base), ours: words(wanted), theirs: words(theirs) });
    }
  }
}

/** WordPress marks the addresses of what lies in the trash. */
const slugOf = (post: Pick<WordPressPost, 'slug'>) => readSlug(post.slug).replace(/__trashed(?:-\d+)?$/, '');

function compareSlug({ base, theirs, ours, slugChanged }: ThreePosts, changes: Changes): void {
  if (ours.slug === undefined || slugOf(theirs) === ours.slug) return;
  const before = base && slugOf(base);
  const theyChanged = before === null || before !== slugOf(theirs);
  const weChanged = slugChanged ?? (before !== null && before !== ours.slug);
  if (weChanged && !theyChanged) changes.send.slug = ours.slug;
  else if (weChanged) changes.conflicts.push({ name: 'slug', base: before, ours: ours.slug, theirs: slugOf(theirs) });
  else if (theyChanged) changes.kept.push('slug');
}

function compareStatus({ baseStatus, theirs, ours }: ThreePosts, changes: Changes): void {
  if (theirs.status === ours.status) return;
  const theyChanged = baseStatus !== theirs.status;
  // A wish for a draft never takes down what is public: that is a request of its own.
  if (ours.status === 'draft') {
    if (theirs.status === 'trash') {
      if (theyChanged) changes.conflicts.push(statusConflict(baseStatus, ours.status, theirs.status));
      else changes.send.status = 'draft';
    } else if (theyChanged) changes.kept.push('status');
    return;
  }
  if (theyChanged) changes.conflicts.push(statusConflict(baseStatus, ours.status, theirs.status));
  else changes.send.status = ours.status;
}

const statusConflict = (base: string | null, ours: string, theirs: string) => ({ name: 'status', base, ours, theirs });

function compareOption(
  { base, theirs, ours }: ThreePosts,
  name: (typeof optionFields)[number],
  changes: Changes,
): void {
  const [before, there, wanted] = [base?.[name] ?? null, theirs[name], ours[name]];
  // What the site does not tell cannot be compared, and so is not written over.
  if (wanted === undefined || there === null || words(there) === words(wanted)) return;
  const theyChanged = before === null || words(before) !== words(there);
  const weChanged = before !== null && words(before) !== words(wanted);
  if (weChanged && !theyChanged) Object.assign(changes.send, { [name]: wanted });
  else if (weChanged) {
    changes.conflicts.push({ name, base: words(before), ours: words(wanted), theirs: words(there) });
  } else changes.kept.push(name);
}

function words(value: unknown): string {
  return Array.isArray(value) ? value.toSorted((a, b) => Number(a) - Number(b)).join(', ') : String(value ?? '');
}

/** Names of what a person changed between our look and our write, and that was not written over. */
export function changedMeanwhile({ theirs }: ThreePosts, post: WordPressPost, sent: PostFields): (keyof PostFields)[] {
  const texts = textFields.filter((name) => !(name in sent) && !sameText(theirs, post, name));
  const slug = !('slug' in sent) && !('status' in sent) && slugOf(theirs) !== slugOf(post) ? (['slug'] as const) : [];
  const options = optionFields.filter(
    (name) => !(name in sent) && post[name] !== null && words(theirs[name]) !== words(post[name]),
  );
  return [...texts, ...slug, ...options];
}

/**
 * The base for the next comparison: the post as it is now, but where a person's change was left alone, what it was before
 * that. Otherwise their change would be taken for ours next time, and be written over.
 * @param kept what was changed before we looked
 * @param late what was changed after that, by {@link changedMeanwhile}
 */
export function nextBase(
  { base, theirs, ours }: ThreePosts,
  post: WordPressPost,
  kept: Changes['kept'],
  late: Changes['kept'] = [],
): SentPost {
  const next: SentPost = { ...post };
  for (const name of late) Object.assign(next, { [name]: theirs[name as keyof WordPressPost] });
  for (const name of kept) {
    if (base) Object.assign(next, { [name]: base[name as keyof SentPost] });
    else if (!isText(name)) Object.assign(next, { [name]: ours[name] });
  }
  // Kept together, because they are compared together.
  if (base && kept.some(isText)) for (const name of textFields) next[name] = base[name];
  return next;
}

/** Whether a post is still what was compared: what is compared of it, and when it was last saved. */
export function isUnchanged(seen: WordPressPost, now: WordPressPost): boolean {
  const fields = ['status', 'slug', 'title', 'content', 'excerpt', 'dateGmt', 'modifiedGmt'] as const;
  return (
    fields.every((name) => seen[name] === now[name]) &&
    optionFields.every((name) => words(seen[name]) === words(now[name]))
  );
}

const isText = (name: string): boolean => textFields.some((one) => one === name);
