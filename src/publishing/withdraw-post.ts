import { siteError } from '../wordpress/site-error.ts';
import { sameTexts } from './changes.ts';
import type { Delivery, TaskResult } from './delivery.ts';
import { convertedTo, findPost, knownBase } from './find-post.ts';
import { stopped } from './stopped.ts';

/**
 * Takes a post back to a draft. Its text stays as it is, edits of a person included; one that is not public any more, or
 * gone, is left alone.
 * @throws AppError of the WordPress client; site_rejected when the site keeps it public.
 */
export async function unpublishPost(delivery: Delivery): Promise<TaskResult> {
  const theirs = await findPost(delivery);
  if (!theirs) return gone(delivery);
  const isPublic = theirs.status === 'publish' || theirs.status === 'future';
  if (!isPublic) return { kind: 'withdrawn', post: theirs, warnings: [] };
  const post = await delivery.client.updatePost(theirs.id, { status: 'draft' });
  if (post.status === theirs.status) {
    throw siteError('rejected', `The site left the post “${post.status}” although it was asked to make it a draft.`, {
      hint: 'A plugin may hold on to the status, or the user may not edit published posts: look at the post in WordPress.',
    });
  }
  return { kind: 'withdrawn', post, warnings: [] };
}

/**
 * Puts a post into the site's trash, from where it can be restored; never deletes for good. A post whose text a person has
 * edited since we wrote it is left alone, unless it was asked for with `even_if_edited`.
 * @throws AppError of the WordPress client.
 */
export async function trashPost(delivery: Delivery): Promise<TaskResult> {
  const { client, publication } = delivery;
  const theirs = await findPost(delivery);
  if (!theirs) return gone(delivery);
  if (theirs.status === 'trash') return { kind: 'withdrawn', post: theirs, warnings: [] };
  if (!publication.evenIfEdited) {
    const { base } = await knownBase(delivery, theirs);
    if (!base || !sameTexts(base, theirs)) return stopped(delivery, theirs, 'edited');
  }
  await client.trashPost(theirs.id);
  return { kind: 'withdrawn', post: await client.getPost(theirs.id), warnings: [] };
}

/** There is nothing to take down where the post is gone; one that is something else now is not ours to take down. */
async function gone(delivery: Delivery): Promise<TaskResult> {
  const other = await convertedTo(delivery);
  if (other !== null) return stopped(delivery, null, 'converted', { other });
  return { kind: 'withdrawn', post: null, warnings: [] };
}
