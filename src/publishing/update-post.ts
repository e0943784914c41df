import { AppError } from '../errors.ts';
import type { WordPressPost } from '../wordpress/client.ts';
import type { SeoMeta } from '../wordpress/seo-meta.ts';
import { type Changes, compareFields, nextBase, type ThreePosts, textFields } from './changes.ts';
import { completePost } from './complete-post.ts';
import { composePost } from './compose-post.ts';
import type { Delivery, TaskResult } from './delivery.ts';
import { findPost, type KnownBase, knownBase } from './find-post.ts';
import { restoreLateEdit } from './late-edits.ts';
import { nameFields } from './name-fields.ts';
import { aboutStatus } from './read-back.ts';
import type { StoredConflict } from './schema.ts';
import { writePost } from './write-post.ts';

/**
 * Brings a post that is known up to date with its article, and never makes one. What only we changed is sent, what only a
 * person changed on the site is left alone; what both changed stops it, as do a post in the trash and one that is gone.
 * Doing it again is harmless: what has arrived is not sent a second time.
 * @throws AppError of the WordPress client.
 */
export async function updatePost(delivery: Delivery): Promise<TaskResult> {
  const { publication, article, client } = delivery;
  const theirs = await findPost(delivery);
  if (!theirs) return stopped(delivery, null, 'deleted');
  const { base, revision } = await knownBase(delivery, theirs);
  const baseStatus = publication.sent?.status ?? publication.remoteStatus;
  if (theirs.status === 'trash' && baseStatus !== 'trash') return stopped(delivery, theirs, 'trashed');

  const composed = await composePost(delivery, { existing: true });
  const { post: ours } = composed;
  const warnings: string[] = [];
  const posts: ThreePosts = {
    base,
    baseStatus,
    theirs,
    ours,
    textChanged: revision && !sameWords(revision, article),
    slugChanged: revision && revision.fields.slug !== article.slug,
  };
  const changes = compareFields(posts);
  if (changes.conflicts.length > 0) {
    return stopped(delivery, theirs, 'edited', { fields: await nameFields(client, changes.conflicts) });
  }

  const sends = Object.keys(changes.send).length > 0;
  const written = await writePost({ ...composed, post: changes.send }, async (fields) =>
    sends ? client.updatePost(theirs.id, fields) : theirs,
  );
  const wroteText = textFields.some((name) => name in changes.send);
  if (wroteText || (changes.arrived && publication.sent)) {
    // What arrived without our knowing was written over what we had compared with then: the base.
    const before = wroteText ? theirs : (publication.sent as WordPressPost);
    const late = await restoreLateEdit(client, before, written.stored);
    if (late.restored) return stopped(delivery, late.restored, 'edited', { fields: [], late: true });
    warnings.push(...late.warnings);
  }
  // Structured data stands in the text: where that was left alone there is nothing of it to look after.
  const jsonLd = 'content' in changes.send ? composed.jsonLd : null;
  const seo = changedSeo(revision, composed.seo);
  const completed = await completePost(delivery, { ...written.composed, jsonLd, seo }, written.stored);
  const { post } = completed;
  return {
    kind: 'done',
    post,
    warnings: [
      ...completed.warnings,
      ...warnings,
      ...aboutKept(changes.kept),
      ...statusWarning(ours.status, post, changes),
    ],
    dropped: completed.dropped,
    base: nextBase(posts, post, changes.kept),
  };
}

/** The texts for search engines that changed here; what did not may have been changed in the plugin on the site. */
function changedSeo(revision: KnownBase['revision'], ours: SeoMeta): SeoMeta {
  const before = revision?.fields;
  const changed = (mine: string, was: string | undefined) => (was === undefined || mine === was ? '' : mine);
  return {
    title: changed(ours.title, before?.metaTitle),
    description: changed(ours.description, before?.metaDescription),
    keyword: changed(ours.keyword, before?.keyword),
  };
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

const names: Readonly<Record<string, string>> = {
  title: 'title',
  excerpt: 'excerpt',
  content: 'text',
  slug: 'address',
  status: 'status',
  categories: 'categories',
  tags: 'tags',
  author: 'author',
  featuredMedia: 'featured image',
  comments: 'comments',
  template: 'template',
  sticky: 'pin',
};

/** Names of fields in words, as in “the title, the text and the tags”. */
export function listFields(fields: readonly string[]): string {
  const said = fields.map((name) => `the ${names[name] ?? name}`);
  return said.length < 2 ? said.join('') : `${said.slice(0, -1).join(', ')} and ${said.at(-1)}`;
}

function aboutKept(kept: Changes['kept']): string[] {
  if (kept.length === 0) return [];
  return [`Changed on the site by a person, and left as it is there: ${listFields(kept)}.`];
}

/** Of a status that was not sent; one that was is read back with the rest. */
function statusWarning(wanted: string, post: WordPressPost, { send }: Changes): string[] {
  return post.status === wanted || 'status' in send ? [] : [aboutStatus(wanted, post)];
}

/** The end of a task that only a person can take further. */
export function stopped(
  { site }: Pick<Delivery, 'site'>,
  theirs: WordPressPost | null,
  kind: StoredConflict['kind'],
  { fields = [], late = false }: Partial<Pick<StoredConflict, 'fields' | 'late'>> = {},
): TaskResult {
  const where = `“${site.name}”`;
  const hint = 'Open the publication to compare both versions and choose one, or a mixture. Nothing was overwritten.';
  const error = {
    edited: () =>
      late
        ? new AppError(
            'conflict',
            `Somebody edited the post on ${where} at the moment of the update; the edit was kept.`,
            { hint },
          )
        : new AppError(
            'conflict',
            `Changed both here and on ${where}: ${listFields(fields.map(({ name }) => name))}. The post was left as it is.`,
            { hint },
          ),
    trashed: () =>
      new AppError('conflict', `The post lies in the trash of ${where}; it was left there.`, {
        hint: 'Open the publication to take it out of the trash, or to leave it there. Restoring it in WordPress under Posts > Trash and retrying works as well.',
      }),
    deleted: () =>
      new AppError('conflict', `The post was deleted on ${where}; it was not made anew.`, {
        hint: 'Open the publication to publish the article there again, or to leave it deleted.',
      }),
  }[kind]();
  return { kind: 'conflict', error, theirs, conflict: { kind, fields, late } };
}
