import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { newId } from '../db/id.ts';
import { createSite } from '../sites/sites.ts';
import { publications } from './schema.ts';

let app: TestApp;
let siteId: string;
beforeAll(async () => {
  app = await startTestApp();
  const input = { name: 'Blog', url: 'https://blog.example', username: 'admin', applicationPassword: 'pass word' };
  siteId = (await createSite(app.ctx, app.ctx.db, app.ctx.ownerId, input)).id;
});
afterAll(() => app.close());

async function call(method: 'GET' | 'POST', url: string, payload?: object, headers = {}) {
  const answer = await app.server.inject({ method, url: `/api/v1${url}`, ...(payload ? { payload } : {}), headers });
  return { status: answer.statusCode, text: answer.body, json: answer.json() };
}
async function givenArticle(): Promise<string> {
  const { json } = await call('POST', '/articles', { title: 'By hand', markdown: 'Text.' });
  return json.id;
}
const publish = async (articleId: string, more: object = {}, headers = {}) =>
  call('POST', `/articles/${articleId}/publications`, { siteId, status: 'publish', ...more }, headers);

describe('publications over HTTP', () => {
  it('accepts one, and a person who sends an article has approved it', async () => {
    const articleId = await givenArticle();
    const answer = await publish(articleId);
    expect(answer.status).toBe(202);
    expect(answer.json).toMatchObject({
      articleId,
      siteId,
      status: 'queued',
      wanted: 'publish',
      attempts: 0,
      remoteId: null,
    });
    expect((await call('GET', `/publications/${answer.json.id}`)).json).toEqual(answer.json);
    expect((await call('GET', `/publications?articleId=${articleId}`)).json.items).toEqual([answer.json]);
    expect((await call('GET', `/articles/${articleId}`)).json.status).toBe('approved');
  });

  it('leaves an article unapproved that is only sent as a draft', async () => {
    const articleId = await givenArticle();
    await publish(articleId, { status: 'draft' });
    expect((await call('GET', `/articles/${articleId}`)).json.status).toBe('draft');
  });

  it('keeps one publication of an article on a site, however often and however it is asked for', async () => {
    const articleId = await givenArticle();
    const [one, two] = await Promise.all([publish(articleId), publish(articleId, { status: 'draft' })]);
    expect(two.json.id).toBe(one.json.id);
    expect((await call('GET', `/publications?articleId=${articleId}`)).json.items).toHaveLength(1);
    const key = { 'idempotency-key': newId() };
    const [first, again] = [await publish(articleId, {}, key), await publish(articleId, {}, key)];
    expect(again.json).toEqual(first.json);
    expect((await publish(articleId, { status: 'draft' }, key)).json.code).toBe('idempotency_conflict');
  });

  it('schedules for a time with its zone, and takes a time that has passed as now', async () => {
    const later = await publish(await givenArticle(), { status: 'future', publishAt: '2099-01-01T09:00:00+02:00' });
    const time = '2099-01-01T07:00:00.000Z';
    expect(later.json).toMatchObject({ status: 'scheduled', publishAt: time, nextAttemptAt: time });
    const passed = await publish(await givenArticle(), { publishAt: '2020-01-01T00:00:00Z' });
    expect(passed.json).toMatchObject({ status: 'queued', wanted: 'future' });
  });

  it.each([
    ['a future without a time', { status: 'future' }],
    ['a draft with a time', { status: 'draft', publishAt: '2099-01-01T00:00:00Z' }],
    ['a day that does not exist', { publishAt: '2099-02-30T00:00:00' }],
    ['an unknown field', { force: true }],
  ])('refuses %s', async (_what, wrong) => {
    const answer = await publish(await givenArticle(), wrong);
    expect(answer).toMatchObject({ status: 422, json: { code: 'invalid_request' } });
  });

  it('retries now what waits, and cancels what was not sent', async () => {
    const { json } = await publish(await givenArticle(), { status: 'future', publishAt: '2099-01-01T00:00:00Z' });
    const now = await call('POST', `/publications/${json.id}/retry`);
    expect(now).toMatchObject({ status: 202, json: { status: 'queued' } });
    expect(Date.parse(now.json.nextAttemptAt)).toBeLessThan(Date.now() + 1000);
    const cancelled = await call('POST', `/publications/${json.id}/cancel`);
    expect(cancelled).toMatchObject({ status: 202, json: { status: 'cancelled', nextAttemptAt: null } });
    expect((await call('POST', `/publications/${json.id}/cancel`)).status).toBe(202);
  });

  it('has nothing to retry or to cancel in a finished one', async () => {
    const { json } = await publish(await givenArticle());
    await app.ctx.db.execute(sql`update publications set status = 'published' where id = ${json.id}`);
    for (const action of ['retry', 'cancel']) {
      expect((await call('POST', `/publications/${json.id}/${action}`)).json.code).toBe('invalid_state');
    }
  });

  it('takes a merged text with a merge and only there, and trashes what was edited only when that is said', async () => {
    const { json } = await publish(await givenArticle());
    const shown = { articleRevision: 1, theirsModified: null };
    for (const wrong of [{ choice: 'ours', markdown: 'Text.' }, { choice: 'merge' }]) {
      const answer = await call('POST', `/publications/${json.id}/resolve`, { ...shown, ...wrong });
      expect(answer.json).toMatchObject({ code: 'invalid_request', errors: [{ path: 'markdown' }] });
    }
    await app.ctx.db.execute(sql`update publications set status = 'published', remote_id = 7 where id = ${json.id}`);
    const stored = async () =>
      (await app.ctx.db.select().from(publications).where(eq(publications.id, json.id)))[0]?.evenIfEdited;
    await call('POST', `/publications/${json.id}/trash`);
    expect(await stored()).toBe(false);
    await call('POST', `/publications/${json.id}/trash`, { evenIfEdited: true });
    expect(await stored()).toBe(true);
  });

  it('shows and does nothing for another user', async () => {
    const { json } = await publish(await givenArticle());
    const [stranger, theirSite] = [newId(), newId()];
    await app.ctx.db.execute(sql`insert into users (id, name) values (${stranger}, 'Stranger')`);
    await app.ctx.db.execute(
      sql`insert into sites (id, user_id, name, url, username, credential, credential_key_id) values (${theirSite}, ${stranger}, 'Theirs', 'https://theirs.example/', 'x', 'x', 'x')`,
    );
    expect((await publish(await givenArticle(), { siteId: theirSite })).json.code).toBe('not_found');
    await app.ctx.db.execute(sql`update publications set user_id = ${stranger} where id = ${json.id}`);
    expect((await call('GET', `/publications/${json.id}`)).status).toBe(404);
    for (const action of ['retry', 'cancel']) {
      expect((await call('POST', `/publications/${json.id}/${action}`)).status).toBe(404);
    }
    expect((await call('GET', '/publications?limit=100')).text).not.toContain(json.id);
  });
});
