import { z } from 'zod';
import { actorOf, recordAudit } from '../accounts/audit.ts';
import { getArticle } from '../articles/queries.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { articleFiles, exportFiles } from './export-files.ts';
import { zipStream } from './zip.ts';

const archive = (description: string) => ({
  content: { 'application/zip': { schema: z.string() } },
  description,
});

/** Everything of an account in one archive, or some of its articles. */
export const exportRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/me/export',
    {
      config: { access: 'person' },
      schema: {
        tags: ['account'],
        summary: 'A zip of everything that is yours, without passwords, keys and tokens',
        operationId: 'exportMe',
        response: {
          200: archive('The archive'),
          ...problems(401, 403, 429),
        },
      },
    },
    async (request, reply) => {
      await recordAudit(ctx.db, actorOf(request), 'account-exported', request.userId);
      const day = ctx.now().toISOString().slice(0, 10);
      reply.header('content-type', 'application/zip');
      reply.header('content-disposition', `attachment; filename="blog-poster-${day}.zip"`);
      reply.header('cache-control', 'no-store');
      return reply.send(zipStream(exportFiles(ctx, request.userId)) as never);
    },
  );

  server.post(
    '/articles/export',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['articles'],
        summary:
          'A zip of some articles: each as Markdown, and as JSON with its claims, sources, revisions and approvals',
        operationId: 'exportArticles',
        body: z.strictObject({ articleIds: z.array(z.uuid()).min(1).max(200) }),
        response: { 200: archive('The articles'), ...problems(401, 404, 422) },
      },
    },
    async (request, reply) => {
      const { userId } = request;
      const ids = [...new Set(request.body.articleIds)];
      // Before the first byte: an archive that is cut short says nothing about why.
      for (const id of ids) await getArticle(ctx.db, userId, id);
      const day = ctx.now().toISOString().slice(0, 10);
      reply.header('content-type', 'application/zip');
      reply.header('content-disposition', `attachment; filename="articles-${day}.zip"`);
      reply.header('cache-control', 'no-store');
      return reply.send(zipStream(chosenFiles(ids, userId)) as never);
    },
  );

  async function* chosenFiles(ids: string[], userId: string) {
    for (const id of ids) yield* articleFiles(ctx.db, userId, await getArticle(ctx.db, userId, id));
  }
};
