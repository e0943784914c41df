import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { breadSources, givenPipeline, withModel } from '../../test/factories.ts';
import { diligentScript, type Script, scriptedModel } from '../../test/fakes/scripted-model.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { getArticle, listClaims } from '../articles/queries.ts';
import { eventsAfter } from './events.ts';
import { getPipeline } from './queries.ts';
import { runPipeline } from './runner.ts';

let app: TestApp;
let pages: Server;
let address: string;
const never = new AbortController().signal;

/** U+0000, an escape sequence, half an emoji and a direction override, as they come out of broken programs. */
const dirt = '\u0000\u001b[m\ud83c\u202e';
/** What may not be left of it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these are looked for.
const dirty = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e]|\\u00[01]/;

beforeAll(async () => {
  const body = breadSources.map(({ text }) => `<p>${text.replaceAll('. ', '.\u0000\u0001 ')}</p>`).join('');
  pages = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    // The title is cut to 300 units in the middle of an emoji; the author holds a control character.
    response.end(
      `<html><head><title>x${'🍞'.repeat(200)}</title><meta name="author" content="A\u0001nna"></head><body><article><h1>Bread</h1>${body}</article></body></html>`,
    );
  });
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  address = `127.0.0.1:${(pages.address() as AddressInfo).port}`;
  app = await startTestApp({ env: { ALLOW_PRIVATE_HOSTS: address } });
});
afterAll(async () => {
  await app.close();
  await new Promise((resolve) => pages.close(resolve));
});

/** The same script with dirt in every text of every answer; quotes and handles too. */
function soiled(script: Script): Script {
  const soil = (value: unknown): unknown => {
    if (typeof value === 'string') return `${value}${dirt}`;
    if (Array.isArray(value)) return value.map(soil);
    if (value === null || typeof value !== 'object') return value;
    const exact = new Set(['type', 'intent', 'id', 'verdict', 'ref', 'refs']);
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        // Half an emoji becomes a sign of its own, and then a quote is none: only what vanishes goes into those.
        if (key === 'quote') return [key, `\u0000${item}\u202e`];
        return [key, exact.has(key) ? item : soil(item)];
      }),
    );
  };
  return Object.fromEntries(
    Object.entries(script).map(([task, answer]) => [
      task,
      (input: unknown, call: number) => soil((answer as (input: unknown, call: number) => unknown)(input, call)),
    ]),
  ) as Script;
}

async function run(script: Script, brief: Parameters<typeof givenPipeline>[1]) {
  const ctx = { ...app.ctx, ...withModel(scriptedModel(script)) };
  const { id } = await givenPipeline(ctx, { duplicates: 'allow', ...brief });
  await runPipeline(ctx, id, never);
  return getPipeline(ctx.db, ctx.ownerId, id);
}

test('a model that answers with control characters and half characters breaks no step, and none of them is stored', async () => {
  const pipeline = await run(soiled(diligentScript), {});
  expect(pipeline.error).toBeNull();
  expect(pipeline.status).toBe('succeeded');
  const article = await getArticle(app.ctx.db, app.ctx.ownerId, pipeline.articleId ?? '');
  const claims = await listClaims(app.ctx.db, app.ctx.ownerId, article.id);
  expect(claims.filter(({ outcome }) => outcome === 'kept').length).toBeGreaterThanOrEqual(3);
  const stored = JSON.stringify([article, claims, await eventsAfter(app.ctx.db, pipeline.id, 0)]);
  expect(stored).not.toMatch(dirty);
  expect(stored.isWellFormed()).toBe(true);
});

test('a page with U+0000 in its text and a title cut inside an emoji can be cited like any other', async () => {
  const pipeline = await run(diligentScript, { sources: [{ url: `http://${address}/page` }] });
  expect(pipeline.error).toBeNull();
  const article = await getArticle(app.ctx.db, app.ctx.ownerId, pipeline.articleId ?? '');
  expect(article.markdown).toContain('[^1]: ');
  expect(JSON.stringify(article)).not.toMatch(dirty);
  expect(article.markdown.isWellFormed()).toBe(true);
});

test('an answer that is no JSON is explained, although the explanation quotes a piece of it', async () => {
  const pipeline = await run({ ...diligentScript, topic: () => `\u0000\ud83c no JSON {"a":\u0000` }, {});
  expect(pipeline).toMatchObject({ status: 'failed', error: { code: 'model_output_invalid' } });
});

test('an answer nested without end is refused and not the end of the worker', async () => {
  const pipeline = await run(
    { ...diligentScript, topic: () => `{"angle":${'['.repeat(200_000)}${']'.repeat(200_000)}}` },
    {},
  );
  expect(pipeline).toMatchObject({ status: 'failed', error: { code: 'model_output_invalid' } });
});

test('texts of nothing but white space make neither an empty title nor an empty heading or sentence', async () => {
  const pipeline = await run(
    {
      ...diligentScript,
      topic: ({ topic }) => ({
        angle: `About ${topic}`,
        keyword: '\t',
        intent: 'informational',
        titles: [' ', '\u3000', '\n'],
        chosen: 0,
        queries: ['\t'],
      }),
      'draft-frame': () => ({
        introduction: [{ type: 'paragraph', sentences: [{ text: ' ', citations: [] }] }],
        conclusion: [{ type: 'paragraph', sentences: [{ text: '\u2028', citations: [] }] }],
        conclusionHeading: ' ',
        faqHeading: ' ',
        faq: [{ question: ' ', answer: [{ text: ' ', citations: [] }] }],
      }),
    },
    { topic: 'A topic of its own' },
  );
  expect(pipeline.error).toBeNull();
  const article = await getArticle(app.ctx.db, app.ctx.ownerId, pipeline.articleId ?? '');
  expect(article).toMatchObject({ title: 'A topic of its own', keyword: 'A topic of its own' });
  expect(article.markdown).not.toMatch(/^#+\s*$/m);
});
