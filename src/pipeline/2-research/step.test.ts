import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { givenPipeline, withModel } from '../../../test/factories.ts';
import { goodSentences } from '../../../test/fakes/hostile-web.ts';
import { diligentScript, scriptedModel } from '../../../test/fakes/scripted-model.ts';
import { startTestApp, type TestApp } from '../../../test/harness.ts';
import { listArticleSources } from '../../articles/queries.ts';
import { eventsAfter } from '../events.ts';
import { presentPipelines } from '../present.ts';
import { getPipeline, listPipelines } from '../queries.ts';
import { runPipeline } from '../runner.ts';
import { researchOutput } from './step.ts';

let app: TestApp | null = null;
let server: Server | null = null;
afterEach(async () => {
  await app?.close();
  server?.close();
  app = null;
  server = null;
});

test('a named site gives the pages that fit the topic, and stands in the brief as it was asked for', async () => {
  const pages: Record<string, string> = {
    '/': '<html><body><p>Home.</p></body></html>',
    '/restoring-copies': `<html lang="en"><body><p>${goodSentences.slice(0, 3).join(' ')}</p></body></html>`,
    '/keeping-copies': `<html lang="en"><body><p>${goodSentences.slice(3).join(' ')}</p></body></html>`,
    '/baking-bread': `<html lang="en"><body><p>${'Bread is baked in an oven that was heated before. '.repeat(9)}</p></body></html>`,
  };
  server = createServer((request, response) => {
    const path = request.url ?? '';
    const urls = Object.keys(pages).map((page) => `<url><loc>http://${request.headers.host}${page}</loc></url>`);
    const body = path === '/sitemap.xml' ? `<urlset>${urls.join('')}</urlset>` : pages[path];
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  app = await startTestApp({
    env: { ALLOW_PRIVATE_HOSTS: '127.0.0.1' },
    overrides: withModel(scriptedModel(diligentScript)),
  });
  const { ctx } = app;
  const sources = [{ site }, { title: 'Mine', text: 'My own words about copies that are kept for years and years.' }];
  const { id } = await givenPipeline(ctx, { topic: 'Keeping and restoring copies', sources });
  await runPipeline(ctx, id, new AbortController().signal);

  const pipeline = await getPipeline(ctx.db, ctx.ownerId, id);
  expect(pipeline).toMatchObject({ status: 'succeeded', error: null });
  const cited = (await listArticleSources(ctx.db, [pipeline.articleId ?? ''])).flatMap(({ url }) => url ?? []);
  expect(cited.toSorted()).toEqual([`${site}/keeping-copies`, `${site}/restoring-copies`]);
  const logged = (await eventsAfter(ctx.db, id, 0)).map(({ data }) => data.message);
  expect(logged).toContain(`Reading page 2 of 2 of the site: ${site}/keeping-copies`);

  const asked = [{ site }, { title: 'Mine' }];
  expect((await presentPipelines(ctx.db, [pipeline]))[0]?.brief.sources).toEqual(asked);
  const [listed] = await presentPipelines(ctx.db, await listPipelines(ctx.db, ctx.ownerId, { limit: 1 }));
  expect(listed?.brief.sources).toEqual(asked);
});

test('a result that was recorded before problems had hints can still be read', () => {
  const problems = [{ source: 'https://a.example/', code: 'fetch_failed', message: 'It did not answer.' }];
  const recorded = { sourceIds: ['0190a000-0000-7000-8000-0000000000ff'], language: 'en', problems };
  expect(researchOutput.parse(recorded).problems).toEqual([{ ...problems[0], hint: '' }]);
});
