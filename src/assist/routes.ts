import { z } from 'zod';
import { claimStates } from '../articles/claim-states.ts';
import { getArticle } from '../articles/queries.ts';
import { editableFields } from '../articles/routes.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { createTextChecker } from './check-text.ts';
import { placeSchema } from './places.ts';

const tags = ['articles'];
const byId = z.object({ id: z.uuid() });
const range = z
  .object({ start: z.int(), end: z.int() })
  .meta({ id: 'TextRange', description: 'A stretch of the Markdown, in UTF-16 units; `end` is not part of it' });

const textCheckSchema = z
  .object({
    seo: z.object({
      score: z.int().meta({ description: '0-100' }),
      checks: z.array(
        z.object({
          name: z.string(),
          passed: z.boolean(),
          earned: z.number(),
          weight: z.number(),
          message: z.string(),
          hint: z.string(),
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
      // It writes nothing.
      config: { scope: 'read' },
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
      const { seo, checks, claims, links, wordCount, readingMinutes } = await check(article, request.body);
      return {
        seo: { score: seo.score, checks },
        claims,
        links: links.map(({ title, url, score, articleId, mention }) => ({ title, url, score, articleId, mention })),
        wordCount,
        readingMinutes,
      };
    },
  );
};
