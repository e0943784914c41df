import { keptBlocksIn } from '../articles/markdown.ts';
import type { NewWordPressPost, WordPressPost } from '../wordpress/client.ts';
import { type SeoMeta, seoKeys } from '../wordpress/seo-meta.ts';
import {
  type Changes,
  changedMeanwhile,
  compareFields,
  isUnchanged,
  nextBase,
  type ThreePosts,
  textFields,
} from './changes.ts';
import { completePost } from './complete-post.ts';
import { type ComposedPost, composePost } from './compose-post.ts';
import type { Delivery, TaskResult } from './delivery.ts';
import { findPost, type KnownBase, knownBase } from './find-post.ts';
import { readPost } from './from-blocks.ts';
import { restoreLateEdit } from './late-edits.ts';
import { nameFields } from './name-fields.ts';
import { compareSeo, nextSeo, readPostSeo, type SeoName, seoNames } from './post-seo.ts';
import { aboutStatus } from './read-back.ts';
import { optionFields, type PostOptionsSent, type PostSeo, type SeenPost } from './schema.ts';
import { mayUseScripts } from './site-memory.ts';
import { listFields, stopped, stoppedAsGone } from './stopped.ts';
import { writePost } from './write-post.ts';

/** A person would have to save between each of so many looks and the write after it. */
const looks = 3;

/**
 * Brings a post that is known up to date with its article, and never makes one. What only we changed is sent, what only a
 * person changed on the site is left alone; what both changed stops it, as do a post in the trash and one that is gone.
 * Right before the write the post is looked at once more, and compared anew when somebody has saved it meanwhile.
 * Doing it again is harmless: what has arrived is not sent a second time.
 * @throws AppError of the WordPress client.
 */
export async function updatePost(delivery: Delivery): Promise<TaskResult> {
  let theirs = await findPost(delivery);
  for (let look = 1; ; look += 1) {
    if (!theirs) return stoppedAsGone(delivery);
    const ended = await attempt(delivery, theirs, { last: look === looks });
    if ('kind' in ended) return ended;
    theirs = ended.changed;
  }
}

/** Compares and writes; gives the post back when it has changed between the two. */
async function attempt(
  delivery: Delivery,
  found: WordPressPost,
  { last }: { last: boolean },
): Promise<TaskResult | { changed: WordPressPost | null }> {
  const { publication, article, client } = delivery;
  const known = await knownBase(delivery, found);
  const { base, revision } = known;
  const baseStatus = publication.sent?.status ?? publication.remoteStatus;
  if (found.status === 'trash' && baseStatus !== 'trash') return stopped(delivery, found, 'trashed');

  const read = await readPostSeo(delivery, found.id);
  const theirs: SeenPost = read.seo ? { ...found, seo: read.seo } : found;
  const composed = await composePost(delivery, { existing: true, standing: theirs, base, form: true });
  const { post: ours } = composed;
  const posts: ThreePosts = {
    base,
    baseStatus,
    theirs,
    ours,
    textChanged: revision && !sameWords(revision, article),
    slugChanged: revision && revision.fields.slug !== article.slug,
  };
  const changes = compareFields(posts);
  const seo = read.seo
    ? compareSeo({ base, theirs: read.seo, ours: composed.seo, sentFields: revision?.fields ?? null })
    : { send: {}, conflicts: [], kept: [] };
  const conflicts = [...changes.conflicts, ...seo.conflicts];
  const endangered = 'content' in changes.send ? await endangeredBlocks(delivery, theirs, composed, known) : null;
  if (conflicts.length > 0 || endangered) {
    const wanted = { ...optionsOf(ours), seo: composed.seo };
    return stopped(delivery, theirs, 'edited', { fields: await nameFields(client, conflicts), wanted, endangered });
  }

  const sends = Object.keys(changes.send).length > 0;
  let before: WordPressPost = theirs;
  if (sends) {
    const now = await findPost(delivery);
    if (!now || !isUnchanged(theirs, now)) {
      return last && now ? stopped(delivery, now, 'edited', { late: true, wanted: optionsOf(ours) }) : { changed: now };
    }
    before = now;
  }
  const written = await writePost({ ...composed, post: changes.send }, async (fields) =>
    sends ? client.updatePost(theirs.id, fields) : theirs,
  );
  const warnings: string[] = [];
  if ('content' in changes.send) {
    warnings.push(...aboutRemoved(known, article));
    if (!base?.accepted && composed.lostForm.length > 0) {
      warnings.push(
        `Formatting on the site that an article cannot hold went where the words were changed: ${composed.lostForm.join(', ')}.`,
      );
    }
  }
  let unseen = false;
  const wroteText = textFields.some((name) => name in changes.send);
  if (wroteText || (changes.arrived && base)) {
    // What arrived without our knowing was written over what we had compared with then: the base.
    const compared = wroteText ? before : (publication.sent as unknown as WordPressPost);
    const edit = await restoreLateEdit(client, compared, written.stored);
    if (edit.restored) {
      return stopped(delivery, edit.restored, 'edited', { late: true, wanted: optionsOf(ours) });
    }
    unseen = edit.unseen && !delivery.site.toldOfRevisions;
    if (unseen) warnings.push(noRevisions);
    if (edit.unsavedAt) warnings.push(aboutUnsaved(edit.unsavedAt));
  }
  const late = await seoMeanwhile(delivery, read.seo, seo.send, theirs.id);
  const meanwhile = sends ? changedMeanwhile(posts, written.stored, written.composed.post) : [];
  // Structured data stands in the text: where that was left alone there is nothing of it to look after.
  const jsonLd = 'content' in changes.send ? composed.jsonLd : null;
  const completed = await completePost(delivery, { ...written.composed, jsonLd }, written.stored, {
    send: late.send,
    standing: late.seo,
  });
  const { post } = completed;
  const next = nextBase(posts, post, changes.kept, meanwhile);
  const nextTexts = completed.seo && nextSeo(base?.seo, completed.seo, composed.seo, [...seo.kept, ...late.kept]);
  return {
    kind: 'done',
    post,
    warnings: [
      ...completed.warnings,
      ...read.warnings,
      ...warnings,
      ...aboutKept([...changes.kept, ...seo.kept, ...late.kept, ...meanwhile]),
      ...statusWarning(ours.status, post, changes),
    ],
    dropped: completed.dropped,
    base: { ...next, ...(nextTexts ? { seo: nextTexts } : base?.seo ? { seo: base.seo } : {}) },
    ...(unseen ? { toldOfRevisions: true } : {}),
  };
}

/** The texts for search engines that are still to be written, right before that: what was changed meanwhile stays. */
async function seoMeanwhile(
  delivery: Delivery,
  seen: PostSeo | null,
  send: Partial<SeoMeta>,
  postId: number,
): Promise<{ send: Partial<SeoMeta>; seo: PostSeo | null; kept: SeoName[] }> {
  const keys = seoKeys.filter((key) => send[key] !== undefined);
  if (!seen || keys.length === 0) return { send, seo: seen, kept: [] };
  const { seo } = await readPostSeo(delivery, postId);
  const changed = keys.filter((key) => !seo || seo.texts[key] !== seen.texts[key]);
  const still = keys.filter((key) => !changed.includes(key));
  return {
    send: Object.fromEntries(still.map((key) => [key, send[key]])),
    seo: seo ?? seen,
    kept: changed.map((key) => seoNames[key]),
  };
}

const noRevisions =
  'This site keeps too few revisions of its posts, so an edit that is saved at the very moment of one of our updates could not be noticed. This is said once; to be safe, let WordPress keep revisions (WP_POST_REVISIONS of 3 or more).';

const aboutUnsaved = (at: Date) =>
  `Somebody has unsaved changes to this post open in WordPress (last stored there by itself at ${at.toISOString().slice(11, 16)} UTC). If they are saved, they replace this update; the next update would notice it.`;

/** What the post was to have beside its text. */
function optionsOf(ours: NewWordPressPost): PostOptionsSent {
  const set = optionFields.filter((name) => ours[name] !== undefined);
  return Object.fromEntries(set.map((name) => [name, ours[name]]));
}

/**
 * Blocks that a person made on the site and that a new text of ours would destroy, in words; null when there are none. Those
 * that the article names are taken over as they are, unless WordPress would filter them out of what our user writes.
 */
async function endangeredBlocks(
  delivery: Delivery,
  theirs: WordPressPost,
  { kept }: ComposedPost,
  { base, revision }: KnownBase,
): Promise<string | null> {
  const filtered = kept.filter(({ raw }) => filterable.test(raw)).map(({ name }) => name);
  if (filtered.length > 0 && !(await mayUseScripts(delivery))) {
    return `WordPress would filter what the connected user may not write out of blocks that are to stay (${filtered.join(', ')})`;
  }
  if (base?.accepted || revision === null) return null;
  const unknown = readPost(revision.markdown, theirs.content, base?.content).foreign.map(({ name }) => name);
  return unknown.length === 0
    ? null
    : `the update would remove blocks that the article does not know (${unknown.join(', ')})`;
}

/** What the filters of a role without `unfiltered_html` take out of a text. */
const filterable = /<(?:script|style|iframe|object|embed|form|input|select|textarea|svg|canvas)\b|\son\w+\s*=/i;

/** What was said to stay as it is on the site and is not named in the article any more. */
function aboutRemoved({ revision }: KnownBase, article: Delivery['article']): string[] {
  const still = new Set(keptBlocksIn(article.markdown).map(({ digest }) => digest));
  const gone = keptBlocksIn(revision?.markdown ?? '').filter(({ digest }) => !still.has(digest));
  if (gone.length === 0) return [];
  return [`No longer in the article, and so removed from the post: ${gone.map(({ name }) => name).join(', ')}.`];
}

function sameWords(
  revision: { title: string; markdown: string; fields: { excerpt: string } },
  article: Delivery['article'],
): boolean {
  return (
    revision.title === article.title &&
    revision.markdown === article.markdown &&
    revision.fields.excerpt === article.excerpt
  );
}

function aboutKept(kept: readonly string[]): string[] {
  if (kept.length === 0) return [];
  return [`Changed on the site by a person, and left as it is there: ${listFields([...new Set(kept)])}.`];
}

/** Of a status that was not sent; one that was is read back with the rest. */
function statusWarning(wanted: string, post: WordPressPost, { send }: Changes): string[] {
  return post.status === wanted || 'status' in send ? [] : [aboutStatus(wanted, post)];
}
