import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Account, givenAccount } from '../../test/accounts.ts';
import { breadSources } from '../../test/factories.ts';
import { htmlPage, type PageServer, startPageServer } from '../../test/fakes/page-server.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { createExtractor, type Extractor } from '../knowledge/extract.ts';
import { runPipeline } from '../pipeline/runner.ts';
import { emptyDocumentBin } from './bin.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let app: TestApp;
let web: PageServer;
let user: Account;
let articleId: string;
let pipelineId: string;

const paragraphs = [
  'A sourdough starter is a mixture of flour and water in which wild yeast and lactic acid bacteria live together for years.',
  'At 30 degrees Celsius a starter peaks after three hours, which bakers use when they are in a hurry on market days.',
];

interface Answer {
  id: string;
  kind: string;
  title: string;
  url: string | null;
  articles: number;
  claims: number;
  text: string;
  ordinal: number;
  uses: { articleId: string; title: string; number: number; claims: number; deleted: boolean }[];
  found: { origin: string; foundBy: string | null }[];
  otherReadings: { id: string }[];
  changed: boolean;
  document: Answer;
  items: Answer[];
  nextCursor: string | null;
  code: string;
  detail: string;
  checkedAt: string | null;
  deletedAt: string | null;
}
type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
const ask = (method: Method, path: string, body?: object) => user.api.ask<Answer>(method, path, body);
const list = async (query = '') => (await ask('GET', `/sources/documents${query}`)).json.items;
const page = async () => {
  const [found] = await list('?kind=url');
  if (!found) throw new Error('the page is not stored');
  return found;
};
/** As if the last time was long ago. */
const letItRest = () => app.ctx.db.execute(sql`update sources set checked_at = now() - interval '1 hour'`);

beforeAll(async () => {
  web = await startPageServer(1);
  const real = createExtractor();
  const extractor: Extractor = {
    ...real,
    read: (input, options) => real.read(input, { timeoutMs: 300_000, ...options }),
    extract: (input, options) => real.extract(input, { timeoutMs: 300_000, ...options }),
  };
  app = await startTestApp({
    env: { SIGNUPS: 'open', ALLOW_PRIVATE_HOSTS: '127.0.0.0/8' },
    overrides: { extractor },
  });
  user = await givenAccount(app, 'reader@example.com');
  web.pages.set('/starter', htmlPage('Starters in summer', paragraphs));
  const run = await ask('POST', '/pipelines', {
    topic: 'Keeping a sourdough starter alive',
    sources: [...breadSources, { url: web.at(0, '/starter') }],
  });
  pipelineId = run.json.id;
  await runPipeline(app.ctx, pipelineId, new AbortController().signal);
  articleId = (await user.api.ask<{ articleId: string }>('GET', `/pipelines/${pipelineId}`)).json.articleId;
});
afterAll(async () => {
  await app.close();
  await web.close();
});

it('are listed with what rests on them, searched and narrowed down', async () => {
  const all = await list();
  expect(all).toHaveLength(4);
  expect(all.map(({ kind }) => kind).sort()).toEqual(['text', 'text', 'text', 'url']);
  expect(all.reduce((sum, { claims }) => sum + claims, 0)).toBeGreaterThan(3);
  expect((await list('?query=in%20SUMMER')).map(({ title }) => title)).toEqual(['Starters in summer']);
  expect(await list('?query=100%25')).toEqual([]);
  const used = await list('?used=true');
  expect(used.length).toBeGreaterThan(0);
  expect(used.every(({ articles }) => articles === 1)).toBe(true);
  expect((await list('?used=false')).length).toBe(4 - used.length);
  const first = (await ask('GET', '/sources/documents?limit=3')).json;
  const rest = (await ask('GET', `/sources/documents?limit=3&cursor=${first.nextCursor}`)).json;
  expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(all.map(({ id }) => id));
});

it('say in which articles they are cited, by whom they were named, and what stands in them', async () => {
  const [cited] = await list('?used=true');
  const { json } = await ask('GET', `/sources/documents/${cited?.id}`);
  expect(json.uses).toEqual([
    { articleId, title: expect.any(String), number: expect.any(Number), claims: cited?.claims, deleted: false },
  ]);
  expect(json.found).toEqual([{ origin: 'brief', foundBy: null }]);
  const text = (await ask('GET', `/sources/documents/${cited?.id}/passages?limit=1`)).json;
  expect(text.items).toMatchObject([{ ordinal: 0, text: expect.stringMatching(/\w{4}/) }]);
  const all = (await ask('GET', `/sources/documents/${cited?.id}/passages`)).json.items;
  expect(all.reduce((sum, { claims }) => sum + claims, 0)).toBe(cited?.claims);
  if (all.length > 1) {
    const second = (await ask('GET', `/sources/documents/${cited?.id}/passages?after=${text.nextCursor}`)).json;
    expect(second.items[0]?.ordinal).toBe(1);
  }
});

it('are read again: the same is the same, other words are a source of their own, and pasted text cannot be', async () => {
  const known = await page();
  const same = await ask('POST', `/sources/documents/${known.id}/refresh`);
  expect(same).toMatchObject({ status: 200, json: { changed: false, document: { id: known.id } } });
  expect(same.json.document.checkedAt).not.toBeNull();
  expect(await ask('POST', `/sources/documents/${known.id}/refresh`)).toMatchObject({
    status: 429,
    json: { code: 'rate_limited' },
  });
  await letItRest();
  web.pages.set('/starter', htmlPage('Starters in winter', [...paragraphs].reverse()));
  const other = await ask('POST', `/sources/documents/${known.id}/refresh`);
  expect(other).toMatchObject({ status: 200, json: { changed: true, document: { title: 'Starters in winter' } } });
  expect(other.json.document.id).not.toBe(known.id);
  expect((await ask('GET', `/sources/documents/${known.id}`)).json).toMatchObject({
    title: 'Starters in summer',
    otherReadings: [{ id: other.json.document.id }],
  });
  await letItRest();
  web.pages.delete('/starter');
  expect(await ask('POST', `/sources/documents/${known.id}/refresh`)).toMatchObject({
    status: 502,
    json: { code: 'fetch_failed', detail: expect.stringContaining('404') },
  });
  const [pasted] = await list('?kind=text');
  expect(await ask('POST', `/sources/documents/${pasted?.id}/refresh`)).toMatchObject({
    status: 409,
    json: { code: 'invalid_state' },
  });
});

it('go into the bin and come back, but not while an article rests on them, or a run works with them', async () => {
  const [cited] = await list('?used=true');
  const refused = await ask('DELETE', `/sources/documents/${cited?.id}`);
  expect(refused).toMatchObject({ status: 409, json: { code: 'source_in_use' } });
  expect(refused.json.detail).toContain('“');
  // The reading of winter is cited by nothing.
  const [free] = await list('?query=winter');
  const path = `/sources/documents/${free?.id}`;
  await app.ctx.db.execute(
    sql`insert into pipeline_sources (pipeline_id, source_id, user_id, position) values (${pipelineId}, ${free?.id}, ${user.id}, 9)`,
  );
  await app.ctx.db.execute(sql`update pipelines set status = 'queued', finished_at = null where id = ${pipelineId}`);
  expect(await ask('DELETE', path)).toMatchObject({ status: 409, json: { code: 'source_in_use' } });
  await app.ctx.db.execute(
    sql`update pipelines set status = 'succeeded', finished_at = now() where id = ${pipelineId}`,
  );
  expect((await ask('DELETE', path)).status).toBe(204);
  expect((await ask('DELETE', path)).status).toBe(404);
  expect(await list('?query=winter')).toEqual([]);
  expect(await list('?query=winter&deleted=true')).toHaveLength(1);
  expect((await ask('POST', `${path}/refresh`)).status).toBe(409);
  expect((await ask('POST', `${path}/restore`)).json).toMatchObject({ id: free?.id, deletedAt: null });
  expect((await ask('POST', `${path}/restore`)).status).toBe(404);
});

it('come out of the bin when they are read again, and go for good after 30 days', async () => {
  const known = await page();
  const [winter] = await list('?query=winter');
  await ask('DELETE', `/sources/documents/${winter?.id}`);
  web.pages.set('/starter', htmlPage('Starters in winter', [...paragraphs].reverse()));
  await letItRest();
  const original = (await list()).find(({ title }) => title === 'Starters in summer') ?? known;
  const again = await ask('POST', `/sources/documents/${original.id}/refresh`);
  expect(again.json.document).toMatchObject({ id: winter?.id, deletedAt: null });
  await ask('DELETE', `/sources/documents/${winter?.id}`);
  expect(await emptyDocumentBin(app.ctx.db)).toBe(0);
  // What an article cites stays, whoever marked it: one with a footnote only, and one with a claim only.
  const [footnote, claim] = await list('?used=true');
  await app.ctx.db.execute(
    sql`delete from claims where passage_id in (select id from passages where source_id = ${footnote?.id})`,
  );
  await app.ctx.db.execute(sql`delete from article_sources where source_id = ${claim?.id}`);
  await app.ctx.db.execute(
    sql`update sources set deleted_at = now() - interval '31 days' where id in (${winter?.id}, ${footnote?.id}, ${claim?.id})`,
  );
  expect(await emptyDocumentBin(app.ctx.db)).toBe(1);
  expect((await ask('GET', `/sources/documents/${winter?.id}`)).status).toBe(404);
});
