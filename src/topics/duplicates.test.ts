import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { givenPipeline, givenSite, givenSitePost } from '../../test/factories.ts';
import { createPlainEmbedder } from '../../test/fakes/plain-embedder.ts';
import { startTestApp, type TestApp, type TestContext } from '../../test/harness.ts';
import { users } from '../accounts/schema.ts';
import { insertArticle } from '../articles/articles.ts';
import { articles } from '../articles/schema.ts';
import { newId } from '../db/id.ts';
import { runDueSchedules } from '../schedules/run-due.ts';
import { sitePosts } from '../site-posts/schema.ts';
import { lookForDuplicates } from './duplicates.ts';
import { topics } from './schema.ts';
import { addTopics } from './topics.ts';

let app: TestApp;
let ctx: TestContext;
let siteId: string;
let otherSite: string;
beforeAll(async () => {
  app = await startTestApp({ overrides: { embedder: createPlainEmbedder() } });
  ctx = app.ctx;
  siteId = await givenSite(ctx, 'Bakery');
  otherSite = await givenSite(ctx, 'Other');
});
afterAll(() => app.close());
beforeEach(async () => {
  await ctx.db.execute(sql`delete from schedules`);
  await ctx.db.delete(topics);
  await ctx.db.execute(sql`delete from pipelines`);
  await ctx.db.delete(articles);
  await ctx.db.delete(sitePosts);
});

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
async function call(method: Method, url: string, payload?: object) {
  const answer = await app.server.inject({ method, url: `/api/v1${url}`, ...(payload ? { payload } : {}) });
  return { status: answer.statusCode, json: answer.body === '' ? null : answer.json() };
}
const article = (title: string) =>
  insertArticle(ctx, ctx.db, ctx.ownerId, {
    title,
    markdown: 'Text.',
    language: 'en',
    pipelineId: null,
    author: 'user',
  });
const topicsNow = async () => (await ctx.db.select().from(topics).orderBy(topics.position)).map(({ topic }) => topic);
const add = async (topic: string, more = {}) => (await call('POST', '/topics', { topic, ...more })).json;

const topic = 'How to keep a sourdough starter alive';
const like = 'Keeping a sourdough starter alive';

describe('adding a topic', () => {
  it('that is like an article is refused, which is named with why', async () => {
    const { id } = await article(like);
    const refused = await call('POST', '/topics', { topic });
    expect(refused).toMatchObject({
      status: 409,
      json: {
        code: 'duplicate_topic',
        duplicateOf: { kind: 'article', id, title: like, reason: expect.stringContaining('same') },
      },
    });
    expect(refused.json.detail).toContain(`"${like}"`);
    expect(refused.json.hint).toContain('duplicates: "allow"');
    expect(await topicsNow()).toEqual([]);
  });

  it('that is like a post of its site is refused, with the address; for another site it is not', async () => {
    await givenSitePost(ctx, siteId, 7, { title: like });
    const refused = await call('POST', '/topics', { topic, siteId });
    expect(refused.json.duplicateOf).toMatchObject({ kind: 'post', id: null, url: 'https://blog.example/post-7/' });
    expect((await call('POST', '/topics', { topic, siteId: otherSite })).status).toBe(201);
    // For any site, all posts count.
    expect((await call('POST', '/topics', { topic: 'Sourdough starter: keep it alive' })).status).toBe(409);
  });

  it('that is like what is being written, or like a topic of the backlog, is refused', async () => {
    const { id } = await givenPipeline(ctx, { topic: like });
    expect((await call('POST', '/topics', { topic })).json.duplicateOf).toMatchObject({ kind: 'pipeline', id });
    await ctx.db.execute(sql`delete from pipelines`);
    const first = await add(like);
    expect((await call('POST', '/topics', { topic })).json.duplicateOf).toMatchObject({ kind: 'topic', id: first.id });
    // A dismissed one is in nobody's way.
    await call('DELETE', `/topics/${first.id}`);
    expect((await call('POST', '/topics', { topic })).status).toBe(201);
  });

  it('that is like a topic in the backlog of another account is added', async () => {
    const other = newId();
    await ctx.db.insert(users).values({ id: other, name: 'Other' });
    await ctx.db.transaction((tx) => addTopics(tx, other, [{ topic: like }]));
    expect((await call('POST', '/topics', { topic })).status).toBe(201);
  });

  it('goes on when a person wants it all the same, and that is remembered', async () => {
    await article(like);
    const added = await call('POST', '/topics', { topic, duplicates: 'allow' });
    expect(added).toMatchObject({ status: 201, json: { duplicatesAllowed: true } });
    const { id } = added.json;
    expect((await call('PATCH', `/topics/${id}`, { note: 'Mine' })).status).toBe(200);
    await call('DELETE', `/topics/${id}`);
    expect((await call('PATCH', `/topics/${id}`, { status: 'open' })).status).toBe(200);
    // Another text is another question.
    await article('Baking rye bread at home');
    expect((await call('PATCH', `/topics/${id}`, { topic: 'Baking rye bread' })).json.code).toBe('duplicate_topic');
  });

  it('is compared in other words by meaning, by one at a time', async () => {
    await article('Puppy training basics');
    const near = 'How to train your puppy';
    const byWords = await lookForDuplicates(ctx, ctx.ownerId, [{ topic: near }]);
    const sure = await lookForDuplicates(ctx, ctx.ownerId, [{ topic: near }], { meaning: true });
    expect(sure.duplicates[0] ?? byWords.duplicates[0]).toMatchObject({ title: 'Puppy training basics' });
  });

  it('that is a sibling is no duplicate', async () => {
    await article('Best laptops 2025');
    await givenSitePost(ctx, siteId, 8, { title: 'SEO for dentists' });
    for (const sibling of ['Best laptops 2026', 'SEO for lawyers']) {
      expect((await call('POST', '/topics', { topic: sibling })).status, sibling).toBe(201);
    }
  });

  it('at the same moment as one like it adds one of them', async () => {
    const answers = await Promise.all([topic, like].map((one) => call('POST', '/topics', { topic: one })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect(await topicsNow()).toHaveLength(1);
  });
});

describe('a list', () => {
  it('adds the others, and lists those that are like something, or like an earlier line', async () => {
    await article(like);
    const { status, json } = await call('POST', '/topics/bulk', {
      topics: [
        { topic },
        { topic: 'Baking rye bread' },
        { topic: 'How to bake rye bread' },
        { topic: 'Baking rye bread!' },
        { topic: 'How to bake a rye bread', duplicates: 'allow' },
      ],
    });
    expect(status).toBe(201);
    expect(await topicsNow()).toEqual(['Baking rye bread', 'How to bake a rye bread']);
    expect(json.known).toEqual(['Baking rye bread!']);
    expect(json.refused).toMatchObject([
      { topic, code: 'duplicate_topic', duplicateOf: { kind: 'article' } },
      { topic: 'How to bake rye bread', duplicateOf: { kind: 'topic', title: 'Baking rye bread' } },
    ]);
  });
});

describe('changing and deciding', () => {
  it('a change of words into a duplicate is refused, and nothing of it is done', async () => {
    await article(like);
    const { id } = await add('Baking rye bread');
    const refused = await call('PATCH', `/topics/${id}`, { topic, note: 'Other' });
    expect(refused.json.code).toBe('duplicate_topic');
    expect((await call('GET', `/topics/${id}`)).json).toMatchObject({ topic: 'Baking rye bread', note: null });
    expect((await call('PATCH', `/topics/${id}`, { topic, duplicates: 'allow' })).status).toBe(200);
  });

  it('accepts many proposals, last in the backlog, but not what has been written about meanwhile', async () => {
    await add('An open one');
    const proposed = await ctx.db.transaction((tx) =>
      addTopics(
        tx,
        ctx.ownerId,
        [topic, 'Baking rye bread', 'Spelt rolls'].map((one) => ({ topic: one, status: 'proposed' as const })),
        { origin: 'feed' },
      ),
    );
    await add('Another open one');
    await article(like);
    const ids = proposed.added.map(({ id }) => id);
    const decided = await call('POST', '/topics/decide', { ids: [ids[2], ids[1], ids[0]], status: 'open' });
    expect(decided).toMatchObject({ status: 200, json: { changed: 2 } });
    expect(decided.json.refused).toMatchObject([{ id: ids[0], topic, code: 'duplicate_topic' }]);
    const open = (await call('GET', '/topics?status=open')).json.items.map((one: { topic: string }) => one.topic);
    expect(open).toEqual(['An open one', 'Another open one', 'Spelt rolls', 'Baking rye bread']);
    expect((await call('POST', '/topics/decide', { ids, status: 'open' })).json.changed).toBe(0);
    expect((await call('POST', '/topics/decide', { ids, status: 'dismissed' })).json.changed).toBe(3);
    const none = await call('POST', '/topics/decide', { ids: [ids[0], crypto.randomUUID()], status: 'open' });
    expect(none.status).toBe(404);
  });
});

describe('a schedule', () => {
  const due = async (brief = {}) => {
    const { json } = await call('POST', '/schedules', { name: 'Daily', rule: { cron: '0 9 * * *' }, brief });
    await ctx.db.execute(sql`update schedules set next_slot_at = date_trunc('second', now()) where id = ${json.id}`);
    return runDueSchedules(ctx);
  };

  it('dismisses topics that have become duplicates since, says why, and takes the next', async () => {
    const first = await add(topic, { note: 'Ann wants it' });
    const second = await add('Baking rye bread');
    await article(like);
    const [run] = await due();
    expect(run).toMatchObject({ outcome: 'started', topicId: second.id });
    expect((await call('GET', `/topics/${first.id}`)).json).toMatchObject({
      status: 'dismissed',
      note: expect.stringMatching(/^Not written: This is close to "Keeping.*\nAnn wants it$/),
    });
  });

  it('takes what a person wants all the same, and its article is not stopped', async () => {
    await article(like);
    const { id } = await add(topic, { duplicates: 'allow' });
    const [run] = await due();
    expect(run).toMatchObject({ outcome: 'started', topicId: id });
    const pipeline = await call('GET', `/pipelines/${run?.pipelineId}`);
    expect(pipeline.json.topic).toBe(topic);
    const rows = await ctx.db.execute(sql`select duplicates_allowed from pipelines where id = ${run?.pipelineId}`);
    expect(JSON.stringify(rows)).toContain('true');
  });

  it('that writes duplicates takes them', async () => {
    const { id } = await add(topic);
    await article(like);
    expect(await due({ duplicates: 'allow' })).toMatchObject([{ topicId: id }]);
  });
});

it('a long list against thousands of titles leaves the thread to others', async () => {
  const parts = ['sourdough', 'rye', 'spelt', 'oven', 'crust', 'flour', 'yeast', 'salt', 'dough', 'crumb'];
  const rows = Array.from({ length: 3000 }, (_, at) => `Post of ${parts[at % 10]} and bakery ${at}`);
  for (let at = 0; at < rows.length; at += 1000) {
    await ctx.db.insert(sitePosts).values(
      rows.slice(at, at + 1000).map((title, offset) => ({
        ...{ siteId, remoteId: at + offset, userId: ctx.ownerId, url: `https://blog.example/${at + offset}` },
        ...{ slug: 'p', title, status: 'publish', language: 'en' },
      })),
    );
  }
  const inputs = Array.from({ length: 500 }, (_, at) => ({
    topic: `The ${parts[at % 10]} ${parts[Math.floor(at / 10) % 10]} of ${at}`,
  }));
  const started = performance.now();
  let last = started;
  let longest = 0;
  let done = false;
  const others = () => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
    if (!done) setImmediate(others);
  };
  setImmediate(others);
  const look = await lookForDuplicates(ctx, ctx.ownerId, [...inputs, { topic: 'A post of rye and bakery 1' }]);
  done = true;
  others();
  expect(look.duplicates.slice(0, -1).every((one) => one === null)).toBe(true);
  expect(look.duplicates.at(-1)).toMatchObject({ title: 'Post of rye and bakery 1' });
  // Others had the thread in between, not only at the end: without that, the longest wait is nearly all of the time.
  expect(longest / (performance.now() - started)).toBeLessThan(0.7);
}, 120_000);
