import { z } from 'zod';
import { deciderOf, recordDecision } from '../approvals/approvals.ts';
import { setStatus } from '../articles/articles.ts';
import { articleSchema, presentArticle } from '../articles/present.ts';
import { getArticle } from '../articles/queries.ts';
import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';
import { principalOf } from '../http/access.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { approvePipeline, holdPipeline } from './decide.ts';

const byId = z.object({ id: z.uuid() });
const tags = ['articles'];

async function waitingPipeline(db: AppContext['db'], userId: string, articleId: string) {
  const article = await getArticle(db, userId, articleId);
  if (!article.pipelineId) throw new AppError('invalid_state', 'No pipeline waits for this article.');
  return { article, pipelineId: article.pipelineId };
}

/** Approve and hold: what decides whether an article goes public. */
export const approvalRoutes: RegisterRoutes = (server, ctx) => {
  server.post(
    '/articles/:id/approve',
    {
      config: { scope: 'publish' },
      schema: {
        tags,
        summary: 'Let the article go public as its pipeline was asked to',
        operationId: 'approveArticle',
        params: byId,
        response: { 200: articleSchema, ...problems(401, 404, 409, 422) },
      },
    },
    async (request) =>
      ctx.db.transaction(async (tx) => {
        const { userId } = request;
        const { article, pipelineId } = await waitingPipeline(tx, userId, request.params.id);
        const by = deciderOf(principalOf(request));
        const made = await approvePipeline(ctx, tx, userId, pipelineId, by);
        if (article.status === 'draft' || article.status === 'ready') {
          await setStatus(ctx, tx, article.id, 'approved');
          if (!made) await recordDecision(tx, { userId, articleId: article.id, pipelineId, decision: 'approved', by });
        }
        return presentArticle(tx, await getArticle(tx, userId, article.id));
      }),
  );

  server.post(
    '/articles/:id/hold',
    {
      schema: {
        tags,
        summary: 'Keep the article from going public by itself; it then needs an approval',
        operationId: 'holdArticle',
        params: byId,
        response: { 200: articleSchema, ...problems(401, 404, 409, 422) },
      },
    },
    async (request) =>
      ctx.db.transaction(async (tx) => {
        const { article, pipelineId } = await waitingPipeline(tx, request.userId, request.params.id);
        await holdPipeline(ctx, tx, request.userId, pipelineId, deciderOf(principalOf(request)));
        return presentArticle(tx, await getArticle(tx, request.userId, article.id));
      }),
  );
};
