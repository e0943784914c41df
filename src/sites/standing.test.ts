import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Account, givenAccount } from '../../test/accounts.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { newestMail } from '../../test/mailbox.ts';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import type { SafeFetchOptions, SafeFetchResponse } from '../net/safe-fetch.ts';
import { emails } from '../notify/schema.ts';
import { publications } from '../publishing/schema.ts';
import { webhookDeliveries } from '../webhooks/schema.ts';
import { sealCredential } from './credentials.ts';
import { type Site, sites } from './schema.ts';
import { checkSoon } from './standing.ts';
import { checkDueSites } from './worker.ts';

type Health = 'well' | 'refuses the password' | 'down';

let app: TestApp;
let ctx: AppContext;
let user: Account;
const health = new Map<string, Health>();
const asked: string[] = [];
const never = new AbortController().signal;

beforeAll(async () => {
  app = await startTestApp();
  ctx = { ...app.ctx, safeFetch: Object.assign(answer, { close: async () => undefined }) };
  user = await givenAccount(app, 'owner@example.com');
});
afterAll(() => app.close());
beforeEach(async () => {
  await ctx.db.delete(emails);
  // What earlier tests left is not due in this one.
  await ctx.db.update(sites).set({ nextCheckAt: sql`now() + interval '1 day'` as never });
  asked.length = 0;
});

/** A WordPress as far as the check looks at it, whose health is set by its host. */
async function answer(target: string | URL, options: SafeFetchOptions): Promise<SafeFetchResponse> {
  const url = new URL(target);
  asked.push(url.host);
  const state = health.get(url.host) ?? 'well';
  const [status, json] = stateOf(state, url, options);
  const headers = new Headers({ 'content-type': url.pathname === '/' ? 'text/html' : 'application/json' });
  return { status, headers, url: url.href, redirects: [], body: new TextEncoder().encode(JSON.stringify(json)) };
}

function stateOf(state: Health, url: URL, options: SafeFetchOptions): [number, unknown] {
  if (state === 'down') return [500, { code: 'internal_server_error', message: 'broken' }];
  if (!url.pathname.endsWith('/users/me')) {
    return [
      200,
      { name: 'Blog', home: url.origin, namespaces: ['wp/v2'], authentication: { 'application-passwords': {} } },
    ];
  }
  const login = new Headers(options.headers as Record<string, string>).has('authorization');
  if (state === 'refuses the password' || !login) return [401, { code: 'rest_not_logged_in', message: 'no' }];
  const capabilities = { edit_posts: true, publish_posts: true, upload_files: true };
  return [200, { id: 1, username: 'admin', name: 'Admin', roles: ['administrator'], capabilities }];
}

async function givenSite(change: Partial<Record<keyof Site, unknown>> = {}): Promise<Site> {
  const id = newId();
  const [row] = await ctx.db
    .insert(sites)
    .values({
      id,
      userId: user.id,
      name: `Blog ${id}`,
      url: `https://${id}.example/`,
      username: 'admin',
      ...sealCredential(ctx.secrets, id, 'abcdEFGH'),
      lastOkAt: sql`now() - interval '1 day'`,
      nextCheckAt: sql`now() - interval '1 second'`,
      ...change,
    } as typeof sites.$inferInsert)
    .returning();
  return row as Site;
}

const now = async ({ id }: Pick<Site, 'id'>) => {
  const [row] = await ctx.db.select().from(sites).where(eq(sites.id, id));
  return row as Site;
};
const makeDue = ({ id }: Site) =>
  ctx.db
    .update(sites)
    .set({ nextCheckAt: sql`now() - interval '1 second'` as never })
    .where(eq(sites.id, id));
const check = async (site: Site, state: Health) => {
  health.set(new URL(site.url).host, state);
  await makeDue(site);
  await checkDueSites(ctx, never);
  return now(site);
};
const mails = () => ctx.db.$count(emails, eq(emails.kind, 'site-failing'));
const hoursAhead = (at: Date) => (at.getTime() - Date.now()) / 3_600_000;

async function givenPublication(site: Site, change: Partial<Record<keyof typeof publications.$inferInsert, unknown>>) {
  const article = await app.ctx.db.execute(
    sql`insert into articles (id, user_id, title, slug, markdown, word_count, status)
        values (${newId()}, ${user.id}, 'Bread', ${`bread-${newId()}`}, 'Bread.', 1, 'ready') returning id`,
  );
  const articleId = (article as unknown as { rows: { id: string }[] }).rows[0]?.id;
  const [row] = await ctx.db
    .insert(publications)
    .values({ id: newId(), userId: user.id, articleId, siteId: site.id, wanted: 'draft', ...change } as never)
    .returning();
  return row as typeof publications.$inferSelect;
}
const statusOf = async ({ id }: { id: string }) => {
  const [row] = await ctx.db.select().from(publications).where(eq(publications.id, id));
  return row?.status;
};

test('a site that is due is checked, once by two processes at a time, and again a day later', async () => {
  const site = await givenSite();
  const counts = await Promise.all([checkDueSites(ctx, never), checkDueSites(ctx, never)]);
  expect(counts[0] + counts[1]).toBe(1);
  const row = await now(site);
  expect(row.lastCheck?.ok).toBe(true);
  expect(hoursAhead(row.nextCheckAt)).toBeGreaterThan(21.9);
  expect(hoursAhead(row.nextCheckAt)).toBeLessThan(26.1);
});

test('a refused password holds the queue and is told once; the next good check lets it go on', async () => {
  const { api } = user;
  const events = ['site.check_failed', 'site.recovered'];
  const hook = await api.ask('POST', '/webhooks', { url: 'https://93.184.216.34/hook', events });
  expect(hook.status).toBe(201);
  const site = await givenSite();
  const broken = await check(site, 'refuses the password');
  expect(broken).toMatchObject({ pausedBy: 'site', toldFailing: true });
  expect(broken.failingSince).not.toBeNull();
  expect(hoursAhead(broken.nextCheckAt)).toBeLessThan(1.1);
  await check(site, 'refuses the password');
  await check(site, 'down');
  expect(await mails()).toBe(1);
  const { text, subject } = await newestMail(app, 'owner@example.com', 'site-failing');
  expect(subject).toContain(site.name);
  expect(text).toContain('Application Password');

  const well = await check(site, 'well');
  expect(well).toMatchObject({ pausedAt: null, pausedBy: null, failingSince: null, toldFailing: false });
  const told = await ctx.db.select().from(webhookDeliveries);
  expect(told.map(({ eventType }) => eventType).sort()).toEqual(['site.check_failed', 'site.recovered']);
  // What has ended may begin again, and is told again.
  await check(site, 'refuses the password');
  expect(await mails()).toBe(2);
});

test('what may pass by itself holds nothing until it fails a second check', async () => {
  const site = await givenSite();
  const first = await check(site, 'down');
  expect(first).toMatchObject({ pausedAt: null, toldFailing: false });
  expect(hoursAhead(first.nextCheckAt)).toBeLessThan(0.1);
  expect(await mails()).toBe(0);
  expect(await check(site, 'well')).toMatchObject({ failingSince: null });
  await check(site, 'down');
  expect(await check(site, 'down')).toMatchObject({ pausedBy: 'site', toldFailing: true });
  expect(await mails()).toBe(1);
});

test('a queue that its user has paused stays theirs', async () => {
  const site = await givenSite({ pausedAt: sql`now()`, pausedBy: 'user' });
  expect((await check(site, 'refuses the password')).pausedBy).toBe('user');
  expect((await check(site, 'well')).pausedBy).toBe('user');
});

test('nobody is mailed about a site that never worked', async () => {
  const site = await givenSite({ lastOkAt: null });
  expect(await check(site, 'refuses the password')).toMatchObject({ pausedAt: null, toldFailing: true });
  expect(await mails()).toBe(0);
});

test('what the failing site has stopped is tried again when it works, and nothing else', async () => {
  const site = await givenSite();
  // The first failure is what has the site checked.
  const failedAt = sql`now()`;
  const first = await givenPublication(site, { status: 'failed', failedAt, failedCause: 'credentials_rejected' });
  const failing = await check(site, 'refuses the password');
  const stopped = await givenPublication(site, { status: 'failed', failedAt, failedCause: 'credentials_rejected' });
  const refused = await givenPublication(site, { status: 'failed', failedAt, failedCause: null });
  const earlier = await givenPublication(site, {
    status: 'failed',
    failedAt: new Date((failing.lastOkAt?.getTime() ?? 0) - 1000),
    failedCause: 'credentials_rejected',
  });
  await check(site, 'well');
  expect(await statusOf(first)).toBe('queued');
  expect(await statusOf(stopped)).toBe('queued');
  expect(await statusOf(refused)).toBe('failed');
  expect(await statusOf(earlier)).toBe('failed');
});

test('something that goes wrong has the site checked soon, and not more than once a minute', async () => {
  const site = await givenSite({ nextCheckAt: sql`now() + interval '1 day'` });
  await checkSoon(ctx.db, site.id);
  expect(await checkDueSites(ctx, never)).toBe(1);
  await checkSoon(ctx.db, site.id);
  expect(await checkDueSites(ctx, never)).toBe(0);
});

test('a password that cannot be read and a disabled user keep no other site from its check', async () => {
  const unreadable = await givenSite({ credential: 'AAAA', nextCheckAt: sql`now() - interval '1 hour'` });
  const site = await givenSite();
  await checkDueSites(ctx, never);
  expect((await now(site)).lastCheck?.ok).toBe(true);
  expect((await now(unreadable)).lastCheck).toBeNull();
  await makeDue(site);
  await ctx.db.execute(sql`update users set disabled = true where id = ${user.id}`);
  asked.length = 0;
  expect(await checkDueSites(ctx, never)).toBe(0);
  expect(asked).toEqual([]);
  await ctx.db.execute(sql`update users set disabled = false where id = ${user.id}`);
});
