import { z } from 'zod';
import { onceByKey } from '../http/idempotency.ts';
import { listOf, listQuery, page } from '../http/list.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { priorities } from '../publishing/present.ts';
import { cancelPipeline, continuePipeline, createPipeline, prioritizePipeline, retryPipeline } from './commands.ts';
import { estimateSchema } from './estimate.ts';
import { estimateFor } from './estimate-brief.ts';
import { assertMayPublish } from './may-publish.ts';
import { pipelineRequest, pipelineSchema, presentPipeline, presentPipelines } from './present.ts';
import { getPipeline, listPipelines } from './queries.ts';
import { presentReceipt, receiptSchema } from './receipt.ts';
import { pipelineStatuses } from './schema.ts';
import { stepNames } from './step-names.ts';
import { streamEvents } from './stream.ts';

const byId = z.object({ id: z.uuid() });
const tags = ['pipelines'];

/** Pipelines: start, watch, retry, continue, cancel, receipt. */
export const pipelineRoutes: RegisterRoutes = (server, ctx) => {
  server.post(
    '/pipelines',
    {
      schema: {
        tags,
        summary: 'Start an article; with dryRun=true only estimate what it will cost',
        operationId: 'createPipeline',
        querystring: z.object({ dryRun: z.enum(['true', 'false']).default('false') }),
        body: pipelineRequest,
        response: { 200: estimateSchema, 202: pipelineSchema, ...problems(401, 404, 409, 413, 422, 429) },
      },
    },
    async (request, reply) => {
      const { priority, ...brief } = request.body;
      if (request.query.dryRun === 'true') {
        return reply.code(200).send(await estimateFor(ctx, request.userId, brief));
      }
      assertMayPublish(request, brief);
      return onceByKey(ctx, request, reply, 202, async (tx) =>
        presentPipeline(tx, await createPipeline(ctx, tx, request.userId, brief, priority)),
      );
    },
  );

  server.get(
    '/pipelines',
    {
      schema: {
        tags,
        summary: 'Pipelines, newest first',
        operationId: 'listPipelines',
        querystring: listQuery.extend({
          status: z.enum(pipelineStatuses).optional(),
          query: z.string().trim().max(200).optional().meta({ description: 'Part of the topic' }),
        }),
        response: { 200: listOf(pipelineSchema), ...problems(401, 422) },
      },
    },
    async (request) => {
      const rows = page(await listPipelines(ctx.db, request.userId, request.query), request.query.limit);
      return { items: await presentPipelines(ctx.db, rows.items), nextCursor: rows.nextCursor };
    },
  );

  server.get(
    '/pipelines/:id',
    {
      schema: {
        tags,
        summary: 'A pipeline with its steps and costs',
        operationId: 'getPipeline',
        params: byId,
        response: { 200: pipelineSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => presentPipeline(ctx.db, await getPipeline(ctx.db, request.userId, request.params.id)),
  );

  server.patch(
    '/pipelines/:id',
    {
      schema: {
        tags,
        summary: 'Let a pipeline that has not ended go before or behind your others, at once',
        operationId: 'updatePipeline',
        params: byId,
        body: z.strictObject({ priority: z.enum(priorities) }),
        response: { 200: pipelineSchema, ...problems(401, 404, 409, 422) },
      },
    },
    async (request) =>
      presentPipeline(ctx.db, await prioritizePipeline(ctx, request.userId, request.params.id, request.body.priority)),
  );

  server.get(
    '/pipelines/:id/events',
    {
      schema: {
        tags,
        summary:
          'Live progress as server-sent events: step, progress, log, done; Last-Event-ID resumes. text shows what is being written, is not recorded and has no id',
        operationId: 'streamPipelineEvents',
        params: byId,
        response: { 200: z.string().meta({ description: 'text/event-stream' }), ...problems(401, 404, 422) },
      },
    },
    async (request, reply) => {
      const pipeline = await getPipeline(ctx.db, request.userId, request.params.id);
      await streamEvents(ctx, pipeline.id, request, reply);
    },
  );

  server.get(
    '/pipelines/:id/receipt',
    {
      schema: {
        tags,
        summary: 'Every model call with its cost, every claim with source, quote and verdict, who approved',
        operationId: 'getPipelineReceipt',
        params: byId,
        response: { 200: receiptSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => presentReceipt(ctx.db, await getPipeline(ctx.db, request.userId, request.params.id)),
  );

  server.post(
    '/pipelines/:id/retry',
    {
      schema: {
        tags,
        summary: 'Run again from where it failed, or redo from a step',
        operationId: 'retryPipeline',
        params: byId,
        body: z.strictObject({ fromStep: z.enum(stepNames).optional() }).nullish(),
        response: { 202: pipelineSchema, ...problems(401, 404, 409, 422, 429) },
      },
    },
    async (request, reply) => {
      assertMayPublish(request, (await getPipeline(ctx.db, request.userId, request.params.id)).brief);
      const row = await retryPipeline(ctx, request.userId, request.params.id, request.body?.fromStep);
      return reply.code(202).send(await presentPipeline(ctx.db, row));
    },
  );

  server.post(
    '/pipelines/:id/continue',
    {
      schema: {
        tags,
        summary: 'Go on in spite of a near-duplicate, or look again at the budget (and raise it)',
        operationId: 'continuePipeline',
        params: byId,
        body: z.strictObject({ budgetMicroUsd: z.int().min(0).max(1_000_000_000).optional() }).nullish(),
        response: { 202: pipelineSchema, ...problems(401, 404, 409, 422) },
      },
    },
    async (request, reply) => {
      assertMayPublish(request, (await getPipeline(ctx.db, request.userId, request.params.id)).brief);
      const row = await continuePipeline(ctx, request.userId, request.params.id, request.body?.budgetMicroUsd);
      return reply.code(202).send(await presentPipeline(ctx.db, row));
    },
  );

  server.post(
    '/pipelines/:id/cancel',
    {
      schema: {
        tags,
        summary: 'Stop at once',
        operationId: 'cancelPipeline',
        params: byId,
        response: { 202: pipelineSchema, ...problems(401, 404, 409, 422) },
      },
    },
    async (request, reply) => {
      const row = await cancelPipeline(ctx, request.userId, request.params.id);
      return reply.code(202).send(await presentPipeline(ctx.db, row));
    },
  );
};
