import { and, asc, eq } from 'drizzle-orm';
import { listUsers, presentAdminUsers } from '../src/accounts/admin.ts';
import { freeSlug } from '../src/articles/articles.ts';
import { presentSummaries } from '../src/articles/present.ts';
import { listArticles } from '../src/articles/queries.ts';
import { settle, settleOrphaned, tryReserve } from '../src/budget/ledger.ts';
import { topSpenders } from '../src/budget/top.ts';
import { usageOf } from '../src/budget/usage.ts';
import { usageLimitsOf } from '../src/budget/usage-limits.ts';
import { warnOfMissed } from '../src/budget/warnings.ts';
import type { AppContext } from '../src/context.ts';
import { instanceStatus } from '../src/overview/instance.ts';
import { overviewOf } from '../src/overview/overview.ts';
import { findDuplicate } from '../src/pipeline/1-topic/duplicates.ts';
import { findLinkTargets } from '../src/pipeline/6-seo/links.ts';
import { briefSchema } from '../src/pipeline/brief.ts';
import { createPipeline } from '../src/pipeline/commands.ts';
import { claimPipeline } from '../src/pipeline/lease.ts';
import { enqueueAbandoned, enqueueNext, isNext } from '../src/pipeline/line.ts';
import { presentPipelines } from '../src/pipeline/present.ts';
import { listPipelines } from '../src/pipeline/queries.ts';
import { type Pipeline, pipelines } from '../src/pipeline/schema.ts';
import { sweepPipelines } from '../src/pipeline/worker.ts';
import { claimPublication } from '../src/publishing/lease.ts';
import { listPublications } from '../src/publishing/queries.ts';
import { countQueue, listQueue } from '../src/publishing/queue.ts';
import { publications } from '../src/publishing/schema.ts';
import { sweepPublications } from '../src/publishing/worker.ts';
import { listSchedules } from '../src/schedules/queries.ts';
import { runDueSchedules } from '../src/schedules/run-due.ts';
import { listTopics } from '../src/topics/queries.ts';
import { commonWord, type LargeAccounts, wordOf } from './large-database.ts';
import { callPlan } from './ledger.ts';

/** Something that the product does often, as its own functions do it. */
export interface Operation {
  name: string;
  run(ctx: AppContext): Promise<unknown>;
}

/** What operations on a filled database start from. */
interface Places {
  /** Of each account: ids in the middle of its lists. */
  articles: string;
  pipelines: string;
  topics: string;
  /** The oldest article of the account, by the number in its words. */
  oldWord: string;
  pipeline: Pipeline;
}

/**
 * What an instance does all the time, for the biggest account, for one of average size and for all: lists, searches,
 * sums of money, and what workers look for. Each may be undone by whoever calls it: they take the context's database.
 */
export async function operationsOn(ctx: AppContext, accounts: LargeAccounts): Promise<Operation[]> {
  // Whatever can start has its job already, as on an instance that is at work.
  while ((await enqueueNext(ctx, ctx.db)) > 0);
  while ((await sweepPublications(ctx)) > 0);
  const claimable = await nextPipeline(ctx);
  const publication = await nextPublication(ctx);
  const [biggest, average] = [await placesOf(ctx, accounts.biggest), await placesOf(ctx, accounts.average)];
  return [
    ...ofAccount(ctx, 'average account', accounts.average, average),
    ...ofAccount(ctx, 'biggest account', accounts.biggest, biggest),
    {
      name: 'queue of a site, biggest account',
      run: async ({ db }) => [
        await listQueue(db, accounts.biggestSite, { limit: 20 }),
        await countQueue(db, accounts.biggestSite),
      ],
    },
    { name: 'due schedules, none due', run: (tx) => runDueSchedules(tx) },
    { name: 'due schedules, five due', run: (tx) => runDueSchedules(tx, new Date(Date.now() + 3_600_000 + 210_000)) },
    { name: 'dequeue of a pipeline', run: (tx) => expectSome(claimPipeline(tx, claimable)) },
    { name: 'sweep of pipelines', run: (tx) => sweepPipelines(tx) },
    { name: 'sweep of abandoned pipelines', run: (tx) => enqueueAbandoned(tx) },
    { name: 'dequeue of a publication', run: ({ db }) => expectSome(claimPublication(db, publication, 12_000)) },
    { name: 'sweep of publications', run: (tx) => sweepPublications(tx) },
    { name: 'sweep of the ledger', run: ({ db }) => settleOrphaned(db) },
    { name: 'sweep of warnings', run: (tx) => warnOfMissed(tx) },
    {
      name: 'admin: accounts',
      run: async (tx) => presentAdminUsers(tx, await listUsers(tx.db, { limit: 20 })),
    },
    { name: 'admin: top spenders', run: (tx) => topSpenders(tx, { limit: 10 }) },
    { name: 'admin: status', run: (tx) => instanceStatus(tx) },
  ];
}

function ofAccount({ embedder }: AppContext, who: string, userId: string, at: Places): Operation[] {
  const articles = async ({ db }: AppContext, query: Partial<Parameters<typeof listArticles>[2]>) =>
    presentSummaries(db, await listArticles(db, userId, { limit: 20, ...query }));
  const runs = async ({ db }: AppContext, query: Partial<Parameters<typeof listPipelines>[2]>) =>
    presentPipelines(db, await listPipelines(db, userId, { limit: 20, ...query }));
  const brief = briefSchema.parse({ topic: 'A topic like no other, about tides', sources: [] });
  const vector = Array.from({ length: embedder.dimensions }, (_, index) => Math.sin(index));
  const list: [string, Operation['run']][] = [
    ['articles, first page', (tx) => articles(tx, {})],
    ['articles, a page in the middle', (tx) => articles(tx, { cursor: at.articles })],
    ['articles of one status', (tx) => articles(tx, { status: 'draft' })],
    ['articles with a rare word', (tx) => articles(tx, { query: at.oldWord })],
    ['articles with a part of a rare word', (tx) => articles(tx, { query: at.oldWord.slice(1) })],
    ['articles with a common word', (tx) => articles(tx, { query: commonWord })],
    ['articles with a word that none has', (tx) => articles(tx, { query: 'unheardof' })],
    ['runs, first page', (tx) => runs(tx, {})],
    ['runs, a page in the middle', (tx) => runs(tx, { cursor: at.pipelines })],
    ['failed runs', (tx) => runs(tx, { status: 'failed' })],
    ['topics, first page', ({ db }) => listTopics(db, userId, { limit: 20 })],
    ['topics, a page in the middle', ({ db }) => listTopics(db, userId, { limit: 20, cursor: at.topics })],
    ['dismissed topics', ({ db }) => listTopics(db, userId, { limit: 20, status: ['dismissed'] })],
    ['publications, latest published', ({ db }) => listPublications(db, userId, { limit: 20, order: 'published' })],
    ['publications that failed', ({ db }) => listPublications(db, userId, { limit: 20, status: 'failed' })],
    ['schedules', ({ db }) => listSchedules(db, userId, { limit: 20 })],
    ['usage of a month, by day', (tx) => usageOf(tx, userId, { groupBy: ['day'] })],
    ['limits of a month', (tx) => usageLimitsOf(tx, userId)],
    ['overview', (tx) => overviewOf(tx, userId)],
    ['reserve + settle', (tx) => reserveAndSettle(tx, at.pipeline)],
    ['an article is begun', ({ ...tx }) => createPipeline(tx, tx.db, userId, brief)],
    ['near-duplicates of a topic', (tx) => nearDuplicate(tx, at.pipeline, brief.topic)],
    [
      'links to other articles',
      ({ db }) =>
        findLinkTargets(db, embedder, { id: at.articles, userId, text: 'tides', language: 'en', vector }, null),
    ],
    ['a free slug', ({ db }) => freeSlug(db, userId, `keep-${at.oldWord}`)],
  ];
  return list.map(([name, run]) => ({ name: `${name}, ${who}`, run }));
}

const nearDuplicate = (tx: AppContext, { id, userId }: Pipeline, topic: string) =>
  findDuplicate(tx, { userId, pipelineId: id }, { topic, keyword: null, siteId: null, language: 'en' });

async function reserveAndSettle(tx: AppContext, pipeline: Pipeline): Promise<void> {
  const plan = callPlan(pipeline.userId, pipeline.id, 10, { model: 'openai:model-1' });
  const granted = await tryReserve(tx, plan);
  if ('refusal' in granted) throw new Error(`no money: ${JSON.stringify(granted.refusal)}`);
  await settle(tx.db, granted.id, { usage: null, costMicroUsd: 5, output: {} });
}

async function placesOf({ db }: AppContext, userId: string): Promise<Places> {
  const articles = await listArticles(db, userId, { limit: 100_000 });
  const runs = await db
    .select()
    .from(pipelines)
    .where(and(eq(pipelines.userId, userId), eq(pipelines.status, 'succeeded')))
    .orderBy(asc(pipelines.id));
  const topics = await listTopics(db, userId, { limit: 100_000 });
  const middle = <T>(list: T[]): T => {
    const one = list[Math.floor(list.length / 2)];
    if (one === undefined) throw new Error('the account is empty');
    return one;
  };
  const { keyword } = articles.at(-1) ?? { keyword: wordOf(1) };
  return {
    articles: middle(articles).id,
    pipelines: middle(runs).id,
    topics: middle(topics).id,
    oldWord: keyword,
    pipeline: middle(runs),
  };
}

/** A pipeline whose turn it is. */
async function nextPipeline({ db, config }: AppContext): Promise<string> {
  const queued = await db.select().from(pipelines).where(eq(pipelines.status, 'queued')).orderBy(asc(pipelines.id));
  for (const { id, userId } of queued) if (await isNext(db, config, userId, id)) return id;
  throw new Error('nobody is next');
}

async function nextPublication({ db }: AppContext): Promise<string> {
  const [row] = await db.select().from(publications).where(eq(publications.status, 'queued')).limit(1);
  if (!row) throw new Error('no publication waits');
  return row.id;
}

async function expectSome<T>(promise: Promise<T | null>): Promise<T> {
  const value = await promise;
  if (value === null) throw new Error('there was nothing to take');
  return value;
}
