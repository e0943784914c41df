import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import { hasMarker } from '../wordpress/blocks.ts';
import type { NewWordPressPost, WordPressClient, WordPressPost } from '../wordpress/client.ts';
import { siteCauseOf, siteError } from '../wordpress/site-error.ts';

/** What to place, and what is known of earlier attempts. */
export interface Placement {
  marker: string;
  post: NewWordPressPost;
  /** From an earlier delivery of the same publication. */
  remoteId: number | null;
  /** The status it was last sent or seen with, if any. */
  remoteStatus: string | null;
  /** Whether an earlier attempt may have made the post without our knowing. */
  mayExist: boolean;
}

/** What placing needs besides the site. */
export interface PlacementTools {
  client: Pick<WordPressClient, 'findByMarker' | 'createPost' | 'getPost' | 'call'>;
  /** Commits, before anything is sent, that from now on the post may exist (or, after a clear refusal, that it does not). */
  setMayExist(mayExist: boolean): Promise<void>;
  /** Waits before each further look for a post whose creation was not answered, in milliseconds. */
  settleMs: readonly number[];
  signal: AbortSignal;
}

/** The one post of the publication on its site; `how` it came about; `warnings` for its author. */
export interface PlacedPost {
  post: WordPressPost;
  how: 'created' | 'found';
  warnings: string[];
}

/**
 * Brings the post onto the site exactly once, whatever was lost on the way:
 *
 * 1. It looks for the marker first, always: also a first attempt may follow an unknown one, when the database was
 *    restored from a backup. What is there is adopted as it is; the text of a post is never written over.
 * 2. Before a second creation it looks several times over {@link PlacementTools.settleMs}: the request that went
 *    unanswered may still be at work on the site.
 * 3. That a creation is sent is committed before it is sent.
 * 4. After a creation that was not clearly answered or refused, it looks again before it gives up.
 *
 * Returns null when the post lies in the site's trash: someone put it there, and it is not ours to bring back.
 * @throws AppError of the WordPress client; nothing has been created then, or a later attempt will find it.
 */
export async function placePost(placement: Placement, tools: PlacementTools): Promise<PlacedPost | null> {
  const found = (await look(placement, tools)) ?? (placement.mayExist ? await settle(placement, tools) : undefined);
  if (found) return adopt(found, placement, tools);

  if (!placement.mayExist) await tools.setMayExist(true);
  let created: WordPressPost;
  try {
    created = await tools.client.createPost(placement.post);
    // A proxy or cache may answer with some other post; only what carries our mark is ours.
    if (!hasMarker(created.content, placement.marker)) throw notOurs(created);
  } catch (error) {
    tools.signal.throwIfAborted();
    if (clearlyRefused(error)) {
      if (!placement.mayExist) await tools.setMayExist(false);
      throw error;
    }
    const late = await settle(placement, tools);
    if (!late) throw error;
    return adopt(late, placement, tools);
  }
  return {
    post: created,
    how: 'created',
    warnings: [
      ...aboutAddress(placement.post.slug, created),
      ...aboutStatus(placement.post.status, created),
      ...(await lookForTwins(created, placement, tools)),
    ],
  };
}

/** Everything on the site that is this publication; undefined when there is nothing. */
async function look(placement: Placement, { client }: PlacementTools): Promise<WordPressPost[] | undefined> {
  const marked = await client.findByMarker(placement.marker);
  if (marked.length > 0) return marked;
  if (placement.remoteId === null) return undefined;
  // Someone may have removed the block that carried the marker; the post is still the one that we made.
  try {
    return [await client.getPost(placement.remoteId)];
  } catch (error) {
    if (siteCauseOf(error) === 'not_found') return undefined;
    throw error;
  }
}

/** Looks again and again while a creation of unknown fate may still be under way; a look that fails is not the last. */
async function settle(placement: Placement, tools: PlacementTools): Promise<WordPressPost[] | undefined> {
  let failure: unknown;
  for (const ms of tools.settleMs) {
    await sleep(ms, undefined, { signal: tools.signal });
    try {
      const found = await look(placement, tools);
      if (found) return found;
      failure = undefined;
    } catch (error) {
      tools.signal.throwIfAborted();
      if (!(error instanceof AppError && error.code === 'site_unreachable')) throw error;
      failure = error;
    }
  }
  // Only a site that could be asked in the end may be believed that there is nothing.
  if (failure !== undefined) throw failure;
  return undefined;
}

async function adopt(found: WordPressPost[], placement: Placement, tools: PlacementTools): Promise<PlacedPost | null> {
  const live = found.filter(({ status }) => status !== 'trash');
  const [first] = live;
  if (!first) return null;
  const mine = live.find(({ id }) => id === placement.remoteId) ?? first;
  // A draft that we sent as a draft, and whose publication has been asked for since: only its status changes.
  const ourDraft =
    placement.remoteStatus === 'draft' && (placement.remoteId === null || placement.remoteId === mine.id);
  const post =
    ourDraft && mine.status === 'draft' && placement.post.status === 'publish' ? await release(mine.id, tools) : mine;
  return {
    post,
    how: 'found',
    warnings: [
      ...aboutAddress(placement.post.slug, post),
      ...aboutStatus(placement.post.status, post),
      ...aboutTwins(post, live),
    ],
  };
}

/** Makes a draft public. Doing it twice is doing it once, so no look is needed before. */
async function release(id: number, { client }: PlacementTools): Promise<WordPressPost> {
  await client.call('POST', `/wp/v2/posts/${id}`, { parameters: { _fields: 'id' }, body: { status: 'publish' } });
  return client.getPost(id);
}

async function lookForTwins(created: WordPressPost, placement: Placement, tools: PlacementTools): Promise<string[]> {
  let failure: AppError | undefined;
  for (const ms of [0, ...tools.settleMs]) {
    try {
      await sleep(ms, undefined, { signal: tools.signal });
      const marked = await tools.client.findByMarker(placement.marker);
      if (marked.length === 0) await confirm(created, tools);
      const live = marked.filter(({ status }) => status !== 'trash');
      return aboutTwins(created, live);
    } catch (error) {
      tools.signal.throwIfAborted();
      if (!(error instanceof AppError) || error.details?.vanished) throw error;
      failure = error;
      if (!error.retryable) break;
    }
  }
  // The post is there and known; that the site could not be asked for a second one must not undo that.
  return [`Whether the site holds a second copy could not be checked: ${failure?.message}`];
}

/** A site may say that it created a post and hold none: something in front of it answers yes to everything. */
async function confirm(created: WordPressPost, { client }: PlacementTools): Promise<void> {
  try {
    const stored = await client.getPost(created.id);
    if (stored.id === created.id) return;
  } catch (error) {
    if (siteCauseOf(error) !== 'not_found') throw error;
  }
  throw siteError('answer_incomplete', `The site said that it had created post ${created.id}, but it is not there.`, {
    details: { mayHaveHappened: true, vanished: true },
  });
}

function notOurs(post: WordPressPost): AppError {
  return siteError(
    'answer_incomplete',
    `The site answered with another post (${post.id}) than the one that was sent.`,
    {
      details: { mayHaveHappened: true },
      hint: 'A cache or plugin answers in place of the REST API: exclude /wp-json/ from it. Nothing is sent twice.',
    },
  );
}

/** True only when the site (or the way to it) made certain that nothing was created. */
function clearlyRefused(error: unknown): boolean {
  return error instanceof AppError && error.details?.mayHaveHappened === false;
}

function aboutTwins(post: WordPressPost, live: readonly WordPressPost[]): string[] {
  const others = live.filter(({ id }) => id !== post.id);
  if (others.length === 0) return [];
  const where = others.map(({ id, link }) => `${id} (${link})`).join(', ');
  return [
    `The site holds this article more than once: besides post ${post.id} also ${where}. Delete what is too many there.`,
  ];
}

/** WordPress makes a taken address unique by a number at its end, and says nothing. */
function aboutAddress(wanted: string | undefined, post: WordPressPost): string[] {
  const stored = decoded(post.slug);
  // A draft may have no address yet.
  if (wanted === undefined || stored === wanted || stored === '') return [];
  const numbered = stored.startsWith(`${wanted}-`) && /^\d+$/.test(stored.slice(wanted.length + 1));
  return [
    numbered
      ? `The address “${wanted}” was taken on the site; the post has “${stored}” instead.`
      : `The site changed the address “${wanted}” to “${stored}”.`,
  ];
}

function aboutStatus(wanted: string, post: WordPressPost): string[] {
  if (post.status === wanted) return [];
  return [
    `The post was to be “${wanted}”, but on the site it is “${post.status}”. Change it there if that is not meant.`,
  ];
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
