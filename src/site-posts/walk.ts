import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import type { SyncChange } from './lease.ts';
import { type ReadPost, readPosts } from './read-posts.ts';
import { keep, mostPosts, type SyncRun } from './run.ts';
import { sitePosts } from './schema.ts';
import { storePosts } from './store-posts.ts';

/** Nothing is changed any more in a second that lies further back than this, by any clock near the truth. In milliseconds. */
const settledMs = 5 * 60_000;

/**
 * Reads the posts that were changed since the last time, the oldest change first. The position moves with each page: the
 * time of the last change that was read, and how many posts of that very second and later were read, because an import
 * changes more than a page of them at once. Whatever this passes over (sites sort by their local time, which is set back
 * once a year) the next listing finds. True when it came to the end.
 */
export async function readChanges(run: SyncRun): Promise<boolean> {
  const { client, sight, timing } = run;
  for (;;) {
    if (run.sync.posts >= mostPosts) return true;
    if (!(await run.mayAsk())) return false;
    const { modifiedUntil, modifiedOffset } = run.sync;
    const { posts, total } = await readPosts(client, {
      orderby: 'modified',
      order: 'asc',
      per_page: timing.pageSize,
      context: sight.context,
      status: sight.statuses,
      modified_after: modifiedUntil ? secondBefore(modifiedUntil) : undefined,
      offset: modifiedOffset > 0 ? modifiedOffset : undefined,
    });
    const last = posts.at(-1)?.modifiedAt ?? null;
    const readTo = modifiedOffset + timing.pageSize;
    // Posts that the role may not read are counted by the site and left out of its pages.
    const end = total === null ? posts.length < timing.pageSize : readTo >= total;
    const moved = last !== null && last.getTime() !== modifiedUntil?.getTime();
    const next = moved ? { modifiedUntil: last, modifiedOffset: 0 } : { modifiedOffset: readTo };
    const change = end ? atTheEnd(run, last ?? (modifiedOffset > 0 ? modifiedUntil : null)) : next;
    await keep(run, change, (tx) => storePosts(tx, { siteId: run.site.id, userId: run.site.userId }, posts));
    if (end) return true;
  }
}

/** `modified_after` is exclusive, and sites keep whole seconds. */
function secondBefore(until: Date): string {
  return new Date(until.getTime() - 1000).toISOString().replace(/\.\d+Z$/, 'Z');
}

/**
 * Where the next run begins: with the second that was read last as long as more may be changed in it, behind it later.
 * Never in the future, where a wrong date would hide all that is changed until then.
 */
function atTheEnd({ ctx }: SyncRun, last: Date | null): SyncChange {
  const now = ctx.now().getTime();
  const until = last && Math.min(last.getTime(), now);
  return {
    modifiedOffset: 0,
    syncedAt: sql`now()`,
    ...(until === null ? {} : { modifiedUntil: new Date(now - until > settledMs ? until + 1000 : until) }),
  };
}

/**
 * Looks at scheduled posts again: WordPress publishes them without changing when they were modified. True unless this run
 * has asked enough.
 */
export async function readScheduled(run: SyncRun): Promise<boolean> {
  const { ctx, client, sight, site, timing } = run;
  const scheduled = await ctx.db
    .select({ id: sitePosts.remoteId })
    .from(sitePosts)
    .where(and(eq(sitePosts.siteId, site.id), eq(sitePosts.status, 'future'), isNull(sitePosts.goneAt)))
    .orderBy(asc(sitePosts.lastSeenAt))
    .limit(timing.pageSize);
  if (scheduled.length === 0) return true;
  if (!(await run.mayAsk())) return false;
  const { posts } = await readPosts(client, {
    include: scheduled.map(({ id }) => id).join(','),
    per_page: timing.pageSize,
    context: sight.context,
    status: sight.statuses,
  });
  await keep(run, {}, (tx) => storePosts(tx, { siteId: site.id, userId: site.userId }, asked(posts, scheduled)));
  return true;
}

/** Only what was asked for: a site may ignore `include`. */
export function asked(posts: ReadPost[], wanted: { id: number }[]): ReadPost[] {
  const ids = new Set(wanted.map(({ id }) => id));
  return posts.filter(({ id }) => ids.has(id));
}
