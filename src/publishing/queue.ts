import { and, asc, desc, eq, gt, inArray, lt, ne, or, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { getSite } from '../sites/queries.ts';
import { type Site, sites } from '../sites/schema.ts';
import { due, lockQueue } from './lease.ts';
import { anew, cancelLocked, change } from './publications.ts';
import { getPublication } from './queries.ts';
import { type Publication, type PublicationStatus, publications } from './schema.ts';
import { callNext } from './tickets.ts';

type Ctx = Pick<AppContext, 'db' | 'queue' | 'now'>;

/** What stands in a queue: what is being sent, and what waits for its turn, its next attempt or its time. */
export const queuedStatuses = ['publishing', 'queued', 'scheduled'] as const satisfies PublicationStatus[];
/** How many rows a bulk command changes while workers wait for the queue. */
const bulkLimit = 200;

/** Sends nothing more to a site until it is resumed; what is under way is finished. */
export async function pauseQueue(ctx: Ctx, userId: string, siteId: string): Promise<Site> {
  return ctx.db.transaction(async (tx) => {
    await lockQueue(tx, siteId);
    const site = await getSite(tx, userId, siteId);
    if (site.pausedBy === 'user') return site;
    const pausedAt = sql`coalesce(${sites.pausedAt}, now())`;
    return changeSite(tx, siteId, { pausedAt: pausedAt as never, pausedBy: 'user' });
  });
}

/** Lets a queue go on at once, whoever has paused it, also while its site still fails or asks for peace. */
export async function resumeQueue(ctx: Ctx, userId: string, siteId: string): Promise<Site> {
  return ctx.db.transaction(async (tx) => {
    await lockQueue(tx, siteId);
    await getSite(tx, userId, siteId);
    const site = await changeSite(tx, siteId, { pausedAt: null, pausedBy: null });
    await callNext(ctx, tx, siteId);
    return site;
  });
}

async function changeSite(tx: Db, id: string, columns: Partial<Site>): Promise<Site> {
  const [row] = await tx.update(sites).set(columns).where(eq(sites.id, id)).returning();
  if (!row) throw new AppError('not_found', 'There is no such site.');
  return row;
}

/** How many publications of a site there are of each status that asks for attention. */
export async function countQueue(db: Db, siteId: string): Promise<Record<string, number>> {
  const statuses = [...queuedStatuses, 'failed', 'conflict'] as PublicationStatus[];
  const rows = await db
    .select({ status: publications.status, count: sql<number>`count(*)::int` })
    .from(publications)
    .where(and(eq(publications.siteId, siteId), inArray(publications.status, statuses)))
    .groupBy(publications.status);
  const counts = new Map(rows.map(({ status, count }) => [status, count]));
  return Object.fromEntries(statuses.map((status) => [status, counts.get(status) ?? 0]));
}

/** Under way, then waiting by priority and position, then by time: the order in which a queue is shown. */
const group = sql<number>`case when ${publications.status} = 'publishing' then 0 when ${publications.status} = 'scheduled' and not ${due} then 2 else 1 end`;
const rank = sql<number>`case when ${group} = 2 then 0 else -${publications.priority} end`;

/** The queue of a site in its order; one more than `limit`, to know whether there is a next page. */
export async function listQueue(
  db: Db,
  siteId: string,
  query: { limit: number; cursor?: string | undefined },
): Promise<Publication[]> {
  const inQueue = and(eq(publications.siteId, siteId), inArray(publications.status, [...queuedStatuses]));
  const key = sql`(${group}, ${rank}, ${publications.position}, ${publications.id})`;
  // Where the last page ended is looked up as it is now: what has left the queue meanwhile is no place to go on from.
  const after = query.cursor
    ? sql`${key} > (select ${group}, ${rank}, ${publications.position}, ${publications.id} from ${publications} where ${and(inQueue, eq(publications.id, query.cursor))})`
    : undefined;
  return db
    .select()
    .from(publications)
    .where(and(inQueue, after))
    .orderBy(group, rank, publications.position, publications.id)
    .limit(query.limit + 1);
}

/**
 * How many publications stand before each of `rows` in the queue of its site: the one under way and those that are due,
 * by priority and position. Null for what does not wait in a queue.
 */
export async function aheadOf(db: Db, rows: Publication[]): Promise<Map<string, number | null>> {
  const ahead = new Map<string, number | null>(rows.map(({ id }) => [id, null]));
  const waiting = rows.filter(({ status }) => status === 'queued');
  if (waiting.length === 0) return ahead;
  const siteIds = [...new Set(waiting.map(({ siteId }) => siteId))];
  const places = db
    .select({
      id: publications.id,
      ahead: sql<number>`(count(*) filter (where ${publications.status} = 'publishing' or ${due}) over (
        partition by ${publications.siteId}
        order by (${publications.status} = 'publishing') desc, ${publications.priority} desc, ${publications.position}, ${publications.id}
        rows between unbounded preceding and 1 preceding))::int`.as('ahead'),
    })
    .from(publications)
    .where(and(inArray(publications.siteId, siteIds), inArray(publications.status, [...queuedStatuses])))
    .as('places');
  const ids = waiting.map(({ id }) => id);
  for (const row of await db.select().from(places).where(inArray(places.id, ids))) ahead.set(row.id, row.ahead);
  return ahead;
}

/**
 * Puts a waiting publication directly before another of its queue, or at its end (`before` null), and gives it the
 * priority of the place: that of the one behind it, or of the last. With the queue and the row locked. Throws
 * `invalid_state` for one that goes by its time, `not_found` for a `before` that is not the user's, `conflict` when it
 * no longer waits, `invalid_request` when it is the publication itself or of another queue.
 */
export async function movePublication(tx: Db, row: Publication, before: string | null): Promise<Publication> {
  if (row.status !== 'queued') {
    throw new AppError('invalid_state', 'This publication goes at its time; it has no place in the queue yet.', {
      hint: 'Change its time (publishAt), or retry it to send it now.',
    });
  }
  const others = and(
    eq(publications.siteId, row.siteId),
    eq(publications.userId, row.userId),
    eq(publications.status, 'queued'),
    ne(publications.id, row.id),
  );
  if (before === null) {
    const [last] = await tx
      .select()
      .from(publications)
      .where(others)
      .orderBy(asc(publications.priority), desc(publications.position), desc(publications.id))
      .limit(1);
    if (!last) return row;
    return change(tx, row.id, { priority: last.priority, position: last.position + 1 });
  }
  const next = await placeToMoveTo(tx, row, before);
  const [previous] = await tx
    .select()
    .from(publications)
    .where(and(others, eq(publications.priority, next.priority), standsBefore(next)))
    .orderBy(desc(publications.position), desc(publications.id))
    .limit(1);
  const between = previous ? (previous.position + next.position) / 2 : next.position - 1;
  const fits = between < next.position && (!previous || between > previous.position);
  if (!fits) await makeRoom(tx, next);
  return change(tx, row.id, { priority: next.priority, position: fits ? between : next.position - 1 });
}

async function placeToMoveTo(tx: Db, row: Publication, before: string): Promise<Publication> {
  const next = await getPublication(tx, row.userId, before);
  if (next.siteId !== row.siteId || next.id === row.id) {
    const message = 'is no other publication of this queue';
    throw new AppError('invalid_request', `before: ${message}`, { errors: [{ path: 'before', message }] });
  }
  if (next.status === 'queued') return next;
  throw new AppError('conflict', 'The publication that it was to stand before no longer waits.', {
    hint: 'Read the queue again and choose a new place.',
  });
}

const standsBefore = (next: Publication) =>
  or(
    lt(publications.position, next.position),
    and(eq(publications.position, next.position), lt(publications.id, next.id)),
  );

/** Moves whatever stands before `next` forward until there is room for one more: halving a distance has an end. */
async function makeRoom(tx: Db, next: Publication): Promise<void> {
  await tx.execute(sql`
    update publications set position = least(publications.position, ${next.position}::float8 - 1 - earlier.number)
    from (
      select id, row_number() over (order by position desc, id desc) as number from publications
      where site_id = ${next.siteId} and status in ('queued', 'scheduled') and priority = ${next.priority}
        and (position < ${next.position}::float8 or (position = ${next.position}::float8 and id < ${next.id}))
    ) as earlier
    where publications.id = earlier.id`);
}

/** Cancels everything that waits in the queue of a site; what is being sent is finished. Returns how many were cancelled. */
export async function cancelQueue(ctx: Ctx, userId: string, siteId: string): Promise<number> {
  return forAll(ctx, userId, siteId, ['queued', 'scheduled'], async (tx, row) => {
    await cancelLocked(ctx, tx, row);
  });
}

/** Puts everything of a site that has failed back into its queue, in its old place. Returns how many that were. */
export async function retryFailed(ctx: Ctx, userId: string, siteId: string): Promise<number> {
  return forAll(ctx, userId, siteId, ['failed'], async (tx, row) => {
    await change(tx, row.id, { status: 'queued', ...anew, nextAttemptAt: sql`now()` });
  });
}

/** Page by page, each in a transaction of its own. */
async function forAll(
  ctx: Ctx,
  userId: string,
  siteId: string,
  statuses: PublicationStatus[],
  work: (tx: Db, row: Publication) => Promise<void>,
): Promise<number> {
  await getSite(ctx.db, userId, siteId);
  let done = 0;
  for (let last = '00000000-0000-0000-0000-000000000000'; ; ) {
    const rows = await ctx.db.transaction(async (tx) => {
      await lockQueue(tx, siteId);
      const found = await tx
        .select()
        .from(publications)
        .where(
          and(
            eq(publications.siteId, siteId),
            eq(publications.userId, userId),
            inArray(publications.status, statuses),
            gt(publications.id, last),
          ),
        )
        .orderBy(publications.id)
        .limit(bulkLimit)
        .for('update');
      for (const row of found) await work(tx, row);
      await callNext(ctx, tx, siteId);
      return found;
    });
    done += rows.length;
    const end = rows.at(-1);
    if (!end || rows.length < bulkLimit) return done;
    last = end.id;
  }
}
