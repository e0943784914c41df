import { z } from 'zod';
import { listOf, listQuery, page } from '../http/list.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { deleteDocument, restoreDocument } from './bin.ts';
import {
  documentDetailsSchema,
  documentKinds,
  documentSchema,
  passageSchema,
  presentDocument,
  presentPassage,
  presentUse,
} from './present.ts';
import {
  getDocument,
  listDocumentPassages,
  listDocuments,
  otherReadings,
  usesOfDocument,
  waysToDocument,
} from './queries.ts';
import { readAgain } from './read-again.ts';

const tags = ['sources'];
const byId = z.object({ id: z.uuid() });
const yesNo = z.enum(['true', 'false']).optional();

/** Stored sources, the texts that articles are written from: list, look into, read again, delete, restore. */
export const documentRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/sources/documents',
    {
      schema: {
        tags,
        summary: 'The pages, files and texts that your articles were written from, newest first',
        operationId: 'listSourceDocuments',
        querystring: listQuery.extend({
          query: z
            .string()
            .trim()
            .max(200)
            .optional()
            .meta({ description: 'Looked for in title, address, author and name of the site' }),
          kind: z.enum(documentKinds).optional(),
          used: yesNo.meta({ description: '`true`: only what articles cite; `false`: only what none cites' }),
          deleted: yesNo.meta({ description: '`true`: those in the bin, where they stay 30 days' }),
        }),
        response: { 200: listOf(documentSchema), ...problems(401, 422) },
      },
    },
    async (request) => {
      const { used, deleted, ...query } = request.query;
      const found = await listDocuments(ctx.db, request.userId, {
        ...query,
        used: used === undefined ? undefined : used === 'true',
        deleted: deleted === 'true',
      });
      const { items, nextCursor } = page(found, query.limit);
      return { items: items.map(presentDocument), nextCursor };
    },
  );

  server.get(
    '/sources/documents/:id',
    {
      schema: {
        tags,
        summary: 'A stored source, who found it, and the articles and claims that rest on it',
        operationId: 'getSourceDocument',
        params: byId,
        response: { 200: documentDetailsSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => {
      const { userId, params } = request;
      const document = await getDocument(ctx.db, userId, params.id);
      const others = await otherReadings(ctx.db, userId, document);
      return {
        ...presentDocument(document),
        uses: (await usesOfDocument(ctx.db, userId, document.id)).map(presentUse),
        found: await waysToDocument(ctx.db, userId, document.id),
        otherReadings: others.map(({ id, fetchedAt }) => ({ id, fetchedAt: fetchedAt.toISOString() })),
      };
    },
  );

  server.get(
    '/sources/documents/:id/passages',
    {
      schema: {
        tags,
        summary: 'The stored text in reading order, with how many claims quote each part',
        operationId: 'listSourcePassages',
        params: byId,
        querystring: z.object({
          limit: z.coerce.number().int().min(1).max(100).default(50),
          after: z.coerce
            .number()
            .int()
            .min(0)
            .optional()
            .meta({ description: 'Go on behind the passage with this ordinal, which is the last page’s nextCursor' }),
        }),
        response: { 200: listOf(passageSchema), ...problems(401, 404, 422) },
      },
    },
    async (request) => {
      const { userId, params, query } = request;
      const { id } = await getDocument(ctx.db, userId, params.id);
      const found = await listDocumentPassages(ctx.db, userId, id, { ...query, after: query.after ?? -1 });
      const items = found.slice(0, query.limit);
      const last = found.length > query.limit ? items.at(-1) : undefined;
      return { items: items.map(presentPassage), nextCursor: last ? String(last.ordinal) : null };
    },
  );

  server.post(
    '/sources/documents/:id/refresh',
    {
      schema: {
        tags,
        summary: 'Read the page again, at most once a minute; what says something else now becomes a source of its own',
        operationId: 'refreshSourceDocument',
        params: byId,
        response: {
          200: z
            .object({
              changed: z.boolean().meta({ description: 'Whether `document` is another one than was asked for' }),
              document: documentSchema,
            })
            .meta({ id: 'RefreshedSource' }),
          ...problems(401, 404, 409, 422, 429, 502),
        },
      },
    },
    async (request) => {
      const { changed, document } = await readAgain(ctx, request.userId, request.params.id);
      return { changed, document: presentDocument(document) };
    },
  );

  server.delete(
    '/sources/documents/:id',
    {
      schema: {
        tags,
        summary: 'Put a stored source into the bin for 30 days; not one that an article cites, which is its proof',
        operationId: 'deleteSourceDocument',
        params: byId,
        response: { 204: z.null(), ...problems(401, 404, 409, 422) },
      },
    },
    async (request, reply) => {
      await deleteDocument(ctx.db, request.userId, request.params.id);
      return reply.code(204).send(null);
    },
  );

  server.post(
    '/sources/documents/:id/restore',
    {
      schema: {
        tags,
        summary: 'Take a stored source out of the bin',
        operationId: 'restoreSourceDocument',
        params: byId,
        response: { 200: documentSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => presentDocument(await restoreDocument(ctx.db, request.userId, request.params.id)),
  );
};
