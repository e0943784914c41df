import { sql } from 'drizzle-orm';
import { systemActor } from '../src/accounts/audit.ts';
import { redeemCode } from '../src/accounts/sign-in.ts';
import { offeredRevisions } from '../src/assist/schema.ts';
import { warnOfMissed } from '../src/budget/warnings.ts';
import { newId } from '../src/db/id.ts';
import { type Db, queryRows } from '../src/db/open.ts';
import { digest } from '../src/digest.ts';
import { passages, sources } from '../src/knowledge/schema.ts';
import { runPipeline } from '../src/pipeline/runner.ts';
import { keepKey, newKey as storedKey } from '../src/provider-keys/provider-keys.ts';
import { runDueSchedules } from '../src/schedules/run-due.ts';
import { deadLinks, sitePosts, siteSyncs } from '../src/site-posts/schema.ts';
import { watchedEntries, watchedSources } from '../src/watching/schema.ts';
import { subscribableTypeNames } from '../src/webhooks/event-types.ts';
import { type Account, client, givenAccount, goodPassword, logInAs } from './accounts.ts';
import { breadSources, givenCall } from './factories.ts';
import type { TestApp } from './harness.ts';

/** A user with something of every kind, whose texts all hold words that occur nowhere else. */
export interface Tenant extends Account {
  /** Words of which one stands in each text of this user. */
  markers: string[];
  /** A key with every scope, and the ones that no longer work. */
  apiKey: string;
  revokedKey: string;
  expiredKey: string;
  /** An access token of a session that has ended, and a refresh token that was used. */
  endedAccessToken: string;
  /** A key of a request that created something. */
  idempotencyKey: string;
}

/**
 * A user with something of every kind, made through the routes. A table with a `user_id` in which this leaves no row
 * makes the wall test fail: whatever is new in the product is to be made here as well.
 */
export async function givenTenant(app: TestApp, name: string): Promise<Tenant> {
  const markers: string[] = [];
  const mark = (kind: string) => {
    const word = `zq${name}${kind}${crypto.randomUUID().replaceAll('-', '').slice(0, 12)}`;
    markers.push(word);
    return word;
  };
  const { ctx } = app;
  const email = `${mark('mail')}@example.com`;
  const first = await givenAccount(app, email);
  const ended = await logInAs(app, email, goodPassword);
  await client(app).ask('POST', '/auth/token', { refreshToken: ended.refreshToken });
  await ended.api.ask('POST', '/auth/logout');
  const account = await logInAs(app, email, goodPassword);
  const post = async <Answer = { id: string }>(path: string, body: object = {}, headers = {}): Promise<Answer> => {
    const answer = await account.api.ask<Answer>('POST', path, body, headers);
    if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.json)}`);
    return answer.json;
  };
  await account.api.ask('PATCH', '/me', { name: mark('name'), voice: mark('voice') });
  await client(app).ask('POST', '/auth/forgot-password', { email });
  await post('/me/two-factor', { password: goodPassword });
  await redeemCode(ctx, first.id, '000000');

  // The oldest, so that it is among those that are tried.
  const binnedSource = { id: newId(), userId: first.id, title: mark('binnedsource'), contentHash: mark('hash') };
  await ctx.db.insert(sources).values({ ...binnedSource, kind: 'text', wordCount: 1, deletedAt: new Date() });
  await ctx.db
    .insert(passages)
    .values({ id: newId(), userId: first.id, sourceId: binnedSource.id, ordinal: 0, text: mark('binnedpassage') });
  const site = await post('/sites', {
    name: mark('site'),
    url: `http://127.0.0.1:9/${mark('path')}`,
    username: mark('login'),
    applicationPassword: mark('secret'),
  });
  // A connection that was begun; the site is not to be had from here.
  const stateHash = mark('state');
  await ctx.db.execute(sql`insert into site_connections (id, user_id, state_hash, url, name, site_id, expires_at)
    values (${newId()}, ${first.id}, ${stateHash}, ${`http://127.0.0.1:9/${mark('begun')}`}, ${mark('title')}, ${site.id}, now() + interval '1 day')`);
  const brief = () => ({
    topic: `Keeping a sourdough starter ${mark('topic')}`,
    keyword: mark('keyword'),
    sources: breadSources.map(({ title, text }) => ({
      title: `${title} ${mark('source')}`,
      text: `${text}\n\n${mark('passage')} is a word that bakers use for a starter that is fed at noon.`,
    })),
    siteId: site.id,
    duplicates: 'allow',
  });
  const draft = await post('/pipelines', { ...brief(), publish: 'draft' });
  // One that goes public by itself, of which its user is told, and which they have put on hold.
  const automatic = { publish: 'publish', approval: 'auto', minSeoScore: 0 };
  const held = await post('/pipelines', { ...brief(), ...automatic });
  for (const { id } of [draft, held]) await runPipeline(ctx, id, new AbortController().signal);
  const { articleId } = (await account.api.ask<{ articleId: string }>('GET', `/pipelines/${held.id}`)).json;
  await post(`/articles/${articleId}/hold`);
  await post('/pipelines', brief());
  // What ended failed, of two kinds.
  const broken = await post('/pipelines', brief());
  const error = (kind: string) => JSON.stringify({ code: 'internal', message: mark(kind), hint: mark(kind) });
  await ctx.db.execute(
    sql`update pipelines set status = 'failed', finished_at = now(), error = ${error('failure')}::jsonb where id = ${broken.id}`,
  );
  // The offline writer costs nothing: what was paid has to be made. It is so much that its user is told.
  const costMicroUsd = ctx.config.budget.userLimitMicroUsd / 2;
  await givenCall(ctx.db, { userId: first.id, pipelineId: draft.id, startedAt: new Date(), costMicroUsd });
  await warnOfMissed(ctx);

  const webhook = await post('/webhooks', {
    // A public address; nothing is sent there, because no worker runs.
    url: `https://93.184.216.34/${mark('hook')}`,
    description: mark('hooktext'),
    events: subscribableTypeNames.slice(0, 1),
  });
  await post(`/webhooks/${webhook.id}/test`);

  const byHand = () => ({ title: mark('title'), markdown: `Text with ${mark('markdown')}.` });
  const idempotencyKey = crypto.randomUUID();
  const article = await post('/articles', byHand(), { 'idempotency-key': idempotencyKey });
  await account.api.ask('PATCH', `/articles/${article.id}`, { revision: 1, markdown: mark('revision') });
  await post(`/articles/${article.id}/publications`, {
    siteId: site.id,
    status: 'future',
    publishAt: '2099-01-01T00:00:00Z',
  });
  // One that a person's edit on the site has stopped: what there is to choose between is the user's as well.
  const theirs = { id: 1, status: 'publish', slug: 's', link: '', title: mark('theirs'), content: '', excerpt: '' };
  await ctx.db.execute(sql`update publications set status = 'conflict', remote_id = 1, next_attempt_at = null,
    theirs = ${JSON.stringify(theirs)}::jsonb, conflict = '{"kind":"edited","fields":[],"late":false}'
    where article_id = ${article.id}`);
  // As a model would have left it.
  const offered = { passageId: null, quote: null, verdict: 'unsupported' as const, reason: 'r', judgedBy: null };
  await ctx.db.insert(offeredRevisions).values({
    ...{ id: newId(), userId: first.id, articleId: article.id, action: 'rewrite' },
    claims: [{ text: mark('offer'), ...offered }],
  });
  await post('/articles/import', {
    format: 'json',
    documents: [{ name: 'a.json', text: JSON.stringify({ title: mark('imported'), content_markdown: mark('text') }) }],
  });
  const image = await post('/images/card', { title: mark('card') });
  await account.api.ask('PATCH', `/images/${image.id}`, { caption: mark('caption') });
  await account.api.ask('PATCH', `/articles/${article.id}`, { revision: 2, featuredImageId: image.id });
  await ctx.db.execute(sql`insert into site_media (site_id, image_id, user_id, remote_id, remote_url)
    values (${site.id}, ${image.id}, ${first.id}, 7, ${`https://site.example/${mark('media')}.png`})`);
  const binnedImage = await post('/images/card', { title: mark('binnedcard') });
  await account.api.ask('DELETE', `/images/${binnedImage.id}`);
  const binned = await post('/articles', byHand());
  await account.api.ask('DELETE', `/articles/${binned.id}`);

  // As a worker would have left it: no site answers here.
  await ctx.db.insert(siteSyncs).values({ siteId: site.id, userId: first.id });
  const url = `https://blog.example/${mark('posturl')}/`;
  const read = { siteId: site.id, userId: first.id, remoteId: 1, url, slug: mark('postslug'), status: 'publish' };
  await ctx.db.insert(sitePosts).values({ ...read, title: mark('posttitle'), excerpt: mark('postexcerpt') });
  await ctx.db.insert(deadLinks).values({ articleId: article.id, userId: first.id, siteId: site.id, url });

  // As it was found and read: nobody answers here.
  const watched = newId();
  const feed = `https://feeds.example/${mark('feed')}`;
  await ctx.db.insert(watchedSources).values({
    ...{
      id: watched,
      userId: first.id,
      siteId: site.id,
      name: mark('watched'),
      url: feed,
      addressKey: feed,
      kind: 'feed',
    },
  });
  const title = mark('entry');
  await ctx.db.insert(watchedEntries).values({
    ...{ id: newId(), userId: first.id, sourceId: watched, title, sameness: title, url: `${feed}/1`, outcome: 'old' },
  });
  await post('/topics', {
    topic: `Bread ${mark('backlog')}`,
    duplicates: 'allow',
    note: mark('note'),
    siteId: site.id,
  });
  const schedule = await post('/schedules', { name: mark('schedule'), siteId: site.id, rule: { cron: '0 9 * * 1' } });
  // A Monday.
  await post(`/schedules/${schedule.id}/slots`, { slotAt: '2099-01-05T09:00:00Z', moveTo: '2099-01-06T10:00:00Z' });
  await ctx.db.execute(sql`update schedules set next_slot_at = date_trunc('second', now()) where id = ${schedule.id}`);
  await runDueSchedules(ctx);
  // It comes to a time without a topic, of which its owner is told.
  const second = await post('/schedules', { name: mark('schedule'), siteId: site.id, rule: { cron: '0 9 * * 1' } });
  await ctx.db.execute(sql`update schedules set next_slot_at = date_trunc('second', now()) where id = ${second.id}`);
  await runDueSchedules(ctx);
  await post('/topics', { topic: `Rolls ${mark('backlog')}`, duplicates: 'allow', keyword: mark('topicword') });

  const newKey = () =>
    post<{ id: string; key: string }>('/api-keys', { name: mark('key'), scopes: ['read', 'write', 'publish'] });
  const [active, revoked, expired] = [await newKey(), await newKey(), await newKey()];
  await account.api.ask('DELETE', `/api-keys/${revoked.id}`);
  await ctx.db.execute(sql`update api_keys set expires_at = now() - interval '1 second' where id = ${expired.id}`);

  // Stored without asking the provider.
  const ownKey = storedKey('google', mark('ownkey'));
  await keepKey(ctx, first.id, ownKey, { status: 'unchecked', problem: mark('problem') }, systemActor);

  return {
    ...account,
    id: first.id,
    markers,
    apiKey: active.key,
    revokedKey: revoked.key,
    expiredKey: expired.key,
    endedAccessToken: ended.accessToken,
    idempotencyKey,
  };
}

/** The table that holds a kind, where it is not named like it. */
const tablesOfKinds: Record<string, string> = {
  deliveries: 'webhook_deliveries',
  queue: 'publications',
  'featured-images': 'images',
  posts: 'site_posts',
  runs: 'schedule_runs',
  failures: 'pipelines',
  waiting: 'pipelines',
  redrive: 'pipelines',
  dismiss: 'pipelines',
  undismiss: 'pipelines',
  // Those that are watched; those that articles were written from are documents.
  sources: 'watched_sources',
  documents: 'sources',
  // What is opened or dismissed many at a time.
  decide: 'topics',
};
/** The column that names an object of a kind, where it is not `id`. */
const idsOfKinds: Record<string, string> = { posts: 'remote_id', 'dead-links': 'article_id' };

/**
 * Reads the ids of a user's objects of a kind, the oldest first. Throws when there is none, and says what to do then: a
 * kind that the test knows no object of would be a hole in the wall that nobody looks at.
 */
export async function objectsOf(db: Db, userId: string, kind: string, whatFor: string): Promise<string[]> {
  const table = tablesOfKinds[kind] ?? kind.replaceAll('-', '_');
  const owner = { users: 'id', invitations: 'invited_by' }[table] ?? 'user_id';
  const columns = await queryRows<{ name: string }>(
    db,
    sql`select column_name as name from information_schema.columns where table_schema = 'public' and table_name = ${table}`,
  );
  if (!columns.some(({ name }) => name === owner)) {
    throw new Error(
      `${whatFor}: no table of "${kind}" with ${owner} is known; name it in tablesOfKinds of test/tenant-wall.ts`,
    );
  }
  const rows = await queryRows<{ id: string }>(
    db,
    sql`select ${sql.identifier(idsOfKinds[kind] ?? 'id')}::text as id from ${sql.identifier(table)} where ${sql.identifier(owner)} = ${userId} order by 1`,
  );
  if (rows.length === 0) {
    throw new Error(
      `${whatFor}: there is no row of "${kind}" to attack; make one in givenTenant of test/tenant-wall.ts`,
    );
  }
  return rows.map(({ id }) => id);
}

/** A digest of every row of a user in each table, to see whether anything has changed. */
export async function digestOfUser(db: Db, userId: string): Promise<Record<string, { rows: number; digest: string }>> {
  const digests: Record<string, { rows: number; digest: string }> = {};
  for (const { table, column } of await tablesOfUsers(db)) {
    const rows = await queryRows<{ row: string }>(
      db,
      sql`select row_to_json(t)::text as row from ${sql.identifier(table)} t where ${sql.identifier(column)} = ${userId} order by 1`,
    );
    digests[table] = { rows: rows.length, digest: digest(rows.map(({ row }) => row)) };
  }
  return digests;
}

/** The ids of everything that a user has. */
export async function idsOfUser(db: Db, userId: string): Promise<string[]> {
  const ids: string[] = [];
  for (const { table, column, hasId } of await tablesOfUsers(db)) {
    if (!hasId) continue;
    const rows = await queryRows<{ id: string }>(
      db,
      sql`select id from ${sql.identifier(table)} where ${sql.identifier(column)} = ${userId}`,
    );
    ids.push(...rows.map(({ id }) => id));
  }
  return ids;
}

async function tablesOfUsers(db: Db): Promise<{ table: string; column: string; hasId: boolean }[]> {
  const rows = await queryRows<{ name: string; has_id: boolean }>(
    db,
    sql`select table_name as name, exists (
          select 1 from information_schema.columns i
          where i.table_schema = 'public' and i.table_name = c.table_name and i.column_name = 'id' and i.data_type = 'uuid'
        ) as has_id
        from information_schema.columns c where table_schema = 'public' and column_name = 'user_id' order by 1`,
  );
  return [
    { table: 'users', column: 'id', hasId: true },
    ...rows.map(({ name, has_id }) => ({ table: name, column: 'user_id', hasId: has_id })),
  ];
}

/** Rows that refer to another user's row, by table and column: there is to be none, whoever asked for what. */
export async function referencesAcross(db: Db): Promise<string[]> {
  const owned = new Set((await tablesOfUsers(db)).map(({ table }) => table));
  const keys = await queryRows<{ child: string; column: string; parent: string; key: string }>(
    db,
    sql`select c.conrelid::regclass::text as child, a.attname as column, c.confrelid::regclass::text as parent, b.attname as key
        from pg_constraint c
        join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
        join pg_attribute b on b.attrelid = c.confrelid and b.attnum = c.confkey[1]
        where c.contype = 'f' and c.connamespace = 'public'::regnamespace`,
  );
  const across: string[] = [];
  for (const { child, column, parent, key } of keys) {
    if (parent === 'users' || !owned.has(child) || !owned.has(parent)) continue;
    const [found] = await queryRows<{ count: number }>(
      db,
      sql`select count(*)::int as count from ${sql.identifier(child)} c
          join ${sql.identifier(parent)} p on p.${sql.identifier(key)} = c.${sql.identifier(column)}
          where p.user_id <> c.user_id`,
    );
    if (found && found.count > 0) across.push(`${child}.${column}: ${found.count}`);
  }
  return across;
}

/** Routes of the server that its description leaves out, as `METHOD /path`. */
export function hiddenRoutes(printed: string, described: Set<string>): string[] {
  const parents: string[] = [];
  const hidden: string[] = [];
  for (const line of printed.split('\n')) {
    const match = /^([│ ]*)[├└]── (\S*)(?: \(([A-Z, ]+)\))?/u.exec(line);
    if (!match) continue;
    const [, indent = '', part = '', methods] = match;
    const depth = indent.length / 4;
    parents.splice(depth, Number.POSITIVE_INFINITY, part);
    const path = parents.join('').replaceAll(/:(\w+)/g, '{$1}');
    for (const method of methods?.split(', ') ?? []) {
      const name = `${method === 'HEAD' ? 'GET' : method} ${path}`;
      if (path.startsWith('/api/') && !described.has(name)) hidden.push(name);
    }
  }
  return [...new Set(hidden)];
}
