import { z } from 'zod';
import { listOf, listQuery, page } from '../http/list.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { getSite } from '../sites/queries.ts';
import {
  articleDeadLinksSchema,
  presentDeadLinks,
  presentSitePost,
  presentSync,
  sitePostSchema,
  siteSyncSchema,
} from './present.ts';
import { getSync, listDeadLinks, listSitePosts } from './queries.ts';
import { isHalted, requestSync } from './request-sync.ts';

const byId = z.object({ id: z.uuid() });
const tags = ['sites'];

/** The posts of sites: list, how fresh they are, read them now; links of articles to what is gone. */
export const sitePostRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/sites/:id/posts',
    {
      schema: {
        tags,
        summary: 'Posts of a site, whoever wrote them, newest first',
        operationId: 'listSitePosts',
        params: byId,
        querystring: listQuery.extend({
          cursor: z
            .string()
            .regex(/^\d{1,15}$/, 'is not one that this list has answered')
            .optional(),
          query: z.string().trim().max(200).optional(),
          gone: z
            .enum(['true', 'false'])
            .default('false')
            .meta({ description: '`true`: those that are no longer there; kept for 90 days' }),
        }),
        response: { 200: listOf(sitePostSchema), ...problems(401, 404, 422) },
      },
    },
    async (request) => {
      const site = await getSite(ctx.db, request.userId, request.params.id);
      const { cursor, gone, query, limit } = request.query;
      const rows = await listSitePosts(ctx.db, request.userId, {
        siteId: site.id,
        limit,
        query,
        before: cursor === undefined ? undefined : Number(cursor),
        gone: gone === 'true',
      });
      const { items, nextCursor } = page(
        rows.map((row) => ({ ...row, id: String(row.remoteId) })),
        limit,
      );
      return { items: items.map(presentSitePost), nextCursor };
    },
  );

  server.get(
    '/sites/:id/posts/sync',
    {
      schema: {
        tags,
        summary: 'How far the reading of the posts of a site has come',
        operationId: 'getSiteSync',
        params: byId,
        response: { 200: siteSyncSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => {
      const site = await getSite(ctx.db, request.userId, request.params.id);
      return presentSync(site.id, await getSync(ctx.db, request.userId, site.id), isHalted(site), ctx.now());
    },
  );

  server.post(
    '/sites/:id/posts/sync',
    {
      schema: {
        tags,
        summary: 'Read the posts of a site now, and look which are gone; at most once a minute',
        operationId: 'syncSitePosts',
        params: byId,
        response: { 202: siteSyncSchema, ...problems(401, 404, 409, 422, 429) },
      },
    },
    async (request, reply) =>
      reply
        .code(202)
        .send(
          presentSync(request.params.id, await requestSync(ctx, request.userId, request.params.id), false, ctx.now()),
        ),
  );

  server.get(
    '/dead-links',
    {
      schema: {
        tags: ['articles'],
        summary: 'Articles with links to posts of your sites that are no longer there, newest first',
        operationId: 'listDeadLinks',
        querystring: listQuery,
        response: { 200: listOf(articleDeadLinksSchema), ...problems(401, 422) },
      },
    },
    async (request) => {
      const { items, nextCursor } = page(
        await listDeadLinks(ctx.db, request.userId, request.query),
        request.query.limit,
      );
      return { items: items.map(presentDeadLinks), nextCursor };
    },
  );
};
