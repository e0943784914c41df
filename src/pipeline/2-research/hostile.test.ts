import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { givenPipeline, withModel } from '../../../test/factories.ts';
import { goodSentences, type HostileWeb, poison, startHostileWeb } from '../../../test/fakes/hostile-web.ts';
import { makePdf } from '../../../test/fakes/pdf.ts';
import { diligentScript, type ScriptedModel, scriptedModel } from '../../../test/fakes/scripted-model.ts';
import { startTestApp, type TestApp } from '../../../test/harness.ts';
import { renderMarkdown } from '../../articles/markdown.ts';
import { listArticleSources, listClaims } from '../../articles/queries.ts';
import { articles } from '../../articles/schema.ts';
import { listCalls } from '../../budget/ledger.ts';
import { passages, sources } from '../../knowledge/schema.ts';
import type { ResolveAll } from '../../net/address-guard.ts';
import { createSafeFetch } from '../../net/safe-fetch.ts';
import type { BriefRequest } from '../brief.ts';
import { eventsAfter } from '../events.ts';
import { getPipeline } from '../queries.ts';
import { runPipeline } from '../runner.ts';
import { readRecorded } from '../steps-store.ts';
import { researchOutput } from './step.ts';

const never = new AbortController().signal;
let web: HostileWeb;
let app: TestApp;
let model: ScriptedModel;

/** What is said of a page that takes too long. */
const tooSlow = 'did not answer completely within';
/** What a page may take, in milliseconds: short where slowness is the fault, as it is otherwise. */
let patienceMs = 1_500;

/** The application with a limit on time that a test can wait for; nothing else about fetching is different. */
async function startApp(allowed: string[], resolve?: ResolveAll) {
  const real = createSafeFetch({ allowPrivateHosts: allowed, userAgent: 'blog-poster/test', resolve });
  const safeFetch = Object.assign(
    (url: string | URL, options: Parameters<typeof real>[1]) =>
      real(url, { ...options, timeoutMs: Math.min(options.timeoutMs, patienceMs) }),
    { close: () => real.close() },
  );
  model = scriptedModel(diligentScript);
  return startTestApp({ overrides: { ...withModel(model), safeFetch } });
}

/** Runs a pipeline to its end and gives all that came of it. */
async function run(wanted: BriefRequest['sources']) {
  const { ctx } = app;
  const before = model.asked.length;
  const topic = 'Keeping copies that can be restored';
  const { id } = await givenPipeline(ctx, {
    topic,
    sources: wanted,
    duplicates: 'allow',
    words: { min: 100, max: 400 },
  });
  await runPipeline(ctx, id, never);
  const pipeline = await getPipeline(ctx.db, ctx.ownerId, id);
  const events = await eventsAfter(ctx.db, id, 0);
  return {
    id,
    pipeline,
    asked: model.asked.slice(before),
    calls: await listCalls(ctx.db, [id]),
    logged: events.flatMap(({ type, data }) => (type === 'log' ? [String(data.message)] : [])),
  };
}

const rows = async () => {
  const { db } = app.ctx;
  return [await db.$count(sources), await db.$count(passages), await db.$count(articles)];
};

/** How far the memory of this process, which stands for the server, grows while something is read; in bytes. */
function watchMemory() {
  const start = process.memoryUsage.rss();
  let most = start;
  const look = () => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  const timer = setInterval(look, 10);
  return {
    stop() {
      clearInterval(timer);
      look();
      return most - start;
    },
  };
}

beforeAll(async () => {
  web = await startHostileWeb();
  app = await startApp(web.allowed);
});
afterAll(async () => {
  await app.close();
  await web.close();
});

/** The names are known before the servers run. */
const names = await (async () => {
  const first = await startHostileWeb();
  await first.close();
  return first.cases.map(({ name }) => name);
})();

describe.each(names)('%s', (name) => {
  const found = () => {
    const hostile = web.cases.find((one) => one.name === name);
    if (hostile === undefined) throw new Error(`no case ${name}`);
    patienceMs = hostile.says.test(tooSlow) ? 1_500 : 60_000;
    return hostile;
  };

  test('alone: the run ends with the cause and a mend, nothing is stored, nothing is paid after the topic', async () => {
    const { url, says, heavy } = found();
    const before = await rows();
    const memory = watchMemory();
    const { pipeline, asked, calls, logged } = await run([{ url }]);
    const growth = memory.stop();
    if (heavy) expect(growth).toBeLessThan(150_000_000);
    expect(pipeline).toMatchObject({ status: 'failed', articleId: null, error: { code: 'no_sources' } });
    expect(pipeline.error?.message).toMatch(says);
    // The mend of this cause, before what is said of every run without sources.
    expect(pipeline.error?.hint).toMatch(/^[A-Z].{15,}\. Add at least one page/);
    expect(logged.some((message) => message.startsWith('Not used: ') && says.test(message))).toBe(true);
    expect(await rows()).toEqual(before);
    expect(asked).toEqual(['topic']);
    expect(calls.map((call) => call.status)).toEqual(['settled']);
  });
});

/** Several in one article: what is told of one does not depend on which others there are. */
const groups = Array.from({ length: Math.ceil(names.length / 8) }, (_, index) => names.slice(index * 8, index * 8 + 8));

test.each(groups.map((group) => ({ title: group.join(', '), group })))(
  'beside a good source the article is written from that one, and the problem of each is told: $title',
  async ({ group }) => {
    const bad = web.cases.filter(({ name }) => group.includes(name));
    expect(bad).toHaveLength(group.length);
    patienceMs = bad.some(({ says }) => says.test(tooSlow)) ? 6_000 : 60_000;
    const { id, pipeline, logged } = await run([...bad.map(({ url }) => ({ url })), { url: web.good }]);
    expect(pipeline).toMatchObject({ status: 'succeeded', error: null });
    const cited = await listArticleSources(app.ctx.db, [pipeline.articleId ?? '']);
    expect(cited.map((source) => source.url)).toEqual([web.good]);
    const { finished } = await readRecorded(app.ctx.db, id);
    const { problems } = researchOutput.parse(finished.get('research')?.output);
    for (const { url, says } of bad) {
      // Of a feed or a sitemap it is told of the pages that it leads to.
      const told = problems.find(({ source }) => source === url) ?? problems.find(({ message }) => says.test(message));
      expect(told, url).toMatchObject({
        message: expect.stringMatching(says),
        hint: expect.stringMatching(/.{15,}/),
      });
      expect(logged).toContain(`Not used: ${told?.source}. ${told?.message} ${told?.hint}`);
    }
  },
);

describe('addresses inside the network', () => {
  const spellings = [
    'http://127.0.0.1:PORT/',
    'http://2130706433:PORT/',
    'http://0177.0.0.1:PORT/',
    'http://0x7f000001:PORT/',
    'http://0x7f.1:PORT/',
    'http://127.1:PORT/',
    'http://localhost:PORT/',
    'http://localhost.:PORT/',
    'http://sub.localhost:PORT/',
    'http://LOCALHOST:PORT/',
    'http://0:PORT/',
    'http://0.0.0.0:PORT/',
    'http://[::1]:PORT/',
    'http://[::]:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://[::ffff:7f00:1]:PORT/',
    'http://[::127.0.0.1]:PORT/',
    'http://[64:ff9b::7f00:1]:PORT/',
    'http://[64:ff9b::127.0.0.1]:PORT/',
    'http://user:password@127.0.0.1:PORT/',
    'http://example.com@127.0.0.1:PORT/',
    'http://127.0.0.1:PORT\\@example.com/',
    'http://①②⑦.0.0.1:PORT/',
    'http://10.0.0.1/',
    'http://192.168.1.1/',
    'http://172.16.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://100.64.0.1/',
    'http://[fd00::1]/',
    'http://[fe80::1]/',
    'http://168.63.129.16/',
  ];

  test.each(spellings)('%s is refused', async (spelling) => {
    const url = spelling.replace('PORT', String(web.internal.port));
    const before = await rows();
    for (const source of [{ url }, { site: url }]) {
      const { pipeline, asked } = await run([source]);
      expect(pipeline).toMatchObject({ status: 'failed', error: { code: 'no_sources' } });
      expect(pipeline.error?.message).toMatch(
        /not a public internet address|this machine itself|user name or password/,
      );
      expect(asked).toEqual(['topic']);
    }
    expect(await rows()).toEqual(before);
    expect(web.internal.asked).toEqual([]);
  });

  test('are refused as sites too', async () => {
    const { pipeline } = await run([{ site: `http://127.0.0.1:${web.internal.port}/` }, { site: 'http://10.0.0.1/' }]);
    expect(pipeline).toMatchObject({ status: 'failed', error: { code: 'no_sources' } });
    expect(pipeline.error?.message).toMatch(/not a public internet address/);
    expect(web.internal.asked).toEqual([]);
  });

  test('a name that changes its address between two look-ups gains nothing', async () => {
    const first = app;
    let lookups = 0;
    // The first answer is a host that the operator allows, every later one the address of the internal server.
    const resolve: ResolveAll = async () => [{ address: lookups++ === 0 ? '127.0.0.2' : '127.0.0.1', family: 4 }];
    app = await startApp(['127.0.0.2/32'], resolve);
    try {
      for (const name of ['rebinding.example', 'inside.example']) {
        const { pipeline } = await run([{ url: `http://${name}:${web.internal.port}/page` }]);
        expect(pipeline).toMatchObject({ status: 'failed', error: { code: 'no_sources' } });
      }
      expect(lookups).toBeGreaterThan(1);
      expect(web.internal.asked).toEqual([]);
      const { pipeline } = await run([{ url: `http://inside.example:${web.internal.port}/page` }]);
      expect(pipeline.error?.message).toMatch(/leads to 127\.0\.0\.1, which is not a public internet address/);
    } finally {
      await app.close();
      app = first;
    }
  });
});

describe('what is in a page besides its text', () => {
  test('gets neither into passages nor into the article', async () => {
    const { pipeline } = await run([{ url: web.poisoned }]);
    expect(pipeline).toMatchObject({ status: 'succeeded', error: null });
    const { db, ownerId } = app.ctx;
    const [source] = await db.select().from(sources).where(eq(sources.url, web.poisoned));
    const stored = await db
      .select()
      .from(passages)
      .where(eq(passages.sourceId, source?.id ?? ''));
    const [article] = await db
      .select()
      .from(articles)
      .where(eq(articles.id, pipeline.articleId ?? ''));
    const markdown = article?.markdown ?? '';
    const text = stored.map((passage) => `${passage.heading} ${passage.text}`).join('\n');
    const { html } = renderMarkdown(markdown);
    const claims = JSON.stringify(await listClaims(db, ownerId, article?.id ?? ''));
    for (const sentence of goodSentences) expect(text).toContain(sentence);
    for (const place of [text, markdown, html, claims, model.prompts.join('\n')]) {
      expect(place).not.toContain(poison);
      expect(place).not.toMatch(/javascript:|evil\.example|tracker\.example|onclick|onmouseover|srcdoc|steal\(\)/);
    }
    expect(html).toContain(goodSentences[0]);
    expect(html).not.toMatch(/<(script|iframe|form|input|img|style|link|base|object|svg)\b/i);
  });
});

describe('mislabelled files that are readable', () => {
  test('are read as what they are', async () => {
    const { createServer } = await import('node:http');
    const pdf = makePdf([goodSentences.map((text, index) => ({ text, y: 780 - index * 12 }))]);
    const page = `<!doctype html><html lang="en"><body><article><p>${goodSentences.join(' ')} It came as octets.</p></article></body></html>`;
    const server = createServer((request, response) => {
      if (request.url === '/report') response.writeHead(200, { 'content-type': 'text/html' }).end(pdf);
      else
        response
          .writeHead(request.url === '/robots.txt' ? 404 : 200, { 'content-type': 'application/octet-stream' })
          .end(page);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const first = app;
    app = await startApp([`127.0.0.1:${port}`]);
    try {
      for (const path of ['report', 'page']) {
        const { pipeline } = await run([{ url: `http://127.0.0.1:${port}/${path}` }]);
        expect(pipeline).toMatchObject({ status: 'succeeded', error: null });
      }
    } finally {
      await app.close();
      app = first;
      server.close();
    }
  });
});
