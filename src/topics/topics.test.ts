import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { givenSite } from '../../test/factories.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { newId } from '../db/id.ts';
import { lockNextTopic } from './queries.ts';
import { topics } from './schema.ts';
import { addTopics, markUsed, maxOpenTopics, sameness } from './topics.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());
beforeEach(() => app.ctx.db.delete(topics));

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
async function call(method: Method, url: string, payload?: object) {
  const answer = await app.server.inject({ method, url: `/api/v1${url}`, ...(payload ? { payload } : {}) });
  return { status: answer.statusCode, json: answer.body === '' ? null : answer.json() };
}
const add = async (topic: string, more = {}) => (await call('POST', '/topics', { topic, ...more })).json;
const listed = async (query = '') =>
  (await call('GET', `/topics${query}`)).json.items.map(({ topic }: { topic: string }) => topic);

describe('the backlog', () => {
  it('keeps the order in which topics were added, and shows what was said of them', async () => {
    const siteId = await givenSite(app.ctx, 'Blog');
    const first = await call('POST', '/topics', {
      topic: '  Keeping a sourdough\nstarter ',
      keyword: 'sourdough',
      siteId,
      sources: [{ url: 'https://example.com/bread' }, { title: 'Notes', text: 'A long text' }],
      note: 'From the fair',
    });
    expect(first.status).toBe(201);
    expect(first.json).toMatchObject({
      topic: 'Keeping a sourdough starter',
      keyword: 'sourdough',
      siteId,
      note: 'From the fair',
      status: 'open',
      origin: 'manual',
      score: null,
      pipelineId: null,
    });
    await add('Baking rolls');
    expect(await listed()).toEqual(['Keeping a sourdough starter', 'Baking rolls']);
    // The texts of sources are in the topic and not in lists.
    const { sources } = (await call('GET', `/topics/${first.json.id}`)).json;
    expect(sources[1].text).toBe('A long text');
    expect((await call('GET', '/topics')).json.items[0].sources[1].text).toBe('');
  });

  it('has a topic once, whatever its case and signs, and says so', async () => {
    const siteId = await givenSite(app.ctx, 'One');
    await add('How to bake bread?', { siteId });
    const again = await call('POST', '/topics', { topic: 'how to bake BREAD', siteId });
    expect(again).toMatchObject({ status: 409, json: { code: 'conflict' } });
    // For another site it is another article; what is for any site is for both.
    const other = await givenSite(app.ctx, 'Other');
    expect((await call('POST', '/topics', { topic: 'How to bake bread', siteId: other })).status).toBe(201);
    const forAny = await call('POST', '/topics', { topic: 'How to bake bread' });
    expect(forAny).toMatchObject({ status: 409, json: { code: 'duplicate_topic' } });
    await add('How to bake bread', { duplicates: 'allow' });
    const { json } = await call('POST', '/topics/bulk', {
      topics: [{ topic: 'Rye' }, { topic: 'how to bake bread!' }, { topic: 'rye' }, { topic: 'Spelt' }],
    });
    expect(json.added.map(({ topic }: { topic: string }) => topic)).toEqual(['Rye', 'Spelt']);
    expect(json.known).toEqual(['how to bake bread!', 'rye']);
  });

  it('tells topics apart by letters and digits only', () => {
    expect(sameness('Ｂread – in 5 steps!')).toBe(sameness('bread in 5 steps'));
    expect(sameness('Brot')).not.toBe(sameness('Bröt'));
    expect(sameness('🍞')).not.toBe(sameness('🥖'));
  });

  it('is put in another order, as often as one likes', async () => {
    const ids: Record<string, string> = {};
    for (const name of ['One bread', 'Two breads', 'Three breads', 'Four breads']) ids[name] = (await add(name)).id;
    const move = (name: string, before: string | null) =>
      call('PATCH', `/topics/${ids[name]}`, { before: before === null ? null : ids[before] });
    await move('Four breads', 'One bread');
    expect(await listed()).toEqual(['Four breads', 'One bread', 'Two breads', 'Three breads']);
    await move('Four breads', null);
    expect(await listed()).toEqual(['One bread', 'Two breads', 'Three breads', 'Four breads']);
    // Two that swap in the same gap a hundred times: halves of a double run out after some fifty.
    for (let round = 0; round < 50; round++) {
      await move('Three breads', 'Two breads');
      expect(await listed()).toEqual(['One bread', 'Three breads', 'Two breads', 'Four breads']);
      await move('Two breads', 'Three breads');
      expect(await listed()).toEqual(['One bread', 'Two breads', 'Three breads', 'Four breads']);
    }
    await add('Five breads');
    expect((await listed()).at(-1)).toBe('Five breads');
  });

  it('gives back what was dismissed, unless the same was added meanwhile', async () => {
    const { id } = await add('Rye bread');
    expect((await call('DELETE', `/topics/${id}`)).status).toBe(204);
    expect((await call('DELETE', `/topics/${id}`)).status).toBe(204);
    expect(await listed('?status=open')).toEqual([]);
    expect((await call('PATCH', `/topics/${id}`, { status: 'open' })).json.status).toBe('open');
    await call('DELETE', `/topics/${id}`);
    await add('rye bread');
    expect(await call('PATCH', `/topics/${id}`, { status: 'open' })).toMatchObject({
      status: 409,
      json: { detail: 'This topic is in the backlog already.' },
    });
  });

  it('changes everything of a request or nothing', async () => {
    const { id } = await add('Rye bread');
    const refused = await call('PATCH', `/topics/${id}`, { topic: 'Wheat bread', siteId: newId() });
    expect(refused.status).toBe(404);
    const elsewhere = await call('PATCH', `/topics/${id}`, { topic: 'Wheat bread', before: newId() });
    expect(elsewhere.status).toBe(404);
    expect(await listed()).toEqual(['Rye bread']);
    const bulk = await call('POST', '/topics/bulk', {
      topics: [{ topic: 'Spelt' }, { topic: 'Oats', siteId: newId() }],
    });
    expect(bulk.status).toBe(404);
    expect(await listed()).toEqual(['Rye bread']);
  });

  it.each([
    [{ topic: '' }, 'topic'],
    [{ topic: '?!' }, 'topic'],
    [{ topic: 'x'.repeat(501) }, 'topic'],
    [{ topic: 'Bread', keyword: '' }, 'keyword'],
    [{ topic: 'Bread', siteId: 'x' }, 'siteId'],
    [{ topic: 'Bread', sources: [{ url: 'ftp://x' }] }, 'sources'],
  ])('refuses %j and says which field is meant', async (payload, path) => {
    const { status, json } = await call('POST', '/topics', payload);
    expect(status).toBe(422);
    expect(json.errors[0].path).toMatch(new RegExp(`^${path}`));
  });

  it('holds so many topics and no more, and adds nothing of what goes beyond', async () => {
    const many = (count: number, from: number) =>
      Array.from({ length: count }, (_, index) => ({ topic: `Bread number ${from + index}` }));
    await app.ctx.db.insert(topics).values(
      many(maxOpenTopics - 1, 0).map(({ topic }) => ({
        id: newId(),
        userId: app.ctx.ownerId,
        topic,
        sameness: sameness(topic),
      })),
    );
    const { status, json } = await call('POST', '/topics/bulk', { topics: many(2, maxOpenTopics) });
    expect(status).toBe(409);
    expect(json.hint).toContain('add at most 1');
    expect((await call('POST', '/topics', { topic: 'The last bread' })).status).toBe(201);
    expect((await call('POST', '/topics', { topic: 'One too many' })).status).toBe(409);
  });

  it('pages in its order, used topics last, and those of a site with those for any', async () => {
    const siteId = await givenSite(app.ctx, 'Third');
    const other = await givenSite(app.ctx, 'Fourth');
    await add('Used bread');
    await add('For any site');
    await add('For the blog', { siteId });
    await add('For the other', { siteId: other });
    await app.ctx.db.transaction(async (tx) => {
      const next = await lockNextTopic(tx, app.ctx.ownerId, siteId);
      expect(next?.topic).toBe('Used bread');
      if (next) await markUsed(tx, next, null);
    });
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { json } = await call('GET', `/topics?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...json.items.map(({ topic }: { topic: string }) => topic));
      cursor = json.nextCursor;
    }
    expect(seen).toEqual(['For any site', 'For the blog', 'For the other', 'Used bread']);
    expect(await listed(`?siteId=${siteId}&status=open`)).toEqual(['For any site', 'For the blog']);
  });

  it('gives each topic to one of many that ask at once', async () => {
    await app.ctx.db.transaction((tx) =>
      addTopics(
        tx,
        app.ctx.ownerId,
        Array.from({ length: 6 }, (_, index) => ({ topic: `Bread ${index}` })),
      ),
    );
    const take = () =>
      app.ctx.db.transaction(async (tx) => {
        const topic = await lockNextTopic(tx, app.ctx.ownerId, null);
        if (topic) await markUsed(tx, topic, null);
        return topic?.id ?? null;
      });
    const taken = await Promise.all(Array.from({ length: 8 }, take));
    const given = taken.filter((id) => id !== null);
    expect(new Set(given).size).toBe(given.length);
    // Who found all locked gets one at the next look.
    while ((await take()) !== null) given.push('one more');
    expect(given).toHaveLength(6);
  });
});
