import { setTimeout as sleep } from 'node:timers/promises';
import { eq, sql } from 'drizzle-orm';
import { systemActor } from '../../src/accounts/audit.ts';
import { insertArticle } from '../../src/articles/articles.ts';
import { articleEmbeddings } from '../../src/articles/schema.ts';
import type { AppContext } from '../../src/context.ts';
import { newId } from '../../src/db/id.ts';
import { type BriefRequest, briefSchema } from '../../src/pipeline/brief.ts';
import { cancelPipeline, continuePipeline, createPipeline, retryPipeline } from '../../src/pipeline/commands.ts';
import { approvePipeline, holdPipeline } from '../../src/pipeline/decide.ts';
import { type Pipeline, pipelines } from '../../src/pipeline/schema.ts';
import { keepKey, newKey } from '../../src/provider-keys/provider-keys.ts';
import { publications } from '../../src/publishing/schema.ts';
import { subscribableTypes } from '../../src/webhooks/event-types.ts';
import { createWebhook } from '../../src/webhooks/webhooks.ts';
import { breadSources, givenSite, givenSitePost } from '../factories.ts';
import { htmlPage } from '../fakes/page-server.ts';
import { makePdf } from '../fakes/pdf.ts';
import { diligentScript, type Script } from '../fakes/scripted-model.ts';
import type { SearchFault } from '../fakes/search-server.ts';
import { givenUser, setLimit } from '../ledger.ts';
import type { Fate, Rig } from './crash-rig.ts';

/** One user whose articles are written while workers die. */
export interface Play {
  rig: Rig;
  userId: string;
  siteId: string;
  /** Asks for an article, again if the process died over it before it was accepted. Returns its pipeline. */
  start(brief: Partial<BriefRequest>): Promise<string>;
  /** Works it until nobody has to; fails unless it then stands as expected. */
  until(id: string, status: Pipeline['status'], reason?: string): Promise<void>;
  /** Has a person's command done by a process that may die over it, until the pipeline stands otherwise. */
  order(id: string, command: (ctx: AppContext) => Promise<unknown>): Promise<void>;
}

/** A kind of article, or what happens to one. */
export type Scenario = (play: Play) => Promise<void>;

async function readPipeline({ db }: Pick<AppContext, 'db'>, id: string): Promise<Pipeline> {
  const [row] = await db.select().from(pipelines).where(eq(pipelines.id, id));
  if (!row) throw new Error('the pipeline is gone');
  return row;
}

export async function beginPlay(rig: Rig, fate: Fate): Promise<Play> {
  const { ctx } = rig;
  rig.setScript({});
  rig.models.intercept = null;
  rig.search.faults = {};
  rig.search.rate = ['50, 0', '49, 0', '1, 1209600'];
  const userId = await givenUser(ctx.db, { email: `${newId()}@example.com` });
  const siteId = await givenSite(ctx, 'Bread', userId);
  await createWebhook(ctx, ctx.db, userId, {
    url: 'https://receiver.example/',
    description: '',
    events: Object.keys(subscribableTypes) as (keyof typeof subscribableTypes)[],
  });
  const read = (id: string) => readPipeline(ctx, id);
  return {
    rig,
    userId,
    siteId,
    async start(brief) {
      const full = briefSchema.parse({
        topic: 'Keeping a sourdough starter alive',
        sources: breadSources.slice(0, 2),
        words: { min: 100, max: 200 },
        ...brief,
      });
      for (;;) {
        await rig.live(fate, async (own) => {
          await own.db.transaction((tx) => createPipeline(own, tx, userId, full));
        });
        const rows = await ctx.db.select().from(pipelines).where(eq(pipelines.userId, userId)).orderBy(pipelines.id);
        const row = rows.find(({ topic }) => topic === full.topic);
        if (row) return row.id;
      }
    },
    async until(id, status, reason) {
      const row = await rig.work(fate, id);
      if (row.status !== status || row.waiting?.reason !== reason) {
        const stands = JSON.stringify([row.status, row.waiting, row.error]);
        throw new Error(`expected ${status} ${reason ?? ''}, and it stands ${stands}`);
      }
    },
    async order(id, command) {
      const standing = async () => JSON.stringify([(await read(id)).status, (await read(id)).waiting]);
      const before = await standing();
      for (let tries = 0; before === (await standing()); tries += 1) {
        if (tries > 200) throw new Error('the command changes nothing');
        await rig.live(fate, async (own) => void (await command(own)));
      }
    },
  };
}

/** What else the account has: articles on its topic and others, one of them out, and posts of others on the site. */
async function givenLibrary({ rig: { ctx }, userId, siteId }: Play): Promise<void> {
  const { embedder } = ctx;
  const columns = { model: embedder.model, dimensions: embedder.dimensions };
  const vectorOf = async (text: string) => (await embedder.embed([text]))[0] ?? [];
  const title = 'Baking bread with a sourdough starter';
  const content = { title, keyword: 'sourdough bread', markdown: 'Bread.', language: 'en', pipelineId: null };
  const { id } = await insertArticle(ctx, ctx.db, userId, { ...content, author: 'user' });
  for (const facet of ['topic', 'content'] as const) {
    await ctx.db
      .insert(articleEmbeddings)
      .values({ ...columns, articleId: id, userId, facet, embedding: await vectorOf(title) });
  }
  const remote = { remoteId: 5, remoteStatus: 'publish', remoteUrl: 'https://blog.example/sourdough-bread/' };
  await ctx.db
    .insert(publications)
    .values({ id: newId(), userId, articleId: id, siteId, wanted: 'publish', status: 'published', ...remote });
  // Of the second one its words do not tell whether it is about what most scenarios are about.
  const others = ['How a rye sourdough starter is kept warm', 'Alive: a sourdough starter fed daily'];
  for (const [index, other] of others.entries()) {
    const embedding = await vectorOf(other);
    await givenSitePost(ctx, siteId, 7 + index, { userId, title: other, ...columns, embedding });
  }
}

const kneading = [
  'Kneading aligns the gluten of wheat flour, and dough that was kneaded for ten minutes holds the gas of its yeast. A sourdough starter raises such a dough in about five hours at room temperature.',
  'Bakers test the dough by pulling it thin: when light shines through it without a tear, it has been kneaded enough. Rye flour has hardly any gluten, so its dough is only mixed.',
];

/** A site with sitemap and feed, and a PDF. */
function publishPages({ web }: Rig): { pdf: string; site: string; sitemap: string; feed: string } {
  const lines = breadSources[2]?.text.match(/.{1,90}(\s|$)/g) ?? [];
  const pdf = makePdf([lines.map((text, index) => ({ text: text.trim(), y: 780 - 14 * index }))], {
    info: { Title: 'When things go wrong' },
  });
  web.pages.set('/trouble.pdf', (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/pdf' }).end(pdf);
  });
  const xml = (body: () => string) => (_request: unknown, response: import('node:http').ServerResponse) => {
    response.writeHead(200, { 'content-type': 'application/xml' }).end(body());
  };
  web.pages.set('/robots.txt', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' }).end(`Sitemap: ${web.at(1, '/sitemap.xml')}\n`);
  });
  const place = (path: string) => `<url><loc>${web.at(1, path)}</loc></url>`;
  web.pages.set(
    '/sitemap.xml',
    xml(
      () =>
        `<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>${web.at(1, '/posts.xml')}</loc></sitemap></sitemapindex>`,
    ),
  );
  web.pages.set(
    '/posts.xml',
    xml(
      () =>
        `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${place('/starter-in-winter')}</urlset>`,
    ),
  );
  web.pages.set(
    '/starter-in-winter',
    htmlPage('A sourdough starter in winter', [...kneading.map((text) => `In winter: ${text}`)]),
  );
  const item = (title: string, link: string, text = '') =>
    `<item><title>${title}</title><link>${link}</link><description>${text}</description></item>`;
  web.pages.set(
    '/feed.xml',
    xml(
      () =>
        `<?xml version="1.0"?><rss version="2.0"><channel><title>F</title>${item('A sourdough starter in winter', web.at(1, '/starter-in-winter'))}${item('A sourdough starter in summer', web.at(1, '/gone'), `&lt;p&gt;In summer: ${kneading[0]}&lt;/p&gt;`)}</channel></rss>`,
    ),
  );
  web.pages.set(
    '/',
    `<html><head><title>Bread</title><link rel="alternate" type="application/rss+xml" href="${web.at(1, '/feed.xml')}"></head><body><p>Bread.</p></body></html>`,
  );
  const [site, sitemap, feed] = ['/', '/sitemap.xml', '/feed.xml'].map((path) => web.at(1, path)) as [
    string,
    string,
    string,
  ];
  return { pdf: web.at(0, '/trouble.pdf'), site, sitemap, feed };
}

/** Answers that need mending: a topic that cannot be read, and a sentence that its judge refuses. */
const doubtful: Script = {
  judge: ({ claims }) => ({
    verdicts: claims.map(({ id, text }) => ({
      id,
      verdict: text.startsWith('A sourdough starter is') ? ('contradicted' as const) : ('supported' as const),
      reason: 'as scripted',
    })),
  }),
  rewrite: ({ claims }) => ({
    rewrites: claims.map(({ id, passages }) => {
      const quote = 'It is fed with fresh flour and water once a day';
      const ref = passages.find(({ text }) => text.includes(quote))?.ref ?? 'p1';
      return { id, sentence: { text: `${quote}.`, citations: [{ ref, quote }] } };
    }),
  }),
};

/** More than `createShow` waits. */
const shownAfterMs = 500;

const person = { name: 'a person', via: 'web' } as const;
const inTx = (ctx: AppContext, run: (tx: AppContext['db']) => Promise<unknown>) => ctx.db.transaction(run);

/** The quickest first: each is killed only where none before it was. */
export const scenarios: Record<string, Scenario> = {
  'of which nothing can be made, after another one whose turn it was': async (play) => {
    const sources = [{ title: 'Almost nothing', text: 'Too short.' }];
    const first = await play.start({ sources, topic: 'Sourdough bread in a tin' });
    const second = await play.start({ sources });
    // The job of the second is used for the first.
    await play.until(second, 'failed');
    await play.until(first, 'failed');
  },
  'by the offline writer': async (play) => {
    const { rig } = play;
    const id = await play.start({ model: 'offline', language: 'de' });
    // Whoever comes while another is at work looks again later.
    await rig.ctx.db
      .update(pipelines)
      .set({ status: 'running', startedAt: sql`now()`, leaseExpiresAt: sql`now() + interval '1 hour'` })
      .where(eq(pipelines.id, id));
    await play.until(id, 'succeeded');
  },
  'short of money, twice': async (play) => {
    const { rig, userId } = play;
    const id = await play.start({ budgetMicroUsd: 1_000 });
    await play.until(id, 'waiting', 'budget_exceeded');
    await play.order(id, (ctx) => continuePipeline(ctx, userId, id, 1_000_000));
    await setLimit(rig.ctx.db, userId, 2_000);
    await play.until(id, 'waiting', 'budget_exceeded');
    await setLimit(rig.ctx.db, userId, 1_000_000);
    await play.until(id, 'succeeded');
  },
  'like another one, with keys of its user': async (play) => {
    const { rig, userId } = play;
    const { ctx } = rig;
    await givenLibrary(play);
    rig.search.keys.brave.add('BSA-of-the-user');
    rig.search.pages = () => [];
    for (const [provider, key] of [
      ['openai', 'sk-of-the-user'],
      ['brave', 'BSA-of-the-user'],
    ] as const) {
      await keepKey(ctx, userId, newKey(provider, key), { status: 'works', problem: null }, systemActor);
    }
    const id = await play.start({ topic: 'Baking bread with a sourdough starter', search: { also: true } });
    await play.until(id, 'waiting', 'duplicate');
    await play.order(id, (own) => continuePipeline(own, userId, id, undefined));
    await play.until(id, 'succeeded');
  },
  'mended, by another model, and redone': async (play) => {
    const { rig, userId, siteId } = play;
    rig.setScript(doubtful);
    rig.models.intercept = (call, wire) => {
      if (call.task !== 'topic' && call.model === 'gpt-4o-mini') {
        if (call.task === 'outline') wire.answer('No.', { ending: 'refusal' });
        else wire.fail(400, 'invalid');
        return true;
      }
      if (call.task !== 'topic' || call.messages.length > 2) return false;
      wire.answer('{"angle": "half');
      return true;
    };
    const publish = { siteId, publish: 'publish', approval: 'auto', minSeoScore: 100 } as const;
    const id = await play.start(publish);
    // It does not come past the gates.
    await play.until(id, 'waiting', 'approval');
    await play.order(id, (ctx) => retryPipeline(ctx, userId, id, 'check'));
    rig.redone.push(rig.models.calls.length);
    await play.until(id, 'waiting', 'approval');
  },
  'by a worker that has it for long': async (play) => {
    const { rig } = play;
    const { ctx } = rig;
    let id = '';
    /** Resolves when the worker has prolonged the lease beyond `since`. */
    const prolonged = async (since: Date) => {
      while (((await readPipeline(ctx, id)).leaseExpiresAt ?? since) <= since) await sleep(20);
    };
    rig.models.intercept = async ({ task }) => {
      // What takes longer to come is shown while it comes.
      if (task === 'seo') await sleep(shownAfterMs);
      if (task !== 'topic' && task !== 'outline') return false;
      if (task === 'topic') await prolonged((await readPipeline(ctx, id)).leaseExpiresAt ?? new Date());
      else {
        // It ran out, and nobody has taken it yet.
        const ranOut = { leaseExpiresAt: sql`now() - interval '1 second'` as never };
        await ctx.db.update(pipelines).set(ranOut).where(eq(pipelines.id, id));
        await prolonged(new Date());
      }
      return false;
    };
    id = await play.start({});
    await play.until(id, 'succeeded');
  },
  'while its model is away, cancelled and taken up again': async (play) => {
    const { rig, userId, siteId } = play;
    let away = true;
    let asked = false;
    rig.models.intercept = (call, wire) => {
      // As SIGTERM does, once: the worker hands over.
      if (call.task === 'outline' && !asked) rig.askToStop();
      asked ||= call.task === 'outline';
      if (call.task !== 'seo' || !away) return false;
      wire.fail(503, 'overloaded');
      return true;
    };
    const fails: SearchFault = (response) => {
      response.writeHead(500).end('{}');
      return true;
    };
    rig.search.faults = { searxng: fails, brave: fails, tavily: fails };
    const id = await play.start({ siteId, publish: 'draft', search: { also: true } });
    await play.until(id, 'waiting', 'provider');
    await play.order(id, (ctx) => cancelPipeline(ctx, userId, id));
    away = false;
    await play.order(id, (ctx) => retryPipeline(ctx, userId, id));
    await play.until(id, 'succeeded');
  },
  'found by searching, approved by a rule': async (play) => {
    const { rig, siteId } = play;
    const known = breadSources.map(({ title, text }, host) => {
      rig.web.pages.set(
        `/found-${host}`,
        htmlPage(`${title} of a sourdough starter`, [...text.split('\n\n'), kneading[0] ?? '']),
      );
      return {
        url: rig.web.at(host, `/found-${host}`),
        title: `${title} of a sourdough starter`,
        snippet: text.slice(0, 80),
      };
    });
    const unwanted = Array.from({ length: 11 }, (_, index) => ({
      url: `https://unwanted.example/${index}`,
      title: 'A sourdough starter',
    }));
    rig.search.pages = () => [
      ...unwanted,
      ...known,
      { url: rig.web.at(4, '/none'), title: 'A sourdough starter that is gone' },
    ];
    const fails: SearchFault = (response, { query }) => {
      if (query.includes('hooch')) return false;
      response.writeHead(500).end('{}');
      return true;
    };
    rig.search.faults = { searxng: fails, brave: fails };
    const topic = async (...args: Parameters<typeof diligentScript.topic>) =>
      ({ ...((await diligentScript.topic(...args)) as object), queries: ['sourdough starter hooch'] }) as never;
    rig.setScript({ topic });
    const id = await play.start({
      sources: [],
      search: { deny: ['unwanted.example'] },
      siteId,
      publish: 'publish',
      approval: 'auto',
      holdHours: 0,
    });
    await play.until(id, 'succeeded');
  },
  'given pages, a file and a site, held, approved and published': async (play) => {
    const { userId, siteId, rig } = play;
    await givenLibrary(play);
    const { pdf, site, sitemap, feed } = publishPages(rig);
    const id = await play.start({
      sources: [...breadSources.slice(0, 1), { url: pdf }, { site }, { url: sitemap }, { url: feed }],
      siteId,
      publish: 'publish',
      approval: 'auto',
      holdHours: 24,
    });
    await play.until(id, 'waiting', 'approval');
    // A job that comes for nothing.
    await play.until(id, 'waiting', 'approval');
    const hold = () => play.order(id, (ctx) => inTx(ctx, (tx) => holdPipeline(ctx, tx, userId, id, person)));
    const approve = () => play.order(id, (ctx) => inTx(ctx, (tx) => approvePipeline(ctx, tx, userId, id, person)));
    await hold();
    await approve();
    // Taken back before a worker has come.
    await hold();
    await approve();
    await play.until(id, 'succeeded');
  },
};
