import { z } from 'zod';
import { type Decider, deciderOf, recordDecision } from '../approvals/approvals.ts';
import { setStatus } from '../articles/articles.ts';
import { getArticle } from '../articles/queries.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { principalOf } from '../http/access.ts';
import { onceByKey } from '../http/idempotency.ts';
import { listOf, listQuery, page } from '../http/list.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { changePublication } from './change-publication.ts';
import { postOptionsSchema } from './options.ts';
import { priorities, priorityNumber, publicationSchema } from './present.ts';
import { cancelPublication, requestPublication, retryPublication } from './publications.ts';
import { noTimeWords } from './publish-time.ts';
import { getPublication, listPublications } from './queries.ts';
import { type Publication, publicationStatuses, wantedStatuses } from './schema.ts';
import { showPublication, showPublications } from './surroundings.ts';

const byId = z.object({ id: z.uuid() });
const tags = ['publications'];

/** A time with its zone, or without one on the clocks of the site. */
const publishAt = z.iso.datetime({ offset: true, local: true, error: noTimeWords });
const publicationRequest = z
  .strictObject({
    siteId: z.uuid(),
    status: z.enum(wantedStatuses),
    publishAt: publishAt.optional().meta({
      description:
        'When to go public; needed with "future", not allowed with "draft". Without a zone it is meant on the clocks of the site',
    }),
    priority: z.enum(priorities).optional().meta({ description: 'Within the queue of the site' }),
    options: postOptionsSchema.optional(),
  })
  .meta({ id: 'PublicationRequest' });
const publicationChange = z
  .strictObject({
    status: z.enum(wantedStatuses),
    publishAt: publishAt.nullable().meta({ description: 'Null takes the time away: it goes now' }),
    priority: z.enum(priorities),
    options: postOptionsSchema,
    before: z.uuid().nullable().meta({
      description: 'Directly before which other publication of its queue, whose priority it takes; null for the end',
    }),
  })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'must change something')
  .meta({ id: 'PublicationChange' });
const statusFilter = z.enum(publicationStatuses);

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
        response: { 202: publicationSchema, ...problems(401, 404, 409, 413, 422, 429) },
      },
    },
    async (request, reply) =>
      onceByKey(ctx, request, reply, 202, async (tx) => {
        const { siteId, status, publishAt, priority, options } = request.body;
        const { userId } = request;
        const row = await requestPublication(ctx, tx, {
          userId,
          articleId: request.params.id,
          siteId,
          wanted: status,
          publishAt: publishAt ?? null,
          pipelineId: null,
          ...(priority === undefined ? {} : { priority: priorityNumber(priority) }),
          ...(options === undefined ? {} : { options }),
        });
        await approveIfPublic(ctx, tx, row, deciderOf(principalOf(request)));
        return showPublication(ctx, tx, row);
      }),
  );

  server.patch(
    '/publications/:id',
    {
      config: { scope: 'publish' },
      schema: {
        tags,
        summary: 'Change what has not been sent yet: what it is to be, when, how urgent, and its place in the queue',
        operationId: 'updatePublication',
        params: byId,
        body: publicationChange,
        response: { 200: publicationSchema, ...problems(401, 404, 409, 413, 422) },
      },
    },
    async (request) => {
      const { priority, ...update } = request.body;
      const row = await changePublication(ctx, request.userId, request.params.id, {
        ...update,
        priority: priority && priorityNumber(priority),
      });
      if (update.status !== undefined || update.publishAt !== undefined) {
        await approveIfPublic(ctx, ctx.db, row, deciderOf(principalOf(request)));
      }
      return showPublication(ctx, ctx.db, row);
    },
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
          status: z.union([statusFilter, z.array(statusFilter).max(publicationStatuses.length)]).optional(),
          order: z
            .enum(['created', 'published'])
            .default('created')
            .meta({ description: 'By which time, newest first; `published` lists only what has arrived once' }),
        }),
        response: { 200: listOf(publicationSchema), ...problems(401, 422) },
      },
    },
    async (request) => {
      const rows = page(await listPublications(ctx.db, request.userId, request.query), request.query.limit);
      return { items: await showPublications(ctx, ctx.db, rows.items), nextCursor: rows.nextCursor };
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
    async (request) => showPublication(ctx, ctx.db, await getPublication(ctx.db, request.userId, request.params.id)),
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
        .send(await showPublication(ctx, ctx.db, await retryPublication(ctx, request.userId, request.params.id))),
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
        .send(await showPublication(ctx, ctx.db, await cancelPublication(ctx, request.userId, request.params.id))),
  );
};

/** A person who sends an article to go public has approved it. */
async function approveIfPublic(
  ctx: AppContext,
  tx: Db,
  { userId, articleId, wanted }: Publication,
  by: Decider,
): Promise<void> {
  if (wanted === 'draft') return;
  const article = await getArticle(tx, userId, articleId);
  await recordDecision(tx, { userId, articleId, pipelineId: null, decision: 'approved', by });
  if (article.status === 'draft' || article.status === 'ready') await setStatus(ctx, tx, article.id, 'approved');
}
