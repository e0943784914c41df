import { z } from 'zod';
import { onceByKey } from '../http/idempotency.ts';
import { listOf, listQuery, page } from '../http/list.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { getSite } from '../sites/queries.ts';
import { presentTopic, topicSchema } from '../topics/present.ts';
import { findGaps } from './gaps.ts';
import { presentSource, sourceChange, sourceRequest, watchedSourceSchema } from './present.ts';
import { getSource, listSources } from './queries.ts';
import { addSource, deleteSource, lookAtSource, requestReading, updateSource } from './sources.ts';

const byId = z.object({ id: z.uuid() });
const tags = ['sources'];
const gapRequest = z.strictObject({ siteId: z.uuid().nullish() }).meta({ id: 'GapRequest' });

/** Watched sources: list, watch, read, change, delete, read now; and proposals from the account's own gaps. */
export const watchingRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/sources',
    {
      schema: {
        tags,
        summary: 'Watched feeds and sites of others, newest first',
        operationId: 'listSources',
        querystring: listQuery.extend({ siteId: z.uuid().optional() }),
        response: { 200: listOf(watchedSourceSchema), ...problems(401, 404, 422) },
      },
    },
    async (request) => {
      const { query, userId } = request;
      if (query.siteId) await getSite(ctx.db, userId, query.siteId);
      const { items, nextCursor } = page(await listSources(ctx.db, userId, query), query.limit);
      return { items: items.map(presentSource), nextCursor };
    },
  );

  server.post(
    '/sources',
    {
      schema: {
        tags,
        summary: 'Watch a feed or a site: its new posts are compared with yours, and what you lack is proposed',
        description:
          'The address is looked at before it is taken: a feed, or a site whose feed or sitemap is found. The first reading follows at once and takes the newest 20 posts.',
        operationId: 'addSource',
        body: sourceRequest,
        response: { 201: watchedSourceSchema, ...problems(401, 404, 409, 413, 422, 502) },
      },
    },
    async (request, reply) => {
      const { userId, body } = request;
      if (body.siteId) await getSite(ctx.db, userId, body.siteId);
      const found = await lookAtSource(ctx, body.url);
      return onceByKey(ctx, request, reply, 201, async (tx) =>
        presentSource(await addSource(ctx, tx, userId, found, body)),
      );
    },
  );

  server.get(
    '/sources/:id',
    {
      schema: {
        tags,
        summary: 'A watched source, when it is read, and what is wrong with it',
        operationId: 'getSource',
        params: byId,
        response: { 200: watchedSourceSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => presentSource(await getSource(ctx.db, request.userId, request.params.id)),
  );

  server.patch(
    '/sources/:id',
    {
      schema: {
        tags,
        summary: 'Change the name or the site of a source, pause it, or let it go on',
        operationId: 'updateSource',
        params: byId,
        body: sourceChange,
        response: { 200: watchedSourceSchema, ...problems(401, 404, 413, 422) },
      },
    },
    async (request) => presentSource(await updateSource(ctx, request.userId, request.params.id, request.body)),
  );

  server.delete(
    '/sources/:id',
    {
      schema: {
        tags,
        summary: 'Stop watching; what was proposed stays in the backlog',
        operationId: 'deleteSource',
        params: byId,
        response: { 204: z.null(), ...problems(401, 404, 422) },
      },
    },
    async (request, reply) => {
      await deleteSource(ctx, request.userId, request.params.id);
      return reply.code(204).send(null);
    },
  );

  server.post(
    '/sources/:id/check',
    {
      schema: {
        tags,
        summary: 'Read a source now; at most once a minute',
        operationId: 'checkSource',
        params: byId,
        response: { 202: watchedSourceSchema, ...problems(401, 404, 409, 422, 429) },
      },
    },
    async (request, reply) =>
      reply.code(202).send(presentSource(await requestReading(ctx, request.userId, request.params.id))),
  );

  server.post(
    '/topics/gaps',
    {
      schema: {
        tags: ['topics'],
        summary: 'Propose topics that your sources and others treat and you do not, at no cost',
        description:
          'Looks at what several watched sources have written, at headings that several of your sources have, and at your links to posts that are gone. Proposals say why in their evidence.',
        operationId: 'findGaps',
        body: gapRequest,
        response: {
          201: z
            .object({
              added: z.array(topicSchema),
              known: z.array(z.string()).meta({ description: 'Gaps that are in the backlog already' }),
              looked: z
                .object({ entries: z.int(), headings: z.int(), deadLinks: z.int() })
                .meta({ description: 'How much was looked through' }),
              message: z.string().nullable().meta({ description: 'With nothing added: why, and what to do' }),
            })
            .meta({ id: 'FoundGaps' }),
          ...problems(401, 404, 409, 413, 422),
        },
      },
    },
    async (request, reply) => {
      const { userId, body } = request;
      if (body.siteId) await getSite(ctx.db, userId, body.siteId);
      const gaps = await findGaps(ctx, userId, body.siteId ?? null);
      return onceByKey(ctx, request, reply, 201, async (tx) => {
        const { added, known, looked, message } = await gaps.store(tx);
        return { added: added.map(presentTopic), known, looked, message };
      });
    },
  );
};
