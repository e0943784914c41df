import { z } from 'zod';
import { setStatus } from '../articles/articles.ts';
import { getArticle } from '../articles/queries.ts';
import { onceByKey } from '../http/idempotency.ts';
import { listOf, listQuery, page } from '../http/list.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { besideArticles, presentPublication, publicationSchema, showPublication } from './present.ts';
import { cancelPublication, requestPublication, retryPublication } from './publications.ts';
import { getPublication, listPublications } from './queries.ts';
import { publicationStatuses, wantedStatuses } from './schema.ts';

const byId = z.object({ id: z.uuid() });
const tags = ['publications'];

const publicationRequest = z
  .strictObject({
    siteId: z.uuid(),
    status: z.enum(wantedStatuses),
    publishAt: z.iso
      .datetime({ offset: true })
      .optional()
      .meta({ description: 'When to go public; needed with "future", not allowed with "draft"' }),
  })
  .meta({ id: 'PublicationRequest' });

/** Publications: ask for one, list, read, retry, cancel. */
export const publicationRoutes: RegisterRoutes = (server, ctx) => {
  server.post(
    '/articles/:id/publications',
    {
      config: { scope: 'publish' },
      schema: {
        tags,
        summary: 'Bring the article onto a site; asking again for the same site revives the same publication',
        operationId: 'createPublication',
        params: byId,
        body: publicationRequest,
        response: { 202: publicationSchema, ...problems(401, 404, 409, 413, 422) },
      },
    },
    async (request, reply) =>
      onceByKey(ctx, request, reply, 202, async (tx) => {
        const { siteId, status, publishAt } = request.body;
        const { userId } = request;
        const row = await requestPublication(ctx, tx, {
          userId,
          articleId: request.params.id,
          siteId,
          wanted: status,
          publishAt: publishAt ? new Date(publishAt) : null,
          pipelineId: null,
        });
        // A person who sends an article to go public has approved it.
        const article = await getArticle(tx, userId, row.articleId);
        const undecided = article.status === 'draft' || article.status === 'ready';
        if (status !== 'draft' && undecided) await setStatus(ctx, tx, article.id, 'approved');
        return showPublication(tx, row);
      }),
  );

  server.get(
    '/publications',
    {
      schema: {
        tags,
        summary: 'Publications, newest first',
        operationId: 'listPublications',
        querystring: listQuery.extend({
          articleId: z.uuid().optional(),
          siteId: z.uuid().optional(),
          status: z.enum(publicationStatuses).optional(),
        }),
        response: { 200: listOf(publicationSchema), ...problems(401, 422) },
      },
    },
    async (request) => {
      const rows = page(await listPublications(ctx.db, request.userId, request.query), request.query.limit);
      const items = await besideArticles(ctx.db, rows.items);
      return { items: items.map(presentPublication), nextCursor: rows.nextCursor };
    },
  );

  server.get(
    '/publications/:id',
    {
      schema: {
        tags,
        summary: 'A publication: how far it is, and where the post stands',
        operationId: 'getPublication',
        params: byId,
        response: { 200: publicationSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => showPublication(ctx.db, await getPublication(ctx.db, request.userId, request.params.id)),
  );

  server.post(
    '/publications/:id/retry',
    {
      config: { scope: 'publish' },
      schema: {
        tags,
        summary: 'Try now what is not finished; the site is looked at first, so nothing appears twice',
        operationId: 'retryPublication',
        params: byId,
        response: { 202: publicationSchema, ...problems(401, 404, 409, 422) },
      },
    },
    async (request, reply) =>
      reply
        .code(202)
        .send(await showPublication(ctx.db, await retryPublication(ctx, request.userId, request.params.id))),
  );

  server.post(
    '/publications/:id/cancel',
    {
      schema: {
        tags,
        summary: 'Give up what has not been sent yet',
        operationId: 'cancelPublication',
        params: byId,
        response: { 202: publicationSchema, ...problems(401, 404, 409, 422) },
      },
    },
    async (request, reply) =>
      reply
        .code(202)
        .send(await showPublication(ctx.db, await cancelPublication(ctx, request.userId, request.params.id))),
  );
};
