import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { listDecisions } from '../approvals/approvals.ts';
import { approvalSchema, presentApproval } from '../approvals/present.ts';
import { claimSchema, presentClaims } from '../articles/present.ts';
import { listClaims } from '../articles/queries.ts';
import { articles } from '../articles/schema.ts';
import { type LedgerEntry, listCalls } from '../budget/ledger.ts';
import { callKinds, callStatuses, payers } from '../budget/schema.ts';
import type { Db } from '../db/open.ts';
import type { Pipeline } from './schema.ts';

/** The bill and the proof: what was asked of which model for how much, and what every claim rests on. */
export const receiptSchema = z
  .object({
    pipelineId: z.uuid(),
    articleId: z.uuid().nullable(),
    costMicroUsd: z.int().meta({ description: 'The sum of what the calls have cost so far' }),
    totals: z.object({
      settledMicroUsd: z.int().meta({ description: 'The same as costMicroUsd' }),
      estimatedMicroUsd: z.int().meta({ description: 'Of it, what the provider did not report' }),
      instanceMicroUsd: z.int().meta({ description: 'Of it, what the instance pays' }),
      ownMicroUsd: z.int().meta({ description: "Of it, what was paid with the user's own keys" }),
      reservedMicroUsd: z.int().meta({ description: 'Set aside besides, for calls that are under way' }),
    }),
    budgetMicroUsd: z.int(),
    durationMs: z.int().nullable(),
    calls: z.array(
      z.object({
        id: z.uuid(),
        kind: z.enum(callKinds),
        payer: z.enum(payers).meta({ description: "instance, or user where it was made with the user's own key" }),
        step: z.string(),
        task: z.string(),
        promptVersion: z.int().nullable().meta({ description: 'null for a search, which has no prompt' }),
        model: z.string(),
        answeredBy: z.string().nullable().meta({
          description: 'The model that the provider says has answered, where it is another than the one that was asked',
        }),
        pricedAs: z.string().nullable(),
        unitPrices: z.record(z.string(), z.unknown()).nullable().meta({
          description:
            'What the cost was worked out from, as it stood at the time of the call: dollars (names like input_mtok) or micro-dollars (names ending in MicroUsd) per million tokens or of one request',
        }),
        status: z.enum(callStatuses),
        estimated: z.boolean(),
        inputTokens: z.int().nullable(),
        cachedInputTokens: z.int().nullable(),
        cacheWriteInputTokens: z.int().nullable(),
        outputTokens: z.int().nullable(),
        reasoningTokens: z.int().nullable(),
        costMicroUsd: z.int().nullable(),
        worstCaseMicroUsd: z
          .int()
          .meta({ description: 'What it can cost if the provider keeps to what it was asked for' }),
        reservedMicroUsd: z.int().meta({
          description: 'What was set aside for it: the worst case, or more for a model that lately cost more than that',
        }),
        startedAt: z.iso.datetime(),
        finishedAt: z.iso.datetime().nullable(),
        error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
      }),
    ),
    claims: z.array(claimSchema),
    approval: z.object({ at: z.iso.datetime(), by: z.string() }).nullable(),
    approvals: z
      .array(approvalSchema)
      .meta({ description: 'Every decision about whether its article goes public, oldest first' }),
  })
  .meta({ id: 'Receipt' });

export type Receipt = z.infer<typeof receiptSchema>;

/** Reads the receipt of a pipeline. */
export async function presentReceipt(db: Db, pipeline: Pipeline): Promise<Receipt> {
  const calls = await listCalls(db, [pipeline.id]);
  const totals = sumUp(calls);
  const claims = pipeline.articleId ? await claimsOf(db, pipeline.userId, pipeline.articleId) : [];
  const { startedAt, finishedAt } = pipeline;
  return {
    pipelineId: pipeline.id,
    articleId: pipeline.articleId,
    costMicroUsd: totals.settledMicroUsd,
    totals,
    budgetMicroUsd: pipeline.budgetMicroUsd,
    durationMs: startedAt && finishedAt ? finishedAt.getTime() - startedAt.getTime() : null,
    calls: calls.map(
      ({ userId: _u, pipelineId: _p, requestDigest: _d, provider: _v, month: _m, instanceMonth: _i, ...call }) => ({
        ...call,
        startedAt: call.startedAt.toISOString(),
        finishedAt: call.finishedAt?.toISOString() ?? null,
      }),
    ),
    claims,
    approval:
      pipeline.approvedAt && pipeline.approvedBy
        ? { at: pipeline.approvedAt.toISOString(), by: pipeline.approvedBy }
        : null,
    approvals: (await listDecisions(db, pipeline.userId, { pipelineId: pipeline.id })).map(presentApproval),
  };
}

function sumUp(calls: LedgerEntry[]): Receipt['totals'] {
  const paid = (some: LedgerEntry[]) => some.reduce((sum, call) => sum + (call.costMicroUsd ?? 0), 0);
  const held = calls.filter(({ status }) => status === 'reserved');
  return {
    settledMicroUsd: paid(calls),
    estimatedMicroUsd: paid(calls.filter(({ estimated }) => estimated)),
    instanceMicroUsd: paid(calls.filter(({ payer }) => payer === 'instance')),
    ownMicroUsd: paid(calls.filter(({ payer }) => payer === 'user')),
    reservedMicroUsd: held.reduce((sum, { reservedMicroUsd }) => sum + reservedMicroUsd, 0),
  };
}

/** The claims of an article, also of one in the bin. */
async function claimsOf(db: Db, userId: string, articleId: string): Promise<Receipt['claims']> {
  const { markdown, language } = articles;
  const [article] = await db
    .select({ markdown, language })
    .from(articles)
    .where(and(eq(articles.id, articleId), eq(articles.userId, userId)));
  return article ? presentClaims(article, await listClaims(db, userId, articleId)) : [];
}
