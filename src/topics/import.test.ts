import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { givenSite } from '../../test/factories.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { newId } from '../db/id.ts';
import { topics } from './schema.ts';
import { maxOpenTopics, sameness } from './topics.ts';

let app: TestApp;
let siteId: string;
beforeAll(async () => {
  app = await startTestApp();
  siteId = await givenSite(app.ctx, 'Bakery');
});
afterAll(() => app.close());
beforeEach(() => app.ctx.db.delete(topics));

async function importing(payload: string | Buffer, query = '', headers: Record<string, string> = {}) {
  const answer = await app.server.inject({
    method: 'POST',
    url: `/api/v1/topics/import${query}`,
    headers: { 'content-type': 'text/csv', ...headers },
    payload,
  });
  return { status: answer.statusCode, json: answer.json() };
}
const stored = async () => (await app.ctx.db.select().from(topics).orderBy(topics.position)).map(({ topic }) => topic);
const linesOf = (list: { line: number }[]) => list.map(({ line }) => line);

const mixed = [
  'Topic;Keyword;Site;Notes;Sources',
  'Rye bread;rye;bakery;From the fair;https://example.com/rye https://example.com/more',
  'How to make rye bread;;;;',
  ';only a keyword;;;',
  'Spelt rolls;;Butcher;;',
  `${'x'.repeat(501)};;;;`,
  'Oat cakes;;;;ftp://example.com',
  'Oat cakes;too;many;columns;https://example.com;here',
  'Spelt rolls;;https://blog.example;;',
  'RYE BREAD!;;Bakery;;',
  '',
  'Pumpernickel;;;;',
].join('\r\n');

describe('an imported list', () => {
  it('adds what it can, in its order, and says of every other line what is wrong and what to do', async () => {
    const { status, json } = await importing(mixed);
    expect(status).toBe(201);
    expect(json).toMatchObject({ encoding: 'utf-8', rows: 10 });
    expect(json.columns.map(({ meaning }: { meaning: string }) => meaning)).toEqual([
      'topic',
      'keyword',
      'site',
      'note',
      'sources',
    ]);
    expect(await stored()).toEqual(['Rye bread', 'Spelt rolls', 'Pumpernickel']);
    expect(json.added[0]).toMatchObject({
      line: 2,
      topic: 'Rye bread',
      keyword: 'rye',
      siteId,
      note: 'From the fair',
      origin: 'import',
      sources: [{ url: 'https://example.com/rye' }, { url: 'https://example.com/more' }],
    });
    expect(linesOf(json.added)).toEqual([2, 9, 12]);
    expect(json.known).toEqual([{ line: 10, topic: 'RYE BREAD!' }]);
    const refused = json.refused.map(({ line, code, message, hint }: Record<string, string>) => [
      line,
      code,
      message,
      (hint ?? '').length > 10,
    ]);
    expect(refused).toEqual([
      [3, 'duplicate_topic', expect.stringContaining('"Rye bread"'), true],
      [4, 'invalid_request', expect.stringContaining('topic:'), true],
      [5, 'not_found', 'There is no site "Butcher".', true],
      [6, 'invalid_request', expect.stringContaining('at most 500'), true],
      [7, 'invalid_request', expect.stringContaining('sources:'), true],
      [8, 'invalid_request', expect.stringContaining('1 more column'), true],
    ]);
    expect(json.refused[2].hint).toBe('There are: Bakery.');
  });

  it('shows with dryRun what it would do, and does nothing', async () => {
    const tried = await importing(mixed, '?dryRun=true');
    expect(tried.status).toBe(200);
    expect(await stored()).toEqual([]);
    const done = await importing(mixed);
    const shape = ({ json }: typeof tried) => [
      json.added.map(({ line }: { line: number }) => line),
      json.known,
      json.refused,
    ];
    expect(shape(tried)).toEqual(shape(done));
  });

  it('is added once, however often it is sent', async () => {
    const headers = { 'idempotency-key': newId() };
    const first = await importing('Rye bread\nSpelt rolls\n', '', headers);
    const again = await importing('Rye bread\nSpelt rolls\n', '', headers);
    expect(again).toEqual(first);
    expect((await importing('Rye bread\n', '', headers)).json.code).toBe('idempotency_conflict');
    const anew = await importing('Rye bread\nSpelt rolls\n');
    expect(anew.json).toMatchObject({ added: [], known: [{ line: 1 }, { line: 2 }] });
    expect(await stored()).toEqual(['Rye bread', 'Spelt rolls']);
  });

  it('is for the site that is named beside it, where a line names none', async () => {
    const { json } = await importing('topic,site\nRye bread,\n', `?siteId=${siteId}`);
    expect(json.added[0].siteId).toBe(siteId);
    expect((await importing('Oats\n', `?siteId=${newId()}`)).status).toBe(404);
    expect(await stored()).toEqual(['Rye bread']);
  });

  it('that would not fit into the backlog adds nothing', async () => {
    const filled = Array.from({ length: maxOpenTopics - 2 }, (_, at) => `Bread number ${at}`);
    for (let at = 0; at < filled.length; at += 1000) {
      const rows = filled.slice(at, at + 1000).map((topic) => ({ id: newId(), userId: app.ctx.ownerId, topic }));
      await app.ctx.db.insert(topics).values(rows.map((row) => ({ ...row, sameness: sameness(row.topic) })));
    }
    const { status, json } = await importing('Kayaks\nTax returns\nOpera houses\n');
    expect(status).toBe(409);
    expect(json.hint).toContain('at most 2');
    expect(await app.ctx.db.$count(topics)).toBe(filled.length);
    const same = await importing('Kayaks\nTax returns\nBread number 7\n');
    expect(same.json).toMatchObject({ added: [{ line: 1 }, { line: 2 }], known: [{ line: 3 }] });
  });

  it.each([
    ['a JSON body', '{"topics":[]}', 'application/json', 415, 'unsupported_media_type'],
    ['a form', 'a=b', 'application/x-www-form-urlencoded', 415, 'unsupported_media_type'],
    ['over 5 MB', Buffer.alloc(5_000_001, 'Bread\n'), 'text/csv', 413, 'body_too_large'],
    ['a workbook', Buffer.from('PK\x03\x04 xl/ '), 'application/vnd.ms-excel', 422, 'import_unreadable'],
    ['an unknown encoding', 'Rye', 'text/csv', 422, 'invalid_request', '?encoding=klingon'],
  ])('is refused as %s, with what to do', async (_what, payload, type, status, code, query = '') => {
    const answer = await importing(payload, query, { 'content-type': type });
    expect(answer).toMatchObject({ status, json: { code, hint: expect.stringMatching(/.{15}/) } });
    expect(await stored()).toEqual([]);
  });

  it('tells nothing of another user', async () => {
    const answer = await app.send({
      method: 'POST',
      url: '/api/v1/topics/import',
      headers: { 'content-type': 'text/csv' },
      payload: 'Rye\n',
    });
    expect(answer.statusCode).toBe(401);
  });
});
