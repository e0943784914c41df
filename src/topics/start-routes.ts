import { z } from 'zod';
import { lockWorkLimits } from '../accounts/work-limits.ts';
import { onceByKey } from '../http/idempotency.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { briefSchema } from '../pipeline/brief.ts';
import { assertMayPublish } from '../pipeline/may-publish.ts';
import { pipelineSchema, presentPipeline } from '../pipeline/present.ts';
import { lockTopic } from './queries.ts';
import { briefOfTopic, startTopic } from './start.ts';

const { topic, keyword, sources } = briefSchema.shape;
const startRequest = briefSchema
  .extend({
    topic: topic.optional(),
    keyword: keyword.unwrap().nullish(),
    sources: sources.unwrap().optional(),
    siteId: z.uuid().nullish(),
  })
  .meta({ id: 'StartTopicRequest' });

/** From a topic to its article. */
export const startTopicRoutes: RegisterRoutes = (server, ctx) => {
  server.post(
    '/topics/:id/start',
    {
      schema: {
        tags: ['topics'],
        summary: 'Start an article about a topic, which becomes used; what is left out is the topic’s own',
        operationId: 'startTopic',
        params: z.object({ id: z.uuid() }),
        body: startRequest.nullish(),
        response: { 202: pipelineSchema, ...problems(401, 404, 409, 413, 422, 429) },
      },
    },
    async (request, reply) =>
      onceByKey(ctx, request, reply, 202, async (tx) => {
        // The user before anything of theirs, in the order of everything that starts pipelines.
        await lockWorkLimits(tx, ctx.config, request.userId);
        const row = await lockTopic(tx, request.userId, request.params.id);
        const brief = briefOfTopic(row, request.body ?? {});
        assertMayPublish(request, brief);
        return presentPipeline(tx, await startTopic(ctx, tx, row, brief));
      }),
  );
};
