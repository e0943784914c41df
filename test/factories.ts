import { eq, sql } from 'drizzle-orm';
import { monthIn } from '../src/accounts/month.ts';
import { type CallKind, type CallStatus, type Payer, paidCalls } from '../src/budget/schema.ts';
import type { AppContext } from '../src/context.ts';
import { newId } from '../src/db/id.ts';
import type { Db } from '../src/db/open.ts';
import { callLimits, type Models } from '../src/llm/models.ts';
import { createRests } from '../src/llm/rests.ts';
import { type BriefRequest, briefSchema } from '../src/pipeline/brief.ts';
import { createPipeline } from '../src/pipeline/commands.ts';
import { type Pipeline, pipelines } from '../src/pipeline/schema.ts';
import { type SitePost, sitePosts } from '../src/site-posts/schema.ts';
import { createSite } from '../src/sites/sites.ts';
import type { ScriptedModel } from './fakes/scripted-model.ts';
import type { TestContext } from './harness.ts';

/** A site of a user that nothing answers for. Returns its id. */
export async function givenSite(ctx: TestContext, name: string, userId = ctx.ownerId): Promise<string> {
  const credentials = { username: 'admin', applicationPassword: 'pass word' };
  return (await createSite(ctx, ctx.db, userId, { name, url: `https://blog.example`, ...credentials })).id;
}

/** A post on a site as it was read: public, in English, at an address made of its id. */
export async function givenSitePost(
  ctx: TestContext,
  siteId: string,
  remoteId: number,
  change: Partial<SitePost> = {},
): Promise<void> {
  const url = `https://blog.example/post-${remoteId}/`;
  const texts = { url, slug: `post-${remoteId}`, title: `Post ${remoteId}`, language: 'en', status: 'publish' };
  await ctx.db.insert(sitePosts).values({ siteId, remoteId, userId: ctx.ownerId, ...texts, ...change });
}

/** Three short documents on one topic, with enough text to write from. */
export const breadSources = [
  {
    title: 'Feeding a starter',
    text: `A sourdough starter is a mixture of flour and water in which wild yeast and lactic acid bacteria live. It is fed with fresh flour and water once a day at room temperature. A starter that doubles in volume within six hours after feeding is ready for baking.\n\nMany bakers keep 50 grams of starter and discard the rest before each feeding. Whole grain flour brings more minerals and makes the mixture ferment faster.`,
  },
  {
    title: 'Temperature and time',
    text: `Fermentation slows down when the dough is cold. At 4 degrees Celsius a starter can rest for two weeks without being fed. At 28 degrees Celsius it peaks after about four hours.\n\nA cool kitchen is no obstacle to good bread. The baker simply gives the dough more time and watches its volume instead of the clock.`,
  },
  {
    title: 'When things go wrong',
    text: `A grey liquid on top of the starter is called hooch and shows that the starter is hungry. It can be poured off or stirred in before the next feeding. Pink or orange streaks mean that the starter is spoiled and has to be thrown away.\n\nA starter that smells of acetone was fed too rarely. Two or three regular feedings bring it back to life.`,
  },
];

/** Makes every step ask the scripted model. */
export function withModel(model: ScriptedModel): Partial<AppContext> {
  const { resolved } = model;
  const models: Models = {
    chain: [resolved.id],
    limits: callLimits,
    rests: createRests(),
    schemaless: new Set<string>(),
    resolve: async () => resolved,
    resolveImage: async () => {
      throw new Error('the scripted model makes no images');
    },
    withKeys: () => models,
    checkKey: async () => ({ status: 'unchecked', problem: null }),
  };
  return { models };
}

/** A pipeline in the database with its job, not yet run. */
export async function givenPipeline(ctx: TestContext, brief: Partial<BriefRequest> = {}): Promise<Pipeline> {
  const full = briefSchema.parse({ topic: 'Keeping a sourdough starter alive', sources: breadSources, ...brief });
  return ctx.db.transaction((tx) => createPipeline(ctx, tx, ctx.ownerId, full));
}

/** The same as if a worker had taken it: under a lease that outlasts the test. */
export async function givenRunningPipeline(ctx: TestContext, brief: Partial<BriefRequest> = {}): Promise<Pipeline> {
  const { id } = await givenPipeline(ctx, brief);
  const [row] = await ctx.db
    .update(pipelines)
    .set({ status: 'running', lease: 1, startedAt: sql`now()`, leaseExpiresAt: sql`now() + interval '1 hour'` })
    .where(eq(pipelines.id, id))
    .returning();
  if (!row) throw new Error('the pipeline is gone');
  return row;
}

/** A row of the ledger as a worker would have left it; what is not named costs nothing. */
export interface GivenCall {
  userId: string;
  startedAt: Date;
  /** Whose month it counts in; that of the user's account, as the test set it. */
  timeZone?: string;
  payer?: Payer;
  kind?: CallKind;
  status?: CallStatus;
  estimated?: boolean;
  costMicroUsd?: number | null;
  reservedMicroUsd?: number;
  model?: string;
  step?: string;
  pipelineId?: string | null;
  inputTokens?: number | null;
  outputTokens?: number | null;
}

/** Writes a call into the ledger, whose counters move along. Returns its id. */
export async function givenCall(db: Db, call: GivenCall): Promise<string> {
  const { timeZone = 'UTC', startedAt, status = 'settled', costMicroUsd = 0, ...rest } = call;
  const id = newId();
  await db.insert(paidCalls).values({
    kind: 'text',
    step: 'draft',
    task: 'section',
    promptVersion: 1,
    requestDigest: id,
    provider: 'test',
    model: 'test:model',
    reservedMicroUsd: 1_000,
    ...rest,
    id,
    worstCaseMicroUsd: rest.reservedMicroUsd ?? 1_000,
    status,
    startedAt,
    costMicroUsd: status === 'reserved' ? null : costMicroUsd,
    month: monthIn(timeZone, startedAt).name,
    instanceMonth: monthIn('UTC', startedAt).name,
  });
  return id;
}
