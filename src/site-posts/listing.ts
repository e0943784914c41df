import { and, eq, inArray, sql } from 'drizzle-orm';
import { siteCauseOf, siteError } from '../wordpress/site-error.ts';
import { type ListedPost, listPosts, type Page, readPosts } from './read-posts.ts';
import { keep, mostPosts, type SyncRun } from './run.ts';
import { type SitePost, sitePosts } from './schema.ts';
import { missedPosts, noteGone, notePresent, storePosts } from './store-posts.ts';
import { asked } from './walk.ts';

/** So many posts that vanish at once are doubted: the site is asked for one of them by its address. */
const doubtful = 20;

/**
 * Lists every post of the site without its texts, page by page, with the position kept after each: what is new or differs
 * from what is known is read, and what was not seen by the end is asked for once more before it counts as gone. A listing
 * that does not come to its end marks nothing. True when it did.
 */
export async function listAll(run: SyncRun): Promise<boolean> {
  if (run.sync.listingStartedAt === null) {
    const start = { listingStartedAt: sql`now()`, listingOffset: 0, listingLastId: 0 };
    await keep(run, start, async () => undefined);
  }
  for (let last = false; !last; ) {
    if (!(await run.mayAsk())) return false;
    const page = await nextPage(run);
    if (page === null) return false;
    const differing = await differences(run, page.posts);
    if (!(await readAgain(run, differing))) return false;
    const { listSize } = run.timing;
    const readTo = page.offset + listSize;
    last = page.total === null ? page.posts.length < listSize : readTo >= page.total;
    const ids = page.posts.map(({ id }) => id);
    await keep(run, { listingOffset: readTo, listingLastId: Math.max(run.sync.listingLastId, ...ids) }, (tx) =>
      notePresent(tx, run.site.id, ids),
    );
    if (run.sync.posts >= mostPosts) last = true;
  }
  return findMissed(run);
}

/**
 * The next page, which begins with the post that the last one ended with. When it does not, posts before it were deleted
 * meanwhile and those behind have moved up: it steps back until it meets what was listed, so that none is passed over.
 * A page that begins late only because the site leaves out what the role may not read is taken as it is: stepping back
 * from it would lead to the same page for ever. Null when this run has asked enough.
 */
async function nextPage(run: SyncRun): Promise<(Page<ListedPost> & { offset: number }) | null> {
  const { listingOffset, listingLastId } = run.sync;
  const ask = async (offset: number) => ({ ...(await listPosts(run.client, listing(run, offset))), offset });
  let page = await ask(Math.max(0, listingOffset - 1));
  let next = page;
  while (page.offset > 0 && !(page.posts[0] && page.posts[0].id <= listingLastId)) {
    if (!(await run.mayAsk())) return null;
    page = await ask(Math.max(0, page.offset + 1 - run.timing.listSize));
    if (page.posts.some(({ id }) => id > listingLastId)) next = page;
  }
  return next;
}

function listing({ sight, timing }: SyncRun, offset: number) {
  return {
    orderby: 'id',
    order: 'asc',
    per_page: timing.listSize,
    context: sight.context,
    status: sight.statuses,
    offset: offset > 0 ? offset : undefined,
  };
}

/** The posts of a page that are not known, or not as they are listed. */
async function differences(run: SyncRun, posts: ListedPost[]): Promise<ListedPost[]> {
  if (posts.length === 0) return [];
  const rows = await run.ctx.db
    .select()
    .from(sitePosts)
    .where(
      and(
        eq(sitePosts.siteId, run.site.id),
        inArray(
          sitePosts.remoteId,
          posts.map(({ id }) => id),
        ),
      ),
    );
  const known = new Map(rows.map((row) => [row.remoteId, row]));
  return posts.filter((post) => differs(post, known.get(post.id)));
}

function differs(post: ListedPost, row: SitePost | undefined): boolean {
  if (!row) return true;
  if (row.status !== post.status || row.url !== post.url) return true;
  if (row.goneAt !== null && post.status === 'publish') return true;
  return row.modifiedAt?.getTime() !== post.modifiedAt?.getTime();
}

async function readAgain(run: SyncRun, differing: ListedPost[]): Promise<boolean> {
  const { client, sight, site, timing } = run;
  for (let at = 0; at < differing.length; at += timing.pageSize) {
    const wanted = differing.slice(at, at + timing.pageSize);
    if (!(await run.mayAsk())) return false;
    const { posts } = await readPosts(client, {
      include: wanted.map(({ id }) => id).join(','),
      per_page: timing.pageSize,
      context: sight.context,
      status: sight.statuses,
    });
    await keep(run, {}, (tx) => storePosts(tx, { siteId: site.id, userId: site.userId }, asked(posts, wanted)));
  }
  return true;
}

/** Asks for every post that was not listed by its id, in any state; what is not found even so, or not public, is gone. */
async function findMissed(run: SyncRun): Promise<boolean> {
  const { ctx, client, sight, site, timing, sync } = run;
  const since = sync.listingStartedAt ?? ctx.now();
  for (let after = 0; ; ) {
    const missed = await missedPosts(ctx.db, site.id, since, after, timing.pageSize);
    const last = missed.at(-1);
    if (!last) break;
    const wanted = missed.map(({ remoteId }) => ({ id: remoteId }));
    if (!(await run.mayAsk())) return false;
    const { posts } = await readPosts(client, {
      include: wanted.map(({ id }) => id).join(','),
      per_page: timing.pageSize,
      context: sight.context,
      status: sight.anyStatus,
    });
    const found = new Map(asked(posts, wanted).map((post) => [post.id, post]));
    const there = [...found.values()].filter(({ status }) => sight.statuses.split(',').includes(status));
    const gone = wanted
      .map(({ id }) => ({ id, status: found.get(id)?.status ?? 'gone' }))
      .filter(({ id }) => !there.some((post) => post.id === id));
    if (gone.length > doubtful && !(await isReallyGone(run, gone.find(({ status }) => status === 'gone')?.id))) {
      return false;
    }
    await keep(run, {}, async (tx) => {
      await storePosts(tx, { siteId: site.id, userId: site.userId }, there);
      await noteGone(tx, site.id, gone);
    });
    after = last.remoteId;
  }
  const nextAt = sql`now() + ${`${timing.listEveryMs} milliseconds`}::interval`;
  const done = { listingStartedAt: null, listingOffset: 0, listingLastId: 0, listedAt: sql`now()`, listDueAt: nextAt };
  await keep(run, done, async () => undefined);
  return true;
}

/** Throws when the post is there: then the list was wrong, and nothing may be concluded from it. */
async function isReallyGone(run: SyncRun, id: number | undefined): Promise<boolean> {
  if (id === undefined) return true;
  if (!(await run.mayAsk())) return false;
  try {
    await run.client.call('GET', `/wp/v2/posts/${id}`, { parameters: { context: run.sight.context, _fields: 'id' } });
  } catch (error) {
    // What the role may no longer read is no longer public.
    if (['not_found', 'role_insufficient'].includes(siteCauseOf(error) ?? '')) return true;
    throw error;
  }
  throw siteError('answer_incomplete', 'The site leaves posts out of its lists that are there.', {
    hint: 'A plugin may filter the lists of posts; let the connected user see all of them.',
  });
}
