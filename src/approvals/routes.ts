import { z } from 'zod';
import { getArticle } from '../articles/queries.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { listDecisions } from './approvals.ts';
import { approvalSchema, presentApproval } from './present.ts';

/** Who or what has decided about an article. */
export const approvalRecordRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/articles/:id/approvals',
    {
      schema: {
        tags: ['articles'],
        summary: 'Who has let the article go public or held it, by click or by which rule, and when; oldest first',
        operationId: 'listArticleApprovals',
        params: z.object({ id: z.uuid() }),
        response: {
          200: z.object({ items: z.array(approvalSchema), nextCursor: z.null() }),
          ...problems(401, 404, 422),
        },
      },
    },
    async (request) => {
      const { id } = await getArticle(ctx.db, request.userId, request.params.id);
      const rows = await listDecisions(ctx.db, request.userId, { articleId: id });
      return { items: rows.map(presentApproval), nextCursor: null };
    },
  );
};
