import { z } from 'zod';
import { claimStates } from '../articles/claim-states.ts';
import { seoCheckSchema, staleSchema } from '../articles/present.ts';
import { getArticle } from '../articles/queries.ts';
import { editableFields } from '../articles/routes.ts';
import { payers } from '../budget/schema.ts';
import { AppError } from '../errors.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { limitExceeded } from '../limits/hook.ts';
import { revisions, verdicts } from '../llm/tasks.ts';
import { oneLine, printable } from '../storable.ts';
import { createTextChecker } from './check-text.ts';
import { placeSchema } from './places.ts';

const tags = ['articles'];
const byId = z.object({ id: z.uuid() });
const range = z
  .object({ start: z.int(), end: z.int() })
  .meta({ id: 'TextRange', description: 'A stretch of the Markdown, in UTF-16 units; `end` is not part of it' });

const money = z.int().meta({ description: 'Micro-dollars' });

const offerSchema = z
  .object({
    text: z.string().meta({ description: 'Markdown, to be put in the place of the selection' }),
    claims: z.array(
      z.object({
        text: z.string(),
        verdict: z.enum(verdicts).meta({
          description: 'Whether its passage bears it out. What is not `supported` has lost its footnote',
        }),
        reason: z.string(),
        quote: z.string().nullable(),
        passageId: z.uuid().nullable(),
        sourceId: z.uuid().nullable(),
        sourceTitle: z.string().nullable(),
        judgedBy: z.string().nullable(),
      }),
    ),
    lostFootnotes: z
      .array(z.string())
      .meta({ description: 'Footnotes of the selection that it does not hold any more' }),
    model: z.string(),
    costMicroUsd: money.meta({ description: 'What this request cost; 0 where its answer had been paid for before' }),
    estimated: z.boolean().meta({ description: 'A part of it was not reported and counts as it was reserved' }),
  })
  .meta({ id: 'RevisionOffer' });

const offerEstimateSchema = z
  .object({
    low: money,
    likely: money,
    high: money.meta({ description: 'What is held back for it' }),
    model: z.string().meta({ description: 'The model that is asked first' }),
    payer: z.enum(payers).meta({ description: 'Whose key it is asked with' }),
  })
  .meta({ id: 'RevisionEstimate', description: 'Micro-dollars' });

/** Each may take minutes of a model, and more of them than a person reads are a program in a loop. */
const revisionsPerMinute = 20;

const textCheckSchema = z
  .object({
    seo: z.object({
      score: z.int().meta({ description: '0-100' }),
      checks: z.array(
        seoCheckSchema.extend({
          at: placeSchema.nullable().meta({ description: 'Where it can be mended; null for the text as a whole' }),
        }),
      ),
    }),
    claims: z
      .array(
        z.object({
          id: z.uuid(),
          state: z.enum(claimStates).meta({
            description:
              '`changed`: a sentence like it stands there, in other words than were checked; `missing`: none does',
          }),
          at: range.nullable(),
          now: z.string().nullable().meta({ description: 'The sentence as it stands, where it was changed' }),
        }),
      )
      .meta({ description: 'Every claim of GET /articles/{id}/claims, in the same order' }),
    links: z
      .array(
        z.object({
          title: z.string(),
          url: z.string(),
          score: z.number().meta({ description: 'How close it is, 0-1' }),
          articleId: z.uuid().nullable(),
          mention: range.nullable().meta({ description: 'Where the text mentions it without a link' }),
        }),
      )
      .meta({ description: 'Posts of your sites that the text could link to and does not' }),
    stale: staleSchema,
    wordCount: z.int(),
    readingMinutes: z.int(),
  })
  .meta({ id: 'TextCheck' });

/** What helps while an article is written. */
export const assistRoutes: RegisterRoutes = (server, ctx) => {
  const check = createTextChecker(ctx);
  server.post(
    '/articles/:id/check',
    {
      schema: {
        tags,
        summary: 'Score a text that is being written, and find its claims and missing links',
        description:
          'Takes what is not saved yet; what is left out is as it is stored. No model is asked, nothing is stored, and it costs nothing.',
        operationId: 'checkArticle',
        params: byId,
        body: z.strictObject({ ...editableFields, slug: z.string().max(200), title: z.string().max(300) }).partial(),
        response: { 200: textCheckSchema, ...problems(401, 404, 413, 422) },
      },
    },
    async (request) => {
      const article = await getArticle(ctx.db, request.userId, request.params.id);
      const { seo, checks, claims, links, stale, wordCount, readingMinutes } = await check(article, request.body);
      return {
        seo: { score: seo.score, checks },
        claims,
        links: links.map(({ title, url, score, articleId, mention }) => ({ title, url, score, articleId, mention })),
        stale,
        wordCount,
        readingMinutes,
      };
    },
  );

  server.post(
    '/articles/:id/rewrites',
    {
      schema: {
        tags,
        summary: 'Have a model put a selection in other words; this costs money',
        description:
          'Every sentence of the answer is held against the passages that the selection rests on; no other source can come in, and an answer with an invented citation or quote is refused. The same request again is answered without paying again, unless `again` counts up. `?dryRun=true` only says what it is likely to cost. Nothing of the article changes.',
        operationId: 'reviseSelection',
        params: byId,
        querystring: z.object({ dryRun: z.enum(['true', 'false']).optional() }),
        body: z.strictObject({
          action: z.enum(revisions),
          tone: z.string().overwrite(oneLine).min(1).max(40).optional().meta({
            description: 'With `tone`: plain, friendly, formal, confident, or another word for it',
          }),
          instruction: z.string().overwrite(oneLine).max(500).optional(),
          selection: z.string().overwrite(printable).min(1).max(12_000).meta({ description: 'Markdown' }),
          before: z.string().overwrite(printable).max(20_000).optional(),
          after: z.string().overwrite(printable).max(20_000).optional(),
          model: z
            .string()
            .regex(/^(offline|[a-z-]+:\S+)$/, 'must be provider:model or offline')
            .max(200)
            .optional()
            .meta({ description: 'Instead of the models of the instance' }),
          again: z.int().min(0).max(1000).optional().meta({
            description: 'Counts up where another answer to the same is wanted',
          }),
        }),
        response: {
          200: z.union([offerSchema, offerEstimateSchema]),
          ...problems(401, 402, 404, 409, 413, 422, 429, 502, 503),
        },
      },
    },
    async (request, reply) => {
      const article = await getArticle(ctx.db, request.userId, request.params.id);
      const { model, ...wish } = request.body;
      if (wish.action === 'tone' && wish.tone === undefined) {
        throw new AppError('invalid_request', 'tone: must be given with the action "tone"');
      }
      // What only models need is loaded when the first one is asked.
      const { estimateRevision, offerRevision } = await import('./offer.ts');
      if (request.query.dryRun === 'true') return estimateRevision(ctx, article, wish, model);
      const taken = await ctx.limiter.take({ name: 'revisions', perMinute: revisionsPerMinute }, request.userId);
      if (!taken.allowed) throw limitExceeded(taken, 'rewrites');
      const gone = new AbortController();
      reply.raw.once('close', () => {
        if (!reply.raw.writableFinished) gone.abort();
      });
      return offerRevision(ctx, article, wish, model, gone.signal);
    },
  );
};
