import { eq } from 'drizzle-orm';
import { insertArticle, rewriteArticle } from '../../articles/articles.ts';
import { editedByUser } from '../../articles/queries.ts';
import { type Article, articleSources, articles, claims } from '../../articles/schema.ts';
import { newId } from '../../db/id.ts';
import type { Db } from '../../db/open.ts';
import type { StepContext } from '../define-step.ts';
import { pipelines } from '../schema.ts';
import type { CheckOutput } from './step.ts';

/**
 * Writes the checked article with its claims and sources. A redo rewrites the article of this pipeline, unless a person
 * has edited it or put it into the bin: then theirs stays as it is, and the redo makes a new article.
 */
export async function saveChecked(tx: Db, context: StepContext, output: CheckOutput): Promise<void> {
  const { pipeline } = context;
  const { title, keyword, language, markdown } = output;
  const before = await ownArticle(tx, pipeline.id);
  const article = before
    ? await rewriteArticle(context.app, tx, before, { title, keyword, language, markdown, status: 'draft' })
    : await insertArticle(context.app, tx, pipeline.userId, {
        title,
        keyword,
        language,
        markdown,
        pipelineId: pipeline.id,
        author: 'pipeline',
      });
  await tx.delete(claims).where(eq(claims.articleId, article.id));
  await tx.delete(articleSources).where(eq(articleSources.articleId, article.id));
  await tx.insert(articleSources).values(
    output.sourceIds.map((sourceId, index) => ({
      articleId: article.id,
      sourceId,
      userId: pipeline.userId,
      number: index + 1,
    })),
  );
  if (output.claims.length > 0) {
    await tx.insert(claims).values(
      output.claims.map((claim, ordinal) => ({
        id: newId(),
        userId: pipeline.userId,
        articleId: article.id,
        pipelineId: pipeline.id,
        ordinal,
        ...claim,
      })),
    );
  }
  await tx.update(pipelines).set({ articleId: article.id }).where(eq(pipelines.id, pipeline.id));
}

/** The article that this pipeline wrote and no person has touched since, locked; null otherwise. */
async function ownArticle(tx: Db, pipelineId: string): Promise<Article | null> {
  const [pipeline] = await tx
    .select({ articleId: pipelines.articleId })
    .from(pipelines)
    .where(eq(pipelines.id, pipelineId));
  if (!pipeline?.articleId) return null;
  const [article] = await tx.select().from(articles).where(eq(articles.id, pipeline.articleId)).for('update');
  if (!article || article.deletedAt || (await editedByUser(tx, article.id))) return null;
  return article;
}
