import { z } from 'zod';
import { claimSchema, presentClaim } from '../articles/present.ts';
import { listClaims } from '../articles/queries.ts';
import { listCalls } from '../budget/ledger.ts';
import { callKinds, callStatuses } from '../budget/schema.ts';
import type { Db } from '../db/open.ts';
import type { Pipeline } from './schema.ts';

/** The bill and the proof: what was asked of which model for how much, and what every claim rests on. */
export const receiptSchema = z
  .object({
    pipelineId: z.uuid(),
    articleId: z.uuid().nullable(),
    costMicroUsd: z.int(),
    budgetMicroUsd: z.int(),
    durationMs: z.int().nullable(),
    calls: z.array(
      z.object({
        id: z.uuid(),
        kind: z.enum(callKinds),
        step: z.string(),
        task: z.string(),
        promptVersion: z.int().nullable().meta({ description: 'null for a search, which has no prompt' }),
        model: z.string(),
        pricedAs: z.string().nullable(),
        unitPrices: z.record(z.string(), z.unknown()).nullable().meta({
          description:
            'Dollars per million tokens by kind of token, or of one request, as they stood at the time of the call',
        }),
        status: z.enum(callStatuses),
        estimated: z.boolean(),
        inputTokens: z.int().nullable(),
        cachedInputTokens: z.int().nullable(),
        cacheWriteInputTokens: z.int().nullable(),
        outputTokens: z.int().nullable(),
        reasoningTokens: z.int().nullable(),
        costMicroUsd: z.int().nullable(),
        reservedMicroUsd: z.int(),
        startedAt: z.iso.datetime(),
        finishedAt: z.iso.datetime().nullable(),
        error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
      }),
    ),
    claims: z.array(claimSchema),
    approval: z.object({ at: z.iso.datetime(), by: z.string() }).nullable(),
  })
  .meta({ id: 'Receipt' });

export type Receipt = z.infer<typeof receiptSchema>;

/** Reads the receipt of a pipeline. */
export async function presentReceipt(db: Db, pipeline: Pipeline): Promise<Receipt> {
  const calls = await listCalls(db, [pipeline.id]);
  const claims = pipeline.articleId ? await listClaims(db, pipeline.userId, pipeline.articleId) : [];
  const { startedAt, finishedAt } = pipeline;
  return {
    pipelineId: pipeline.id,
    articleId: pipeline.articleId,
    costMicroUsd: calls.reduce((sum, call) => sum + (call.costMicroUsd ?? 0), 0),
    budgetMicroUsd: pipeline.budgetMicroUsd,
    durationMs: startedAt && finishedAt ? finishedAt.getTime() - startedAt.getTime() : null,
    calls: calls.map(({ userId: _u, pipelineId: _p, requestDigest: _d, provider: _v, ...call }) => ({
      ...call,
      startedAt: call.startedAt.toISOString(),
      finishedAt: call.finishedAt?.toISOString() ?? null,
    })),
    claims: claims.map(presentClaim),
    approval:
      pipeline.approvedAt && pipeline.approvedBy
        ? { at: pipeline.approvedAt.toISOString(), by: pipeline.approvedBy }
        : null,
  };
}
