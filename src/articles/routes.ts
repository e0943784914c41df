import { z } from 'zod';
import { onceByKey } from '../http/idempotency.ts';
import { listOf, listQuery, page } from '../http/list.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { oneLine, printable } from '../storable.ts';
import { deleteArticle, editArticle, insertArticle, restoreArticle } from './articles.ts';
import {
  articleSchema,
  articleSummarySchema,
  claimSchema,
  featuredImageSchema,
  presentArticle,
  presentClaims,
  presentSummaries,
} from './present.ts';
import { getArticle, listArticles, listClaims, listFeaturedImages, listRevisions } from './queries.ts';
import { restoreRevision } from './restore-revision.ts';
import { articleStatuses } from './schema.ts';

const byId = z.object({ id: z.uuid() });
const tags = ['articles'];

export const editableFields = {
  title: z
    .string()
    .overwrite(oneLine)
    .min(1)
    .max(300)
    .refine((title) => /[\p{L}\p{N}\p{P}\p{S}]/u.test(title), 'must hold something that can be read'),
  markdown: z.string().overwrite(printable).max(500_000),
  slug: z.string().overwrite(oneLine).min(1).max(200),
  excerpt: z.string().overwrite(oneLine).max(1000),
  metaTitle: z.string().overwrite(oneLine).max(300),
  metaDescription: z.string().overwrite(oneLine).max(1000),
  keyword: z.string().overwrite(oneLine).max(100),
};

const revisionSchema = z.object({
  revision: z.int(),
  author: z.enum(['pipeline', 'user']),
  title: z.string(),
  markdown: z.string(),
  fields: z.object({
    slug: z.string(),
    excerpt: z.string(),
    metaTitle: z.string(),
    metaDescription: z.string(),
    keyword: z.string(),
    featuredImageId: z
      .uuid()
      .nullable()
      .optional()
      .meta({ description: 'Missing where it is not known, in revisions from before it was kept' }),
  }),
  featuredImage: featuredImageSchema.nullable().meta({ description: 'null also where it was deleted since' }),
  createdAt: z.iso.datetime(),
});

/** Articles: list, write, read, edit, bin, revisions, claims. Approval and publications have their own rooms. */
export const articleRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/articles',
    {
      schema: {
        tags,
        summary: 'Articles, newest first',
        operationId: 'listArticles',
        querystring: listQuery.extend({
          query: z.string().trim().max(200).optional(),
          status: z.enum(articleStatuses).optional(),
          siteId: z.uuid().optional().meta({ description: 'Only those with a publication on this site' }),
          deadLinks: z
            .enum(['true', 'false'])
            .optional()
            .meta({ description: '`true`: only those with links to posts of your sites that are no longer there' }),
          deleted: z
            .enum(['true', 'false'])
            .optional()
            .meta({ description: '`true`: what is in the bin, instead of what is not' }),
        }),
        response: { 200: listOf(articleSummarySchema), ...problems(401, 422) },
      },
    },
    async (request) => {
      const { deadLinks, deleted, ...query } = request.query;
      const found = await listArticles(ctx.db, request.userId, {
        ...query,
        deadLinks: deadLinks === 'true',
        deleted: deleted === 'true',
      });
      const rows = page(found, query.limit);
      return { items: await presentSummaries(ctx.db, rows.items), nextCursor: rows.nextCursor };
    },
  );

  server.post(
    '/articles',
    {
      schema: {
        tags,
        summary: 'Add an article written by hand',
        operationId: 'createArticle',
        body: z
          .strictObject({ ...editableFields, language: z.string().regex(/^[a-z]{2}$/) })
          .partial()
          .required({ title: true, markdown: true }),
        response: { 201: articleSchema, ...problems(401, 409, 413, 422) },
      },
    },
    async (request, reply) =>
      onceByKey(ctx, request, reply, 201, async (tx) => {
        const { language, ...content } = request.body;
        const row = await insertArticle(ctx, tx, request.userId, {
          ...content,
          language: language ?? null,
          pipelineId: null,
          author: 'user',
        });
        return presentArticle(tx, row);
      }),
  );

  server.get(
    '/articles/:id',
    {
      schema: {
        tags,
        summary: 'An article with its text',
        operationId: 'getArticle',
        params: byId,
        response: { 200: articleSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => presentArticle(ctx.db, await getArticle(ctx.db, request.userId, request.params.id)),
  );

  server.patch(
    '/articles/:id',
    {
      schema: {
        tags,
        summary: 'Edit; `revision` is the one the edit was made on, a stale one answers 409',
        description:
          'Every edit raises the revision and is kept in the history. With `autosave`, those of ten minutes are kept as one: each takes the place of the one before, unless that was sent to a site or approved in the meantime.',
        operationId: 'editArticle',
        params: byId,
        body: z
          .strictObject({
            ...editableFields,
            featuredImageId: z.uuid().nullable(),
            revision: z.int().min(1),
            autosave: z.boolean(),
          })
          .partial()
          .required({ revision: true }),
        response: { 200: articleSchema, ...problems(401, 404, 409, 413, 422) },
      },
    },
    async (request) => {
      const { revision, autosave: automatic, ...change } = request.body;
      const { id } = request.params;
      return presentArticle(ctx.db, await editArticle(ctx, request.userId, id, revision, change, { automatic }));
    },
  );

  server.delete(
    '/articles/:id',
    {
      schema: {
        tags,
        summary: 'Put into the bin, where it stays 30 days',
        operationId: 'deleteArticle',
        params: byId,
        response: { 204: z.null(), ...problems(401, 404, 422) },
      },
    },
    async (request, reply) => {
      await deleteArticle(ctx, request.userId, request.params.id);
      return reply.code(204).send(null);
    },
  );

  server.post(
    '/articles/:id/restore',
    {
      schema: {
        tags,
        summary: 'Take out of the bin',
        operationId: 'restoreArticle',
        params: byId,
        response: { 200: articleSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => presentArticle(ctx.db, await restoreArticle(ctx, request.userId, request.params.id)),
  );

  server.get(
    '/articles/:id/revisions',
    {
      schema: {
        tags,
        summary: 'Every revision, newest first',
        operationId: 'listArticleRevisions',
        params: byId,
        response: { 200: listOf(revisionSchema), ...problems(401, 404, 422) },
      },
    },
    async (request) => {
      const article = await getArticle(ctx.db, request.userId, request.params.id);
      const rows = await listRevisions(ctx.db, request.userId, article.id);
      const featured = await listFeaturedImages(
        ctx.db,
        rows.map(({ fields }) => fields),
      );
      return {
        items: rows.map(({ revision, author, title, markdown, fields, createdAt }) => ({
          revision,
          author,
          title,
          markdown,
          fields,
          featuredImage: featured.get(fields.featuredImageId ?? '') ?? null,
          createdAt: createdAt.toISOString(),
        })),
        nextCursor: null,
      };
    },
  );

  server.post(
    '/articles/:id/revisions/:revision/restore',
    {
      schema: {
        tags,
        summary:
          'Make the article again what it was at a revision, as a new one; `revision` in the body is the present one',
        description:
          'Title, text, fields and featured image. Images of that revision that are in the bin come back with it; `warnings` say what was deleted for good.',
        operationId: 'restoreArticleRevision',
        params: byId.extend({ revision: z.coerce.number().int().min(1).max(1_000_000_000) }),
        body: z.strictObject({ revision: z.int().min(1) }),
        response: {
          200: z.object({ article: articleSchema, warnings: z.array(z.string()) }),
          ...problems(401, 404, 409, 422),
        },
      },
    },
    async (request) => {
      const { id, revision } = request.params;
      const { revision: current } = request.body;
      const { article, warnings } = await restoreRevision(ctx, request.userId, { id, revision, current });
      return { article: await presentArticle(ctx.db, article), warnings };
    },
  );

  server.get(
    '/articles/:id/claims',
    {
      schema: {
        tags,
        summary: 'Every claim with its verdict, quote, passage and source',
        operationId: 'listArticleClaims',
        params: byId,
        response: { 200: listOf(claimSchema), ...problems(401, 404, 422) },
      },
    },
    async (request) => {
      const article = await getArticle(ctx.db, request.userId, request.params.id);
      const rows = await listClaims(ctx.db, request.userId, article.id);
      // All of them: an article without its last claims would be half a proof.
      return { items: presentClaims(article, rows), nextCursor: null };
    },
  );
};
