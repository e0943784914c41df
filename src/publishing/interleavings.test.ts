import { eq, sql } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Killed, mortalContext } from '../../test/fakes/mortal-context.ts';
import { createWordPressDouble, type WordPressDouble } from '../../test/fakes/wordpress-double.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { insertArticle } from '../articles/articles.ts';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import { queryRows } from '../db/open.ts';
import { sites } from '../sites/schema.ts';
import { createSite } from '../sites/sites.ts';
import { publicationMarker } from '../wordpress/blocks.ts';
import { changePublication } from './change-publication.ts';
import { type DeliveryTiming, deliverPublication } from './deliver.ts';
import { publishJob } from './jobs.ts';
import { cancelPublication, requestPublication, retryPublication } from './publications.ts';
import { listQueue, pauseQueue, resumeQueue } from './queue.ts';
import { type Publication, publications } from './schema.ts';
import { sweepPublications } from './worker.ts';

/**
 * Whatever is done to the queues of two sites in whatever order: what is sent next is what the queue shows as the first
 * that is due, one at a time for each site and never while it is paused or asks for peace; and when everything is well
 * again, everything that was asked for has arrived once.
 */

let app: TestApp;
const never = new AbortController().signal;
const timing: DeliveryTiming = {
  leaseMs: 10_000,
  leaseRenewMs: 60_000,
  requestTimeoutMs: 1_000,
  settleMs: [1],
  retryDelaysMs: Array(50).fill(60_000),
};
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

type Fault = 'none' | 'busy' | 'broken' | number;
type Command =
  | { kind: 'request'; site: number; priority: number }
  | { kind: 'work'; ticket: number; fault: Fault }
  | { kind: 'cancel' | 'retry'; site: number; at: number }
  | { kind: 'priority'; site: number; at: number; priority: number }
  | { kind: 'move'; site: number; at: number; before: number | null }
  | { kind: 'pause' | 'resume'; site: number }
  | { kind: 'loseTickets' | 'sweep' }
  | { kind: 'pass'; seconds: number };

const site = fc.nat(1);
const at = fc.nat(5);
const priority = fc.integer({ min: -1, max: 1 });
const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Fault>('none') },
  fc.constantFrom<Fault>('busy', 'broken'),
  fc.integer({ min: 1, max: 16 }),
);
const request = fc.record({ kind: fc.constant('request' as const), site, priority });
const work = fc.record({ kind: fc.constant('work' as const), ticket: at, fault });
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: request },
  { weight: 6, arbitrary: work },
  fc.record({ kind: fc.constantFrom('cancel' as const, 'retry' as const), site, at }),
  fc.record({ kind: fc.constant('priority' as const), site, at, priority }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('move' as const), site, at, before: fc.option(at) }) },
  fc.record({ kind: fc.constantFrom('pause' as const, 'resume' as const), site }),
  fc.record({ kind: fc.constantFrom('loseTickets' as const, 'sweep' as const) }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), seconds: fc.constantFrom(8, 15, 70, 200) }) },
);

const ask0: Command = { kind: 'request', site: 0, priority: 0 };
const working = (fault: Fault): Command => ({ kind: 'work', ticket: 0, fault });
/** What chance tries too seldom: peace that was asked for, a dead worker in the way, and lost tickets. */
const examples: [Command[]][] = [
  [[ask0, ask0, { kind: 'move', site: 0, at: 1, before: 0 }, working('busy'), working('none')]],
  [[ask0, ask0, ask0, working(9), working('none'), working('none')]],
  [[ask0, ask0, { kind: 'loseTickets' }, { kind: 'pass', seconds: 8 }, { kind: 'sweep' }, working('none')]],
];

/** Two sites with their queues, and what has been seen of them. */
interface World {
  ctx: AppContext;
  siteIds: string[];
  wordpress: WordPressDouble;
  fired: Set<string>;
}

it('keeps order, peace and pauses, and loses nothing, whatever happens in whatever order', async () => {
  const fired = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 8, maxLength: 30 }), async (commands) => {
      const world = await givenWorld(fired);
      for (const next of commands) await play(world, next);
      await everythingArrives(world);
    }),
    { numRuns: 12, seed: 4711, endOnFailure: true, examples },
  );
  // All of it was tried, or the property says little.
  expect([...fired].sort()).toEqual(
    ['busy', 'cancelled', 'died', 'moved', 'paused', 'quiet', 'retrying', 'sent', 'swept', 'taken over'].sort(),
  );
}, 120_000);

async function givenWorld(fired: Set<string>): Promise<World> {
  await app.ctx.db.execute(sql`delete from pgboss.job where name = ${publishJob.name}`);
  await app.ctx.db.execute(sql`delete from publications`);
  const wordpress = createWordPressDouble();
  const ctx = { ...app.ctx, safeFetch: wordpress.safeFetch };
  const siteIds = [];
  for (const url of ['https://one.example', 'https://two.example']) {
    const input = {
      name: newId(),
      url,
      username: 'admin',
      applicationPassword: 'pass word',
      settings: { featuredImage: 'none' as const },
    };
    siteIds.push((await createSite(ctx, ctx.db, app.ctx.ownerId, input)).id);
  }
  return { ctx, siteIds, wordpress, fired };
}

const user = () => app.ctx.ownerId;
const line = ({ ctx }: World, siteId: string) => listQueue(ctx.db, siteId, { limit: 1000 });
const waitingIn = async (world: World, siteId: string) =>
  (await line(world, siteId)).filter(({ status }) => status === 'queued');

async function play(world: World, next: Command): Promise<void> {
  const { ctx, fired } = world;
  const siteId = 'site' in next ? (world.siteIds[next.site] ?? '') : '';
  switch (next.kind) {
    case 'request': {
      const row = await ask(world, siteId, next.priority);
      const same = (await waitingIn(world, siteId)).filter((other) => other.priority === next.priority);
      expect(same.at(-1)?.id).toBe(row.id);
      return;
    }
    case 'work':
      await workTicket(world, next.ticket, next.fault);
      return;
    case 'cancel': {
      const before = await line(world, siteId);
      const row = before[next.at];
      if (!row) return;
      await cancelPublication(ctx, user(), row.id);
      fired.add('cancelled');
      expect(ids(await line(world, siteId))).toEqual(ids(before).filter((id) => id !== row.id));
      return;
    }
    case 'retry': {
      const given = sql`${publications.siteId} = ${siteId} and ${publications.status} <> 'published'`;
      const rows = await ctx.db.select().from(publications).where(given).orderBy(publications.id);
      const row = rows[next.at];
      if (row) await retryPublication(ctx, user(), row.id);
      return;
    }
    case 'priority':
    case 'move': {
      const before = await waitingIn(world, siteId);
      const row = before[next.at];
      if (!row) return;
      const others = before.filter(({ id }) => id !== row.id);
      if (next.kind === 'priority') {
        await changePublication(ctx, user(), row.id, { priority: next.priority });
        const after = await waitingIn(world, siteId);
        expect(ids(after).filter((id) => id !== row.id)).toEqual(ids(others));
        expect(after.map((other) => other.priority)).toEqual(
          after.map((other) => other.priority).toSorted((a, b) => b - a),
        );
        return;
      }
      const target = next.before === null ? null : others[next.before];
      if (target === undefined) return;
      await changePublication(ctx, user(), row.id, { before: target?.id ?? null });
      fired.add('moved');
      const place = target ? others.indexOf(target) : others.length;
      expect(ids(await waitingIn(world, siteId))).toEqual(ids(others).toSpliced(place, 0, row.id));
      return;
    }
    case 'pause':
      await pauseQueue(ctx, user(), siteId);
      return;
    case 'resume':
      await resumeQueue(ctx, user(), siteId);
      return;
    case 'loseTickets':
      await ctx.db.execute(sql`delete from pgboss.job where name = ${publishJob.name}`);
      return;
    case 'sweep':
      if ((await sweepPublications(ctx)) > 0) fired.add('swept');
      return;
    case 'pass':
      return pass(world, next.seconds);
  }
}

const ids = (rows: Publication[]) => rows.map(({ id }) => id);

async function ask({ ctx }: World, siteId: string, priority: number): Promise<Publication> {
  return ctx.db.transaction(async (tx) => {
    const content = { language: 'en', pipelineId: null, author: 'user' as const, markdown: 'A text.' };
    const article = await insertArticle(ctx, tx, user(), { title: 'Title', slug: newId(), ...content });
    const request = { userId: user(), articleId: article.id, siteId, wanted: 'draft' as const, publishAt: null };
    return requestPublication(ctx, tx, { ...request, priority, pipelineId: null });
  });
}

/** Lets `seconds` pass: everything that has a time comes nearer by as much. */
async function pass({ ctx }: World, seconds: number): Promise<void> {
  const by = sql`${`${seconds} seconds`}::interval`;
  await ctx.db.execute(
    sql`update publications set next_attempt_at = next_attempt_at - ${by}, lease_expires_at = lease_expires_at - ${by}`,
  );
  await ctx.db.execute(sql`update sites set quiet_until = quiet_until - ${by}`);
  await ctx.db.execute(sql`update pgboss.job set start_after = start_after - ${by} where name = ${publishJob.name}`);
}

/** Takes a ticket whose time has come and works it as a worker would. */
async function workTicket(world: World, index: number, fault: Fault): Promise<boolean> {
  const { ctx, wordpress, fired } = world;
  const tickets = await queryRows<{ id: string; publication: string }>(
    ctx.db,
    sql`select id, data ->> 'publicationId' as publication from pgboss.job
        where name = ${publishJob.name} and start_after <= now() order by created_on, id`,
  );
  const ticket = tickets[index % Math.max(1, tickets.length)];
  if (!ticket) return false;
  await ctx.db.execute(sql`delete from pgboss.job where id = ${ticket.id}`);
  const [row] = await ctx.db.select().from(publications).where(eq(publications.id, ticket.publication));
  const siteId = row?.siteId ?? '';
  const expected = await firstDue(world, siteId);

  wordpress.rule = () =>
    fault === 'busy'
      ? { status: 429, headers: { 'retry-after': '100' } }
      : fault === 'broken'
        ? { status: 500 }
        : undefined;
  const sent = new Set<string>();
  const mortal = typeof fault === 'number' ? mortalContext(ctx, fault) : null;
  const watched = (using: AppContext): AppContext => ({
    ...using,
    safeFetch: Object.assign((...request: Parameters<AppContext['safeFetch']>) => look(using, request), {
      close: ctx.safeFetch.close,
    }),
  });
  const look = async (using: AppContext, request: Parameters<AppContext['safeFetch']>) => {
    const under = await ctx.db.select().from(publications).where(eq(publications.status, 'publishing'));
    const here = under.filter((other) => other.siteId === siteId);
    expect(here).toHaveLength(1);
    for (const { id } of here) sent.add(id);
    return using.safeFetch(...request);
  };
  // A second worker with a ticket of its own for the same site: beside the first, or after that has died.
  const first = deliverPublication(watched(mortal?.ctx ?? ctx), ticket.publication, never, timing).catch((error) => {
    if (!(error instanceof Killed)) throw error;
    fired.add('died');
  });
  if (mortal) await first;
  await Promise.all([first, deliverPublication(watched(ctx), ticket.publication, never, timing)]);
  if (typeof expected === 'string') {
    if (['paused', 'quiet', 'busy'].includes(expected)) fired.add(expected);
    expect([...sent]).toEqual([]);
    return true;
  }
  if (expected.status === 'publishing') fired.add('taken over');
  // The first one sent is the first one due; the second worker may have gone on with the next.
  if (sent.size > 0) expect([...sent][0]).toBe(expected.id);
  const [after] = await ctx.db.select().from(publications).where(eq(publications.id, expected.id));
  if (after?.status === 'published') fired.add('sent');
  if (after?.status === 'queued' && after.attempts > 0) fired.add('retrying');
  return true;
}

/** What the queue shows as the first that is due, or why there is none. */
async function firstDue(world: World, siteId: string): Promise<Publication | string> {
  const [queue] = await world.ctx.db.select().from(sites).where(eq(sites.id, siteId));
  const now = new Date();
  if (queue?.pausedAt) return 'paused';
  if (queue?.quietUntil && queue.quietUntil > now) return 'quiet';
  const rows = await line(world, siteId);
  const under = rows.find(({ status }) => status === 'publishing');
  if (under) return under.leaseExpiresAt && under.leaseExpiresAt >= now ? 'busy' : under;
  return rows.find(({ nextAttemptAt }) => nextAttemptAt === null || nextAttemptAt <= now) ?? 'nothing';
}

/** Sites are well and queues go on: with time and the sweep alone everything arrives, once. */
async function everythingArrives(world: World): Promise<void> {
  const { ctx, wordpress, siteIds } = world;
  for (const siteId of siteIds) await resumeQueue(ctx, user(), siteId);
  for (let round = 0; round < 60; round += 1) {
    await pass(world, 120);
    await sweepPublications(ctx);
    while (await workTicket(world, 0, 'none'));
    const open = sql`${publications.status} in ('queued', 'publishing')`;
    if ((await ctx.db.$count(publications, open)) === 0) break;
  }
  const rows = await ctx.db.select().from(publications);
  for (const row of rows) {
    expect(['published', 'cancelled']).toContain(row.status);
    const posts = wordpress.containing(publicationMarker(row.id));
    if (row.status === 'published') expect(posts).toHaveLength(1);
    else expect(posts.length).toBeLessThanOrEqual(1);
  }
}
