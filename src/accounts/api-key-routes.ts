import { z } from 'zod';
import { AppError } from '../errors.ts';
import { scopes } from '../http/access.ts';
import { onceByKey } from '../http/idempotency.ts';
import { listOf, listQuery, page } from '../http/list.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { apiKeySchema, createApiKey, listApiKeys, presentApiKey, revokeApiKey } from './api-keys.ts';
import { actorOf } from './audit.ts';
import { nameSchema } from './auth-routes.ts';

const tags = ['api keys'];
const config = { access: 'person' as const };

/** API keys: list, make, revoke. A key cannot make keys. */
export const apiKeyRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/api-keys',
    {
      config,
      schema: {
        tags,
        summary: 'API keys, newest first, with their last use',
        operationId: 'listApiKeys',
        querystring: listQuery,
        response: { 200: listOf(apiKeySchema), ...problems(401, 403, 422) },
      },
    },
    async (request) => {
      const rows = page(await listApiKeys(ctx.db, request.userId, request.query), request.query.limit);
      return { items: rows.items.map((key) => presentApiKey(key, ctx.now())), nextCursor: rows.nextCursor };
    },
  );

  server.post(
    '/api-keys',
    {
      config,
      schema: {
        tags,
        summary: 'Make an API key; it is shown in this answer and never again',
        operationId: 'createApiKey',
        body: z.strictObject({
          name: nameSchema,
          scopes: z.array(z.enum(scopes)).min(1).max(3),
          expiresAt: z.iso.datetime({ offset: true }).nullish(),
        }),
        response: {
          201: apiKeySchema.extend({ key: z.string().meta({ description: 'Begins bp_; shown once' }) }),
          ...problems(401, 403, 409, 422),
        },
      },
    },
    async (request, reply) => {
      const expiresAt = request.body.expiresAt ? new Date(request.body.expiresAt) : null;
      if (expiresAt && expiresAt <= ctx.now()) {
        throw new AppError('invalid_request', 'expiresAt: must be in the future', {
          errors: [{ path: 'expiresAt', message: 'must be in the future' }],
        });
      }
      return onceByKey(ctx, request, reply, 201, async (tx) => {
        const { row, key } = await createApiKey(tx, request.userId, { ...request.body, expiresAt }, actorOf(request));
        return { ...presentApiKey(row, ctx.now()), key };
      });
    },
  );

  server.delete(
    '/api-keys/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Revoke an API key; the next request with it is refused',
        operationId: 'revokeApiKey',
        params: z.object({ id: z.uuid() }),
        response: { 204: z.null(), ...problems(401, 403, 404, 422) },
      },
    },
    async (request, reply) => {
      await ctx.db.transaction((tx) => revokeApiKey(tx, request.userId, request.params.id, actorOf(request)));
      return reply.code(204).send(null);
    },
  );
};
