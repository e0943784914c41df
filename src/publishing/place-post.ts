import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import { hasMarker } from '../wordpress/blocks.ts';
import type { NewWordPressPost, WordPressClient, WordPressPost } from '../wordpress/client.ts';
import { siteCauseOf, siteError } from '../wordpress/site-error.ts';
import type { ComposedPost } from './compose-post.ts';
import { together } from './in-parallel.ts';
import { clearlyRefused, settle } from './settle.ts';

import { writePost } from './write-post.ts';

/** What to place, and what is known of earlier attempts. */
export interface Placement {
  marker: string;
  /** The address and status that the post is to have. */
  wanted: Pick<NewWordPressPost, 'slug' | 'status'>;
  /** From an earlier delivery of the same publication. */
  remoteId: number | null;
  /** The status it was last sent or seen with, if any. */
  remoteStatus: string | null;
  /** Whether an earlier attempt may have made the post without our knowing. */
  mayExist: boolean;
  /** True when nothing can have been sent before: not by this database, and not by one that it was restored from. */
  fresh: boolean;
}

/** What placing needs besides the site. */
export interface PlacementTools {
  client: Pick<WordPressClient, 'findByMarker' | 'createPost' | 'getPost' | 'call'>;
  /** Makes the post, when it has to be created; with it whatever it needs on the site. */
  compose(): Promise<ComposedPost>;
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
  /** What was sent; null for a post that was there and not composed anew. */
  composed: ComposedPost | null;
  /** True when a draft was made public. */
  released: boolean;
  warnings: string[];
}

/**
 * Brings the post onto the site exactly once, whatever was lost on the way:
 *
 * 1. It looks for the marker before it creates, always: also a first attempt may follow an unknown one, when the database was
 *    restored from a backup. What is there is adopted as it is; the text of a post is never written over.
 * 2. Before a second creation it looks several times over {@link PlacementTools.settleMs}: the request that went
 *    unanswered may still be at work on the site.
 * 3. That a creation is sent is committed before it is sent.
 * 4. After a creation that was not clearly answered or refused, it looks again before it gives up.
 *
 * Returns `trash` when the post lies in the site's trash, and `deleted` when it was there and is there no more: someone
 * has decided that, and it is not ours to bring it back.
 * @throws AppError of the WordPress client; nothing has been created then, or a later attempt will find it.
 */
export async function placePost(
  placement: Placement,
  tools: PlacementTools,
): Promise<PlacedPost | 'trash' | 'deleted'> {
  // One that was just asked for is there only after a database was restored: what it needs is brought at the same time.
  const [there, early] = placement.fresh
    ? await together([look(placement, tools), tools.compose()])
    : [await look(placement, tools), null];
  const found = there ?? (placement.mayExist ? await settleOn(placement, tools) : undefined);
  if (found) return adopt(found, placement, tools, null);
  // It was seen there before, under its id and with its mark.
  if (placement.remoteId !== null) return 'deleted';

  const composed = early ?? (await tools.compose());
  if (!placement.mayExist) await tools.setMayExist(true);
  let created: { composed: ComposedPost; stored: WordPressPost };
  try {
    created = await writePost(composed, (post) => tools.client.createPost(post));
    // A proxy or cache may answer with some other post; only what carries our mark is ours.
    if (!hasMarker(created.stored.content, placement.marker)) throw notOurs(created.stored);
  } catch (error) {
    tools.signal.throwIfAborted();
    if (clearlyRefused(error)) {
      if (!placement.mayExist) await tools.setMayExist(false);
      throw error;
    }
    const late = await settleOn(placement, tools);
    if (!late) throw error;
    return adopt(late, placement, tools, composed);
  }
  const { post, warnings } = await lookForTwins(created.stored, placement, tools);
  return { post, how: 'created', composed: created.composed, released: false, warnings };
}

/** Everything on the site that is this publication; undefined when there is nothing. */
async function look(placement: Placement, { client }: PlacementTools): Promise<WordPressPost[] | undefined> {
  const marked = await client.findByMarker(placement.marker, { wide: !placement.fresh });
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

/** The same again and again, while a creation of unknown fate may still be under way. */
async function settleOn(placement: Placement, tools: PlacementTools): Promise<WordPressPost[] | undefined> {
  return settle(() => look({ ...placement, fresh: false }, tools), tools);
}

async function adopt(
  found: WordPressPost[],
  placement: Placement,
  tools: PlacementTools,
  composed: ComposedPost | null,
): Promise<PlacedPost | 'trash'> {
  const live = found.filter(({ status }) => status !== 'trash');
  const [first] = live;
  if (!first) return 'trash';
  const mine = live.find(({ id }) => id === placement.remoteId) ?? first;
  // A draft that we sent as a draft, and whose publication has been asked for since: only its status changes.
  const ourDraft =
    placement.remoteStatus === 'draft' && (placement.remoteId === null || placement.remoteId === mine.id);
  const released = ourDraft && mine.status === 'draft' && placement.wanted.status === 'publish';
  const post = released ? await release(mine.id, tools) : mine;
  return { post, how: 'found', composed, released, warnings: aboutTwins(post, live) };
}

/** Makes a draft public. Doing it twice is doing it once, so no look is needed before. */
async function release(id: number, { client }: PlacementTools): Promise<WordPressPost> {
  await client.call('POST', `/wp/v2/posts/${id}`, { parameters: { _fields: 'id' }, body: { status: 'publish' } });
  return client.getPost(id);
}

/** One look that finds twins, and reads back what the site has stored. */
async function lookForTwins(
  created: WordPressPost,
  placement: Placement,
  tools: PlacementTools,
): Promise<{ post: WordPressPost; warnings: string[] }> {
  let failure: AppError | undefined;
  for (const ms of [0, ...tools.settleMs]) {
    try {
      await sleep(ms, undefined, { signal: tools.signal });
      const marked = await tools.client.findByMarker(placement.marker);
      const post = marked.find(({ id }) => id === created.id) ?? (await confirm(created, tools));
      return {
        post,
        warnings: aboutTwins(
          post,
          marked.filter(({ status }) => status !== 'trash'),
        ),
      };
    } catch (error) {
      tools.signal.throwIfAborted();
      if (!(error instanceof AppError) || error.details?.vanished) throw error;
      failure = error;
      if (!error.retryable) break;
    }
  }
  // The post is there and known; that the site could not be asked for a second one must not undo that.
  const warnings = [`Whether the site holds a second copy could not be checked: ${failure?.message}`];
  return { post: created, warnings };
}

/** A site may say that it created a post and hold none: something in front of it answers yes to everything. */
async function confirm(created: WordPressPost, { client }: PlacementTools): Promise<WordPressPost> {
  try {
    const stored = await client.getPost(created.id);
    if (stored.id === created.id) return stored;
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

function aboutTwins(post: WordPressPost, live: readonly WordPressPost[]): string[] {
  const others = live.filter(({ id }) => id !== post.id);
  if (others.length === 0) return [];
  const where = others.map(({ id, link }) => `${id} (${link})`).join(', ');
  return [
    `The site holds this article more than once: besides post ${post.id} also ${where}. Delete what is too many there.`,
  ];
}
