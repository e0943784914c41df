import { and, eq, isNull } from 'drizzle-orm';
import { z } from 'zod';
import { freeSlug, rewriteArticle, wordsOf } from '../../articles/articles.ts';
import { articleJsonLd } from '../../articles/json-ld.ts';
import { markdownToText } from '../../articles/markdown.ts';
import { editedByUser } from '../../articles/queries.ts';
import { type Article, articleEmbeddings, articles } from '../../articles/schema.ts';
import { scoreArticle } from '../../articles/seo-score.ts';
import { slugify } from '../../articles/slug.ts';
import type { Db } from '../../db/open.ts';
import { AppError } from '../../errors.ts';
import { getSources } from '../../knowledge/store.ts';
import { limitText } from '../../text/limit-text.ts';
import type { CheckOutput } from '../5-check/step.ts';
import { defineStep, type StepContext } from '../define-step.ts';
import { pipelines } from '../schema.ts';

import { findLinkTargets, insertLinks } from './links.ts';
import { seoPrompt } from './prompt.ts';

const check = z.object({
  name: z.string(),
  passed: z.boolean(),
  earned: z.number(),
  weight: z.number(),
  message: z.string(),
  hint: z.string(),
});

export const seoOutput = z.object({
  slug: z.string(),
  markdown: z.string(),
  metaTitle: z.string(),
  metaDescription: z.string(),
  excerpt: z.string(),
  seo: z.object({ score: z.int(), checks: z.array(check) }),
  jsonLd: z.record(z.string(), z.unknown()),
  embeddings: z.array(z.object({ facet: z.enum(['topic', 'content']), vector: z.array(z.number()) })),
});
export type SeoOutput = z.infer<typeof seoOutput>;

/** What search results show, in characters. */
const limits = { metaTitle: 60, metaDescription: 158, excerpt: 280 };
/** As much of the text as a model needs to describe it. */
const maxTextCharacters = 12_000;

/** seo: the texts around the article, its address, links to other posts of its site, JSON-LD and the score. */
export const seoStep = defineStep<'seo', { check: CheckOutput }, SeoOutput>({
  name: 'seo',
  version: 1,
  needs: ['check'],
  output: seoOutput,
  weight: 1,
  async run(context, { check }) {
    const { app, brief, pipeline } = context;
    const article = await pipelineArticle(app.db, pipeline.id);
    await context.log('Writing title and description for search results.');
    const { title, keyword, language } = check;
    const { answer } = await context.ask(seoPrompt, {
      title,
      keyword,
      language,
      text: markdownToText(check.markdown).slice(0, maxTextCharacters),
      limits,
    });
    const texts = {
      metaTitle: limitText(answer.metaTitle, limits.metaTitle),
      metaDescription: limitText(answer.metaDescription, limits.metaDescription),
      excerpt: limitText(answer.excerpt, limits.excerpt),
    };
    const embeddings = await embed(context, check, texts.excerpt);
    const targets = await findLinkTargets(
      app.db,
      app.embedder,
      {
        id: article.id,
        userId: pipeline.userId,
        text: `${title} ${keyword} ${texts.excerpt}`,
        language,
        vector: embeddings.find(({ facet }) => facet === 'content')?.vector ?? null,
      },
      brief.siteId ?? null,
    );
    const { markdown, links } = insertLinks(check.markdown, targets, language);
    const slug = slugify(title);
    const sources = await getSources(app.db, pipeline.userId, check.sourceIds);
    const removed = check.claims.filter(({ outcome }) => outcome === 'removed').length;
    const seo = scoreArticle({
      ...texts,
      title,
      slug,
      markdown,
      keyword,
      language,
      words: brief.words,
      sources: sources.length,
      claims: { kept: check.claims.length - removed, removed },
      internalLinks: targets.length > 0 ? links : null,
    });
    await context.log(`Score ${seo.score} of 100${links > 0 ? `, ${links} links to posts of your site` : ''}.`);
    const jsonLd = articleJsonLd({
      title,
      description: texts.metaDescription,
      keyword,
      language,
      wordCount: wordsOf(markdown),
      createdAt: article.createdAt,
      sources,
    });
    return { slug, markdown, ...texts, seo, jsonLd, embeddings };
  },
  async save(tx, context, _needs, output) {
    const article = await pipelineArticle(tx, context.pipeline.id);
    const { embeddings, ...columns } = output;
    if (await editedByUser(tx, article.id)) {
      // Someone has begun to edit while this step ran: what they wrote stays, and they can run this step again.
      return;
    }
    const slug = await freeSlug(tx, article.userId, output.slug, article.id);
    await rewriteArticle(context.app, tx, article, { ...columns, slug, status: 'ready' });
    const { model, dimensions } = context.app.embedder;
    await tx.delete(articleEmbeddings).where(eq(articleEmbeddings.articleId, article.id));
    if (embeddings.length === 0) return;
    await tx.insert(articleEmbeddings).values(
      embeddings.map(({ facet, vector }) => ({
        articleId: article.id,
        userId: article.userId,
        model,
        dimensions,
        facet,
        embedding: vector,
      })),
    );
  },
});

async function pipelineArticle(db: Db, pipelineId: string): Promise<Article> {
  const [row] = await db
    .select({ article: articles })
    .from(pipelines)
    .innerJoin(articles, eq(articles.id, pipelines.articleId))
    .where(and(eq(pipelines.id, pipelineId), isNull(articles.deletedAt)));
  if (!row) {
    throw new AppError('invalid_state', 'The article of this pipeline has been deleted.', {
      hint: 'Restore it from the bin, or redo the pipeline from the step "check".',
    });
  }
  return row.article;
}

async function embed(context: StepContext, check: CheckOutput, excerpt: string): Promise<SeoOutput['embeddings']> {
  const { embedder } = context.app;
  if (!embedder.supports(check.language)) return [];
  const topic = [check.title, check.keyword].join('. ');
  const [first, second] = await embedder.embed([topic, [topic, excerpt].join('. ')]);
  return [
    { facet: 'topic', vector: Array.from(first ?? []) },
    { facet: 'content', vector: Array.from(second ?? []) },
  ];
}
