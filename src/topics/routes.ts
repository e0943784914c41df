import { z } from 'zod';
import { onceByKey } from '../http/idempotency.ts';
import { listOf, listQuery, page } from '../http/list.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { getSite } from '../sites/queries.ts';
import { decideTopics } from './decide.ts';
import { lookForDuplicates } from './duplicates.ts';
import { presentRefusal, presentTopic, refusedTopicSchema, topicRequest, topicSchema } from './present.ts';
import { countTopics, getTopic, listTopics, topicOrders } from './queries.ts';
import { topicStatuses } from './schema.ts';
import { addTopic, addTopics, updateTopic } from './topics.ts';

const byId = z.object({ id: z.uuid() });
const tags = ['topics'];
/** So many at a time keep a request well under a second. */
const mostAtOnce = 500;

const topicsRequest = z
  .strictObject({ topics: z.array(topicRequest).min(1).max(mostAtOnce) })
  .meta({ id: 'TopicsRequest' });
const topicChange = topicRequest
  .partial()
  .extend({
    before: z.uuid().nullish().meta({ description: 'Put it before this topic; null puts it at the end' }),
    status: z
      .enum(['open', 'dismissed'])
      .optional()
      .meta({ description: 'open accepts a proposal or takes a dismissed topic back; dismissed takes it out' }),
  })
  .refine((change) => Object.keys(change).length > 0, 'must change something')
  .meta({ id: 'TopicChange' });
const topicDecision = z
  .strictObject({
    ids: z.array(z.uuid()).min(1).max(mostAtOnce),
    status: z.enum(['open', 'dismissed', 'proposed']),
  })
  .meta({ id: 'TopicDecision' });
const addedSchema = z
  .object({
    added: z.array(topicSchema),
    known: z.array(z.string()).meta({ description: 'In the backlog already, or twice in the list' }),
    refused: z
      .array(refusedTopicSchema)
      .meta({ description: 'Like an article, a post, or another topic; send them with duplicates: "allow"' }),
  })
  .meta({ id: 'AddedTopics' });

const countsSchema = z
  .object({ open: z.int(), proposed: z.int(), used: z.int(), dismissed: z.int() })
  .meta({ id: 'TopicCounts' });

/** The backlog: list, add, decide about, read, change, dismiss. */
export const topicRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/topics',
    {
      schema: {
        tags,
        summary: 'Topics in the order in which schedules take them; used and dismissed ones last',
        operationId: 'listTopics',
        querystring: listQuery.extend({
          status: z.enum(topicStatuses).optional(),
          siteId: z.uuid().optional(),
          order: z
            .enum(topicOrders)
            .default('position')
            .meta({ description: 'score: the best first, and what has no score last; latest: used or changed last' }),
          query: z.string().trim().max(200).optional().meta({ description: 'In topic, keyword or note' }),
        }),
        response: { 200: listOf(topicSchema), ...problems(401, 404, 422) },
      },
    },
    async (request) => {
      const { status, ...query } = request.query;
      if (query.siteId) await getSite(ctx.db, request.userId, query.siteId);
      const rows = page(
        await listTopics(ctx.db, request.userId, { ...query, status: status ? [status] : undefined }),
        query.limit,
      );
      return { items: rows.items.map(presentTopic), nextCursor: rows.nextCursor };
    },
  );

  server.get(
    '/topics/counts',
    {
      schema: {
        tags,
        summary: 'How many topics there are of each status',
        operationId: 'countTopics',
        querystring: z.object({ siteId: z.uuid().optional() }),
        response: { 200: countsSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => {
      const { siteId } = request.query;
      if (siteId) await getSite(ctx.db, request.userId, siteId);
      return countTopics(ctx.db, request.userId, siteId);
    },
  );

  server.post(
    '/topics',
    {
      schema: {
        tags,
        summary: 'Put a topic at the end of the backlog',
        operationId: 'addTopic',
        body: topicRequest,
        response: { 201: topicSchema, ...problems(401, 404, 409, 413, 422) },
      },
    },
    async (request, reply) => {
      const { userId, body } = request;
      // Before the transaction: comparing takes up to seconds. A repeated request gets its first answer all the same.
      const look = await lookForDuplicates(ctx, userId, [body], { meaning: true });
      return onceByKey(ctx, request, reply, 201, async (tx) =>
        presentTopic(await addTopic(tx, userId, body, { look })),
      );
    },
  );

  server.post(
    '/topics/bulk',
    {
      schema: {
        tags,
        summary: 'Put topics at the end of the backlog in their order; what is in it already is not added again',
        operationId: 'addTopics',
        body: topicsRequest,
        response: { 201: addedSchema, ...problems(401, 404, 409, 413, 422) },
      },
    },
    async (request, reply) => {
      const { userId, body } = request;
      const look = await lookForDuplicates(ctx, userId, body.topics);
      return onceByKey(ctx, request, reply, 201, async (tx) => {
        const { added, known, refused } = await addTopics(tx, userId, body.topics, { look });
        return {
          added: added.map(presentTopic),
          known,
          refused: refused.map(({ topic, error }) => presentRefusal(topic, error)),
        };
      });
    },
  );

  server.post(
    '/topics/decide',
    {
      schema: {
        tags,
        summary:
          'Accept or dismiss many topics, or put them back among the proposals; those that are near-duplicates by now are not opened, and listed',
        operationId: 'decideTopics',
        body: topicDecision,
        response: {
          200: z
            .object({
              changed: z.int().meta({ description: 'Those that were used or as wanted already are not among them' }),
              refused: z.array(refusedTopicSchema.extend({ id: z.uuid() })),
            })
            .meta({ id: 'DecidedTopics' }),
          ...problems(401, 404, 413, 422),
        },
      },
    },
    async (request) => {
      const { ids, status } = request.body;
      const { changed, refused } = await decideTopics(ctx, request.userId, ids, status);
      return {
        changed: changed.length,
        refused: refused.map(({ id, topic, error }) => ({ id, ...presentRefusal(topic, error) })),
      };
    },
  );

  server.get(
    '/topics/:id',
    {
      schema: {
        tags,
        summary: 'A topic with its sources and what speaks for it',
        operationId: 'getTopic',
        params: byId,
        response: { 200: topicSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => presentTopic(await getTopic(ctx.db, request.userId, request.params.id)),
  );

  server.patch(
    '/topics/:id',
    {
      schema: {
        tags,
        summary: 'Change a topic, move it, accept it, or take it back',
        operationId: 'updateTopic',
        params: byId,
        body: topicChange,
        response: { 200: topicSchema, ...problems(401, 404, 409, 413, 422) },
      },
    },
    async (request) => presentTopic(await updateTopic(ctx, request.userId, request.params.id, request.body)),
  );

  server.delete(
    '/topics/:id',
    {
      schema: {
        tags,
        summary: 'Dismiss a topic: it is kept, so that it is not proposed again, and can be taken back',
        operationId: 'dismissTopic',
        params: byId,
        response: { 204: z.null(), ...problems(401, 404, 409, 422) },
      },
    },
    async (request, reply) => {
      await updateTopic(ctx, request.userId, request.params.id, { status: 'dismissed' });
      return reply.code(204).send(null);
    },
  );
};
