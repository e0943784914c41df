import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createWordPressDouble, type WordPressDouble } from '../../test/fakes/wordpress-double.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { newId } from '../db/id.ts';
import { queryRows } from '../db/open.ts';
import { sites } from '../sites/schema.ts';
import { createSite } from '../sites/sites.ts';
import { type DeliveryTiming, deliverPublication } from './deliver.ts';
import { publishJob } from './jobs.ts';
import { claimPublication } from './lease.ts';
import type { PresentedPublication } from './present.ts';
import { mostWaiting } from './publications.ts';
import { publications } from './schema.ts';
import { sweepPublications } from './worker.ts';

let app: TestApp;
let siteId: string;
let wordpress: WordPressDouble;
let number = 0;
const never = new AbortController().signal;
const timing: DeliveryTiming = {
  leaseMs: 10_000,
  leaseRenewMs: 1_000,
  requestTimeoutMs: 1_000,
  settleMs: [5],
  retryDelaysMs: [60_000, 60_000],
};

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());
beforeEach(async () => {
  wordpress = createWordPressDouble();
  siteId = await givenSite();
});

async function givenSite(): Promise<string> {
  number += 1;
  const url = `https://blog${number}.example`;
  const input = {
    name: `Blog ${number}`,
    url,
    username: 'admin',
    applicationPassword: 'pass word',
    settings: { featuredImage: 'none' as const },
  };
  return (await createSite(app.ctx, app.ctx.db, app.ctx.ownerId, input)).id;
}
async function call(method: 'GET' | 'POST' | 'PATCH', url: string, payload?: object) {
  const answer = await app.server.inject({ method, url: `/api/v1${url}`, ...(payload ? { payload } : {}) });
  return { status: answer.statusCode, json: answer.json() };
}
async function ask(more: object = {}, site = siteId): Promise<PresentedPublication> {
  number += 1;
  const article = (await call('POST', '/articles', { title: `No ${number}`, markdown: 'Text.' })).json;
  const body = { siteId: site, status: 'publish', ...more };
  const answer = await call('POST', `/articles/${article.id}/publications`, body);
  expect(answer.status, JSON.stringify(answer.json)).toBe(202);
  return answer.json;
}
const change = (id: string, body: object) => call('PATCH', `/publications/${id}`, body);
const queue = async (site = siteId) => (await call('GET', `/sites/${site}/queue?limit=100`)).json;
const idsInQueue = async () => (await queue()).items.map(({ id }: { id: string }) => id);
const read = async (id: string): Promise<PresentedPublication> => (await call('GET', `/publications/${id}`)).json;
const claim = async (ticket: string) => (await claimPublication(app.ctx.db, ticket, 10_000))?.id ?? null;
const set = (id: string, columns: object) =>
  app.ctx.db.update(publications).set(columns).where(eq(publications.id, id));
const setSite = (columns: object) => app.ctx.db.update(sites).set(columns).where(eq(sites.id, siteId));
const deliver = (ticket: string) =>
  deliverPublication({ ...app.ctx, safeFetch: wordpress.safeFetch }, ticket, never, timing);
const tickets = () =>
  queryRows<{ seconds: number }>(
    app.ctx.db,
    sql`select extract(epoch from start_after - now())::float8 as seconds from pgboss.job where name = ${publishJob.name} and data ->> 'siteId' = ${siteId} order by start_after`,
  );
const dropTickets = () => app.ctx.db.execute(sql`delete from pgboss.job where name = ${publishJob.name}`);
const secondsAgo = (seconds: number) => sql`now() - ${`${seconds} seconds`}::interval` as never;

/** Ends a delivery as done, without a site. */
const finish = (id: string) => set(id, { status: 'published', leaseExpiresAt: null });

describe('the order of a queue', () => {
  it('is by priority, then by when it was asked for, whichever ticket is worked, and one at a time', async () => {
    const [first, second, urgent, idle] = [
      await ask(),
      await ask(),
      await ask({ priority: 'high' }),
      await ask({ priority: 'low' }),
    ];
    expect(await idsInQueue()).toEqual([urgent.id, first.id, second.id, idle.id]);
    const sent = [];
    for (let turn = 0; turn < 4; turn += 1) {
      const id = await claim(idle.id);
      sent.push(id);
      expect(await claim(first.id)).toBeNull();
      if (id) await finish(id);
    }
    expect(sent).toEqual([urgent.id, first.id, second.id, idle.id]);
  });

  it('has one worker for a site, also when several ask at the same moment', async () => {
    const rows = [await ask(), await ask(), await ask(), await ask()];
    const claimed = await Promise.all(rows.map(({ id }) => claim(id)));
    expect(claimed.filter(Boolean)).toEqual([rows[0]?.id]);
  });

  it('leaves other sites alone', async () => {
    const mine = await ask();
    const other = await ask({}, await givenSite());
    expect(await claim(mine.id)).toBe(mine.id);
    expect(await claim(other.id)).toBe(other.id);
  });

  it('takes over what was abandoned before anything else', async () => {
    const [first, second] = [await ask(), await ask()];
    expect(await claim(first.id)).toBe(first.id);
    await ask({ priority: 'high' });
    await set(first.id, { leaseExpiresAt: secondsAgo(1) });
    expect(await claim(second.id)).toBe(first.id);
  });

  it('puts what was for a time before what was asked for after that time', async () => {
    const early = await ask();
    await set(early.id, { position: sql`extract(epoch from now()) - 100` as never });
    const timed = await ask({ status: 'future', publishAt: '2099-01-01T00:00:00Z' });
    expect(await claim(early.id)).toBe(early.id);
    await finish(early.id);
    const at = new Date(Date.now() - 50_000);
    await set(timed.id, { nextAttemptAt: at, publishAt: at, position: at.getTime() / 1000 });
    const late = await ask();
    expect(await claim(late.id)).toBe(timed.id);
    await finish(timed.id);
    expect(await claim(timed.id)).toBe(late.id);
  });

  it('passes over what waits for its next attempt, which keeps its place', async () => {
    const [failing, other] = [await ask(), await ask()];
    wordpress.rule = () => ({ status: 500 });
    await deliver(failing.id);
    expect(await read(failing.id)).toMatchObject({ status: 'queued', waiting: { reason: 'retry' } });
    expect(await claim(failing.id)).toBe(other.id);
    await finish(other.id);
    const newer = await ask();
    await set(failing.id, { nextAttemptAt: secondsAgo(0) });
    expect(await claim(newer.id)).toBe(failing.id);
  });

  it('says how many stand before one, and what it waits for', async () => {
    const [first, second, third] = [await ask(), await ask(), await ask()];
    expect([first, second, third].map(({ ahead }) => ahead)).toEqual([0, 1, 2]);
    await claim(first.id);
    expect(await read(first.id)).toMatchObject({ status: 'publishing', ahead: null, waiting: null });
    expect(await read(third.id)).toMatchObject({
      ahead: 2,
      waiting: { reason: 'turn', message: 'Its turn comes after 2 others.', since: expect.any(String) },
    });
    expect((await queue()).counts).toEqual({ publishing: 1, queued: 2, scheduled: 0, failed: 0, conflict: 0 });
  });

  it('is listed page by page: under way, waiting, then by time', async () => {
    const [sent, low, high] = [await ask(), await ask({ priority: 'low' }), await ask({ priority: 'high' })];
    await set(high.id, { status: 'cancelled' });
    await claim(sent.id);
    await set(high.id, { status: 'queued' });
    const time = (year: number) => ({ status: 'future', publishAt: `${year}-01-01T00:00:00Z` });
    const [later, sooner] = [await ask({ ...time(2099), priority: 'high' }), await ask(time(2098))];
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { json }: { json: { items: { id: string }[]; nextCursor: string | null } } = await call(
        'GET',
        `/sites/${siteId}/queue?limit=2${cursor ? `&cursor=${cursor}` : ''}`,
      );
      seen.push(...json.items.map(({ id }) => id));
      cursor = json.nextCursor;
    }
    expect(seen).toEqual([sent, high, low, sooner, later].map(({ id }) => id));
  });
});

describe('moving', () => {
  it('puts one before another, at the end, and takes over the priority of the place', async () => {
    const [a, b, c] = [await ask(), await ask(), await ask({ priority: 'low' })];
    await change(b.id, { before: a.id });
    expect(await idsInQueue()).toEqual([b.id, a.id, c.id]);
    expect((await change(c.id, { before: a.id })).json).toMatchObject({ priority: 'normal', ahead: 1 });
    expect(await idsInQueue()).toEqual([b.id, c.id, a.id]);
    await change(b.id, { before: null });
    expect(await idsInQueue()).toEqual([c.id, a.id, b.id]);
    const last = await ask({ priority: 'low' });
    expect((await change(c.id, { before: null })).json).toMatchObject({ priority: 'low', ahead: 3 });
    expect(await idsInQueue()).toEqual([a.id, b.id, last.id, c.id]);
  });

  it('always finds room between two, however often', async () => {
    const rows = [await ask(), await ask(), await ask()];
    const expected = rows.map(({ id }) => id);
    for (let turn = 0; turn < 60; turn += 1) {
      // The first goes between the two others, again and again.
      const [first = '', second = '', third = ''] = expected;
      expect((await change(first, { before: third })).status).toBe(200);
      expected.splice(0, 3, second, first, third);
      expect(await idsInQueue()).toEqual(expected);
    }
  });

  it('refuses a place that is not in this queue, or no longer', async () => {
    const [mine, gone] = [await ask(), await ask()];
    const elsewhere = await ask({}, await givenSite());
    for (const before of [elsewhere.id, mine.id]) {
      expect((await change(mine.id, { before })).json.code).toBe('invalid_request');
    }
    expect((await change(mine.id, { before: newId() })).json.code).toBe('not_found');
    await call('POST', `/publications/${gone.id}/cancel`);
    expect((await change(mine.id, { before: gone.id })).json.code).toBe('conflict');
    expect((await change(gone.id, { before: mine.id })).json.code).toBe('invalid_state');
    expect((await change(mine.id, { before: null, priority: 'high' })).json.code).toBe('invalid_request');
    const timed = await ask({ status: 'future', publishAt: '2099-01-01T00:00:00Z' });
    expect((await change(timed.id, { before: mine.id })).json.code).toBe('invalid_state');
  });
});

describe('changing what waits', () => {
  it('gives it a time, another one, and takes it away again', async () => {
    const row = await ask({ status: 'draft' });
    await setSite({ timezone: 'Europe/Berlin' });
    const timed = await change(row.id, { publishAt: '2099-07-01T09:00' });
    expect(timed.json).toMatchObject({
      status: 'scheduled',
      wanted: 'future',
      publishAt: '2099-07-01T07:00:00.000Z',
      publishAtLocal: { time: '2099-07-01T09:00:00', timeZone: 'Europe/Berlin' },
    });
    expect(await claim(row.id)).toBeNull();
    const now = await change(row.id, { publishAt: null });
    expect(now.json).toMatchObject({ status: 'queued', wanted: 'publish', publishAt: null });
    expect((await call('GET', `/articles/${row.articleId}`)).json.status).toBe('approved');
    expect(await claim(row.id)).toBe(row.id);
  });

  it('keeps the place when only options or the wish change, and refuses what is being sent', async () => {
    const [first, second] = [await ask(), await ask()];
    expect((await change(first.id, { status: 'draft', options: { sticky: true } })).json).toMatchObject({
      wanted: 'draft',
      options: { sticky: true },
      ahead: 0,
    });
    await claim(second.id);
    for (const body of [{ priority: 'high' }, { status: 'publish' }, { before: second.id }]) {
      expect((await change(first.id, body)).json.code).toBe('invalid_state');
    }
    expect((await change(second.id, {})).status).toBe(422);
  });

  it('keeps the moment of what was scheduled when the zone of the site changes', async () => {
    await setSite({ timezone: 'Europe/Berlin' });
    const row = await ask({ status: 'future', publishAt: '2099-01-01T09:00' });
    await setSite({ timezone: 'America/New_York' });
    expect(await read(row.id)).toMatchObject({
      publishAt: '2099-01-01T08:00:00.000Z',
      publishAtLocal: { time: '2099-01-01T03:00:00', timeZone: 'America/New_York' },
    });
  });

  it('says what became of a time that the clocks of the site leave out', async () => {
    await setSite({ timezone: 'Europe/Berlin' });
    expect(await ask({ publishAt: '2027-03-28T02:30' })).toMatchObject({
      publishAt: '2027-03-28T01:30:00.000Z',
      publishAtLocal: { time: '2027-03-28T03:30:00' },
      warnings: ['The clocks of Europe/Berlin leave out 2027-03-28 02:30: it goes out at 2027-03-28 03:30 instead.'],
    });
  });
});

describe('pausing', () => {
  it('sends nothing until it is resumed, which makes a ticket at once', async () => {
    const row = await ask();
    expect((await call('POST', `/sites/${siteId}/pause`)).json).toMatchObject({ pausedBy: 'user' });
    expect(await read(row.id)).toMatchObject({ pausedBy: 'user', waiting: { reason: 'paused', until: null } });
    await dropTickets();
    await deliver(row.id);
    await set(row.id, { nextAttemptAt: secondsAgo(60) });
    // It may find those of other sites, which the tests before this one left behind.
    await sweepPublications(app.ctx);
    expect(await tickets()).toEqual([]);
    expect(wordpress.requests).toEqual([]);
    expect((await call('POST', `/sites/${siteId}/resume`)).json).toMatchObject({ pausedBy: null, message: null });
    expect(await tickets()).toHaveLength(1);
    await deliver(row.id);
    expect((await read(row.id)).status).toBe('published');
  });

  it('lets what is under way finish, and nothing follow it', async () => {
    const [first, second] = [await ask(), await ask()];
    let pausing: Promise<unknown> | undefined;
    wordpress.rule = (request) => {
      if (request.startsWith('POST')) pausing ??= call('POST', `/sites/${siteId}/pause`);
      return undefined;
    };
    await dropTickets();
    await deliver(first.id);
    await pausing;
    expect((await read(first.id)).status).toBe('published');
    await deliver(second.id);
    expect(await read(second.id)).toMatchObject({ status: 'queued', attempts: 0 });
  });

  it('by its user holds also where blog-poster had paused it, since the moment it was first paused', async () => {
    const pausedAt = new Date('2026-01-02T03:04:05Z');
    await setSite({ pausedAt, pausedBy: 'site', failingSince: pausedAt });
    const paused = await call('POST', `/sites/${siteId}/pause`);
    expect(paused.json).toMatchObject({ pausedBy: 'user', pausedAt: pausedAt.toISOString() });
    expect(paused.json.message).toContain('You have paused it');
  });

  it('by blog-poster can be ended by its user, who is told that the site still fails', async () => {
    await setSite({ pausedAt: new Date(), pausedBy: 'site', failingSince: new Date() });
    const row = await ask();
    expect(row).toMatchObject({ pausedBy: 'site', waiting: { reason: 'site_failing' } });
    expect(await claim(row.id)).toBeNull();
    const resumed = await call('POST', `/sites/${siteId}/resume`);
    expect(resumed.json).toMatchObject({ pausedBy: null, message: expect.stringContaining('may fail') });
    expect(await claim(row.id)).toBe(row.id);
  });
});

describe('a site that asks for fewer requests', () => {
  it('is left in peace with its whole queue, for as long as it says', async () => {
    const [first, second] = [await ask(), await ask()];
    wordpress.rule = () => ({ status: 429, headers: { 'retry-after': '120' } });
    await dropTickets();
    await deliver(first.id);
    const asked = wordpress.requests.length;
    await deliver(second.id);
    await deliver(first.id);
    expect(wordpress.requests).toHaveLength(asked);
    const { waiting } = await read(second.id);
    expect(waiting).toMatchObject({ reason: 'quiet', message: expect.stringContaining('asks for fewer requests') });
    const wait = Date.parse(waiting?.until ?? '') - Date.now();
    expect(wait).toBeGreaterThan(110_000);
    expect(wait).toBeLessThan(121_000);
    // A ticket comes at that time, and none before.
    expect((await tickets())[0]?.seconds).toBeGreaterThan(110);

    await setSite({ quietUntil: secondsAgo(0) });
    wordpress.rule = () => undefined;
    await deliver(second.id);
    expect((await read(second.id)).status).toBe('published');
  });

  it('is said to do so only for as long as it wants', async () => {
    await setSite({ quietUntil: secondsAgo(1) });
    expect(await queue()).toMatchObject({ quietUntil: null, message: null });
    const until = new Date(Date.now() + 60_000);
    await setSite({ quietUntil: until });
    expect(await queue()).toMatchObject({
      quietUntil: until.toISOString(),
      message: expect.stringContaining('fewer requests'),
    });
  });

  it('is asked at once when a person wants it', async () => {
    const row = await ask();
    await setSite({ quietUntil: new Date(Date.now() + 3_600_000) });
    expect(await claim(row.id)).toBeNull();
    await call('POST', `/publications/${row.id}/retry`);
    expect(await claim(row.id)).toBe(row.id);
  });
});

describe('tickets', () => {
  it('follow one another: whoever is done calls the next, and nobody polls', async () => {
    const [first, second] = [await ask(), await ask()];
    await dropTickets();
    await claim(first.id);
    await deliver(second.id);
    expect(await tickets()).toEqual([]);
    await set(first.id, { leaseExpiresAt: secondsAgo(1) });
    await deliver(second.id);
    expect((await read(first.id)).status).toBe('published');
    expect(await tickets()).toHaveLength(1);
  });

  it('come when the one that all waited for is cancelled', async () => {
    const [first] = [await ask(), await ask()];
    await claim(first.id);
    await dropTickets();
    await call('POST', `/publications/${first.id}/cancel`);
    expect(await tickets()).toHaveLength(1);
  });

  it('that were lost are made anew for each queue that stands still', async () => {
    const rows = [await ask(), await ask()];
    await dropTickets();
    await app.ctx.db
      .update(publications)
      .set({ nextAttemptAt: secondsAgo(60) })
      .where(eq(publications.siteId, siteId));
    await sweepPublications(app.ctx);
    expect(await tickets()).toHaveLength(1);
    await dropTickets();
    await claim(rows[0]?.id ?? '');
    await sweepPublications(app.ctx);
    expect(await tickets()).toEqual([]);
  });
});

describe('everything of a queue', () => {
  it('is cancelled but for what is being sent, and comes back in its old place', async () => {
    const [sent, first, second] = [await ask(), await ask(), await ask()];
    const timed = await ask({ status: 'future', publishAt: '2099-01-01T00:00:00Z' });
    await claim(sent.id);
    expect((await call('POST', `/sites/${siteId}/queue/cancel`)).json).toEqual({ changed: 3 });
    expect(await idsInQueue()).toEqual([sent.id]);
    for (const { id } of [second, first, timed]) await call('POST', `/publications/${id}/retry`);
    expect(await idsInQueue()).toEqual([sent.id, first.id, second.id, timed.id]);
    expect(await read(timed.id)).toMatchObject({ status: 'scheduled', publishAt: '2099-01-01T00:00:00.000Z' });
  });

  it('is counted also where it is more than is changed at once', async () => {
    const { id, articleId } = await ask();
    await app.ctx.db.execute(sql`
      with copied as (
        insert into articles select (jsonb_populate_record(null::articles,
          to_jsonb(original) || jsonb_build_object('id', gen_random_uuid()))).*
        from articles original, generate_series(1, 201) where original.id = ${articleId} returning id
      )
      insert into publications select (jsonb_populate_record(null::publications,
        to_jsonb(original) || jsonb_build_object('id', gen_random_uuid(), 'article_id', copied.id))).*
      from publications original, copied where original.id = ${id}`);
    expect((await call('POST', `/sites/${siteId}/queue/cancel`)).json).toEqual({ changed: 202 });
    expect(await idsInQueue()).toEqual([]);
  });

  it('that failed is tried again', async () => {
    const rows = [await ask(), await ask(), await ask()];
    const failed = { status: 'failed' as const, attempts: 9 };
    await app.ctx.db.update(publications).set(failed).where(eq(publications.siteId, siteId));
    await finish(rows[1]?.id ?? '');
    await dropTickets();
    expect((await queue()).counts).toMatchObject({ failed: 2 });
    expect((await call('POST', `/sites/${siteId}/queue/retry`)).json).toEqual({ changed: 2 });
    expect(await idsInQueue()).toEqual([rows[0]?.id, rows[2]?.id]);
    // With all its attempts, and a ticket at once.
    expect(await read(rows[0]?.id ?? '')).toMatchObject({ attempts: 0 });
    expect(await tickets()).toHaveLength(1);
    await call('POST', `/sites/${siteId}/queue/cancel`);
    const cancelled = await call('GET', `/publications?siteId=${siteId}&status=cancelled&status=published`);
    expect(cancelled.json.items).toHaveLength(3);
    await set(rows[1]?.id ?? '', { publishedAt: new Date() });
    const done = await call('GET', `/publications?siteId=${siteId}&order=published`);
    expect(done.json.items.map(({ id }: { id: string }) => id)).toEqual([rows[1]?.id]);
  });
});

it('a queue has an end: one more is refused with what to do, and other sites are not concerned', async () => {
  const { ownerId, db } = app.ctx;
  await db.execute(sql`with made as (
      insert into articles (id, user_id, title, slug, markdown, status, word_count)
      select gen_random_uuid(), ${ownerId}, 'Many', 'many-' || n || ${siteId}::text, 'Text.', 'draft', 1 from generate_series(1, ${mostWaiting}::int) as n returning id)
    insert into publications (id, user_id, article_id, site_id, wanted, status)
    select gen_random_uuid(), ${ownerId}, id, ${siteId}, 'publish', 'queued' from made`);
  const article = (await call('POST', '/articles', { title: 'One more', markdown: 'Text.' })).json;
  const publish = (site: string) =>
    call('POST', `/articles/${article.id}/publications`, { siteId: site, status: 'publish' });
  expect(await publish(siteId)).toMatchObject({ status: 429, json: { code: 'queue_full' } });
  expect((await publish(await givenSite())).status).toBe(202);
  await db.execute(
    sql`update publications set status = 'cancelled' where id = (select id from publications where site_id = ${siteId} limit 1)`,
  );
  expect((await publish(siteId)).status).toBe(202);
});
