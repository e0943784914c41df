import { z } from 'zod';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { documentFormats } from './document.ts';
import { type ImportedDocument, importArticles, importOutcomes } from './import-articles.ts';

/** Documents in one request, and their bytes with everything around them: an article alone may have half a million signs. */
export const mostDocuments = 100;
const maxBytes = 5_000_000;

const importedSchema = z
  .object({
    name: z.string(),
    outcome: z.enum(importOutcomes).meta({
      description:
        '`created`: a new draft; `known`: it came in before, its article is left as it is; `binned`: so it did, and its article is in the bin; `differs`: another text came in under this address before, nothing was changed; `refused`: see error',
    }),
    articleId: z
      .uuid()
      .nullable()
      .meta({ description: 'null where there is no article, also for `created` with dryRun' }),
    title: z.string().nullable(),
    slug: z.string().nullable(),
    warnings: z.array(z.string()),
    error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
  })
  .meta({ id: 'ImportedArticle' });

const answerSchema = z
  .object({
    items: z.array(importedSchema).meta({ description: 'In the order of the documents' }),
    counts: z.record(z.enum(importOutcomes), z.int()),
  })
  .meta({ id: 'ArticleImport' });

/** Articles from elsewhere. */
export const importRoutes: RegisterRoutes = (server, ctx) => {
  server.post(
    '/articles/import',
    {
      bodyLimit: maxBytes,
      schema: {
        tags: ['articles'],
        summary: `Take over articles that were written elsewhere, as drafts: up to ${mostDocuments} and 5 MB at a time`,
        description:
          'JSON documents of an earlier blog-poster, or Markdown with front matter. Each is taken by itself; sent again, a document is known by its address and its text, so that an import that was broken off goes on. An article that is here is never changed.',
        operationId: 'importArticles',
        querystring: z.object({
          dryRun: z
            .enum(['true', 'false'])
            .default('false')
            .meta({ description: '`true`: only say what would happen' }),
        }),
        body: z.strictObject({
          format: z.enum(documentFormats),
          documents: z
            .array(
              z.strictObject({
                name: z.string().min(1).max(1000).meta({ description: 'Of the file, for the report' }),
                text: z.string().max(2_000_000),
              }),
            )
            .min(1)
            .max(mostDocuments),
        }),
        response: { 200: answerSchema, ...problems(401, 413, 422) },
      },
    },
    async (request) => {
      const { format, documents } = request.body;
      const trial = request.query.dryRun === 'true';
      const items = await importArticles(ctx, request.userId, documents, { format, trial });
      const counts = Object.fromEntries(importOutcomes.map((outcome) => [outcome, 0])) as Record<
        (typeof importOutcomes)[number],
        number
      >;
      for (const { outcome } of items) counts[outcome] += 1;
      return { items: items.map(present), counts };
    },
  );
};

function present({ error, ...one }: ImportedDocument): z.infer<typeof importedSchema> {
  return { ...one, error: error && { code: error.code, message: error.message, hint: error.hint } };
}
