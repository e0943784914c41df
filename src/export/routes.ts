import { z } from 'zod';
import { actorOf, recordAudit } from '../accounts/audit.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { exportFiles } from './export-files.ts';
import { zipStream } from './zip.ts';

/** Everything of an account in one archive. */
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
          200: { content: { 'application/zip': { schema: z.string() } }, description: 'The archive' },
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
};
