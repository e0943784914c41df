import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { givenSite } from '../../test/factories.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { newId } from '../db/id.ts';
import { pipelines } from '../pipeline/schema.ts';
import { topics } from './schema.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());
beforeEach(async () => {
  await app.ctx.db.delete(topics);
  await app.ctx.db.delete(pipelines);
});

async function call(method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object, headers = {}) {
  const answer = await app.server.inject({
    method,
    url: `/api/v1${url}`,
    headers,
    ...(payload ? { payload } : {}),
  });
  return { status: answer.statusCode, json: answer.body === '' ? null : answer.json() };
}
const add = async (topic: string, more = {}) => (await call('POST', '/topics', { topic, ...more })).json;
const started = () => app.ctx.db.$count(pipelines);

describe('starting an article about a topic', () => {
  it('takes what the topic says, marks it used and names the run', async () => {
    const siteId = await givenSite(app.ctx, 'Blog');
    const sources = [{ title: 'Notes', text: 'A long text about rye.' }];
    const { id } = await add('Rye bread', { keyword: 'rye', siteId, sources });
    const { status, json } = await call('POST', `/topics/${id}/start`);
    expect(status).toBe(202);
    expect(json).toMatchObject({ topic: 'Rye bread', siteId, brief: { keyword: 'rye', publish: 'none' } });
    const [run] = await app.ctx.db.select().from(pipelines);
    expect(run?.brief.sources).toEqual([{ ...sources[0], format: 'text' }]);
    const { json: topic } = await call('GET', `/topics/${id}`);
    expect(topic).toMatchObject({ status: 'used', pipelineId: json.id });
    expect(topic.usedAt).not.toBeNull();
  });

  it('takes the caller’s words before those of the topic, and null for none', async () => {
    const siteId = await givenSite(app.ctx, 'Second');
    const { id } = await add('Rye bread', { keyword: 'rye', siteId, sources: [{ url: 'https://example.com/' }] });
    const { status, json } = await call('POST', `/topics/${id}/start`, {
      topic: 'Rye bread at home',
      keyword: null,
      siteId: null,
      sources: [],
      words: { min: 400, max: 700 },
    });
    expect(status).toBe(202);
    expect(json).toMatchObject({ topic: 'Rye bread at home', siteId: null });
    expect(json.brief).toMatchObject({ words: { min: 400, max: 700 } });
    expect(json.brief).not.toHaveProperty('keyword');
    const [run] = await app.ctx.db.select().from(pipelines);
    expect(run?.brief.sources).toEqual([]);
  });

  it('starts one article, however many ask at once, and gives the answer again to who asks with the same key', async () => {
    const { id } = await add('Rye bread');
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, index) =>
        call('POST', `/topics/${id}/start`, {}, { 'idempotency-key': `key ${index}` }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409, 409, 409, 409]);
    const winner = answers.findIndex(({ status }) => status === 202);
    const again = await call('POST', `/topics/${id}/start`, {}, { 'idempotency-key': `key ${winner}` });
    expect(again).toMatchObject({ status: 202, json: { id: answers[winner]?.json.id } });
    expect(await started()).toBe(1);
    expect(await call('POST', `/topics/${id}/start`)).toMatchObject({
      status: 409,
      json: { code: 'invalid_state', detail: 'This topic has been handed to an article already.' },
    });
  });

  it('leaves the topic where it is when the article cannot be started', async () => {
    const { id } = await add('Rye bread');
    const unknown = await call('POST', `/topics/${id}/start`, { siteId: newId() });
    expect(unknown.status).toBe(404);
    const nowhere = await call('POST', `/topics/${id}/start`, { publish: 'publish' });
    expect(nowhere.status).toBe(422);
    expect(nowhere.json.errors).toEqual([
      { path: 'siteId', message: 'is needed to publish: choose a site, or publish "none"' },
    ]);
    const model = await call('POST', `/topics/${id}/start`, { model: 'openai:none' });
    expect(model.json.code).toBe('model_unknown');
    expect((await call('GET', `/topics/${id}`)).json).toMatchObject({ status: 'open', pipelineId: null });
    expect(await started()).toBe(0);
    expect((await call('POST', `/topics/${newId()}/start`)).status).toBe(404);
  });
});

describe('what became of a topic', () => {
  it('names the article for as long as it can be read', async () => {
    const { id } = await add('Rye bread');
    const { json: run } = await call('POST', `/topics/${id}/start`);
    expect((await call('GET', `/topics/${id}`)).json.articleId).toBeNull();
    const { json: article } = await call('POST', '/articles', { title: 'Rye', markdown: 'It rises.' });
    await app.ctx.db.update(pipelines).set({ articleId: article.id }).where(eq(pipelines.id, run.id));
    expect((await call('GET', `/topics/${id}`)).json.articleId).toBe(article.id);
    expect((await call('GET', '/topics?status=used')).json.items[0].articleId).toBe(article.id);
    await call('DELETE', `/articles/${article.id}`);
    expect((await call('GET', `/topics/${id}`)).json).toMatchObject({ articleId: null, pipelineId: run.id });
  });

  it('can be undone: what was accepted or dismissed is a proposal again', async () => {
    const first = await add('Rye bread');
    const second = await add('Wheat rolls');
    await call('DELETE', `/topics/${second.id}`);
    const ids = [first.id, second.id];
    expect((await call('POST', '/topics/decide', { ids, status: 'proposed' })).json).toEqual({
      changed: 2,
      refused: [],
    });
    const { json } = await call('GET', '/topics?status=proposed');
    expect(json.items.map(({ topic }: { topic: string }) => topic)).toEqual(['Rye bread', 'Wheat rolls']);
  });
});

describe('the lists of topics', () => {
  const give = (topic: string, more: Partial<typeof topics.$inferInsert>) =>
    app.ctx.db
      .insert(topics)
      .values({ id: newId(), userId: app.ctx.ownerId, topic, sameness: topic.toLowerCase(), ...more });
  const listed = async (query: string) =>
    (await call('GET', `/topics?${query}`)).json.items.map(({ topic }: { topic: string }) => topic);

  it('page by score, the best first and unknown scores last', async () => {
    await give('None', { status: 'proposed', position: 1, score: null });
    await give('Zero', { status: 'proposed', position: 2, score: 0 });
    await give('Best', { status: 'proposed', position: 3, score: 91.5 });
    await give('Good', { status: 'proposed', position: 4, score: 60 });
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { json } = await call('GET', `/topics?order=score&limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...json.items.map(({ topic }: { topic: string }) => topic));
      cursor = json.nextCursor;
    }
    expect(seen).toEqual(['Best', 'Good', 'Zero', 'None']);
    expect(await listed('status=proposed')).toEqual(['None', 'Zero', 'Best', 'Good']);
  });

  it('page by when topics were used or changed, the latest first', async () => {
    const at = (day: number) => new Date(Date.UTC(2026, 0, day));
    await give('Used second', { status: 'used', usedAt: at(2), updatedAt: at(9), position: 1 });
    await give('Used third', { status: 'used', usedAt: at(3), position: 2 });
    await give('Used first', { status: 'used', usedAt: at(1), position: 3 });
    const { json } = await call('GET', '/topics?order=latest&limit=2');
    expect(json.items.map(({ topic }: { topic: string }) => topic)).toEqual(['Used third', 'Used second']);
    expect(await listed(`order=latest&cursor=${json.nextCursor}`)).toEqual(['Used first']);
  });

  it('find words in topic, keyword and note, also signs that mean something to the database', async () => {
    await give('Bread at 100 %', {});
    await give('Rolls', { keyword: 'BREAD rolls' });
    await give('Cakes', { note: 'Not bread' });
    await give('Pies', {});
    expect(await listed('query=bread')).toEqual(expect.arrayContaining(['Bread at 100 %', 'Rolls', 'Cakes']));
    expect(await listed('query=bread')).toHaveLength(3);
    expect(await listed('query=%25')).toEqual(['Bread at 100 %']);
    expect(await listed('query=_read')).toEqual([]);
  });

  it('are counted by status, for all sites or one', async () => {
    const siteId = await givenSite(app.ctx, 'Counted');
    const other = await givenSite(app.ctx, 'Other');
    await give('A', { status: 'open', siteId });
    await give('B', { status: 'open', siteId: other });
    await give('C', { status: 'proposed' });
    await give('D', { status: 'dismissed', siteId });
    expect((await call('GET', '/topics/counts')).json).toEqual({ open: 2, proposed: 1, used: 0, dismissed: 1 });
    expect((await call('GET', `/topics/counts?siteId=${siteId}`)).json).toEqual({
      ...{ open: 1, proposed: 1, used: 0, dismissed: 1 },
    });
    expect((await call('GET', `/topics/counts?siteId=${newId()}`)).status).toBe(404);
  });
});
