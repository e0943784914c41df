import { z } from 'zod';
import { actorOf } from '../accounts/audit.ts';
import { listOf } from '../http/list.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { presentProviderKey, providerKeySchema, usableModelSchema } from './present.ts';
import { checkStoredKey, deleteKey, listKeys, newKey, ownSpending, providerNamed, storeKey } from './provider-keys.ts';

const tags = ['provider keys'];
/** A key of the API must not decide who pays. */
const config = { access: 'person' as const };
const byProvider = z.object({
  provider: z.string().max(60).meta({ description: 'openai, anthropic, google, brave or tavily' }),
});

/** Nothing that cannot be sent as a header; the shortest that any of these providers gives out is longer than the least here. */
const keySchema = z
  .string()
  .trim()
  .min(16, 'is too short for a key')
  .max(500, 'is too long for a key')
  .regex(/^[\x21-\x7e]*$/, 'must be one word of plain letters, digits and signs, as the provider shows it');

/** A user's own keys for providers: what is asked with them is paid by the user, not by the instance. */
export const providerKeyRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/provider-keys',
    {
      schema: {
        tags,
        summary: 'Your own keys for providers, and what was spent with them this month',
        operationId: 'listProviderKeys',
        response: {
          200: listOf(providerKeySchema).extend({
            spentMicroUsd: z
              .int()
              .meta({ description: 'With own keys in this month of your calendar, those that are gone included' }),
          }),
          ...problems(401, 403),
        },
      },
    },
    async (request) => {
      const spent = await ownSpending(ctx, request.userId);
      const rows = await listKeys(ctx.db, request.userId);
      return {
        items: rows.map((row) => presentProviderKey(row, spent)),
        nextCursor: null,
        spentMicroUsd: spent.settledMicroUsd,
      };
    },
  );

  server.get(
    '/models',
    {
      schema: {
        tags,
        summary: 'The models that your articles can be written by, who pays for each, and what they cost',
        description:
          'First those of the instance in the order in which they are asked, then what the public table of prices lists for the providers that you or the instance have a key for. A model that is not listed may be named all the same.',
        operationId: 'listModels',
        response: { 200: listOf(usableModelSchema), ...problems(401, 403) },
      },
    },
    async (request) => {
      const { listUsableModels } = await import('./usable-models.ts');
      return { items: await listUsableModels(ctx, request.userId), nextCursor: null };
    },
  );

  server.put(
    '/provider-keys/:provider',
    {
      config,
      schema: {
        tags,
        summary:
          'Store your key for a provider, in the place of the one before; it is checked there and never shown again',
        operationId: 'putProviderKey',
        params: byProvider,
        body: z.strictObject({ key: keySchema }),
        response: { 200: providerKeySchema, ...problems(401, 403, 404, 422) },
      },
    },
    async (request) => {
      const key = newKey(providerNamed(request.params.provider), request.body.key);
      const row = await storeKey(ctx, request.userId, key, actorOf(request));
      return presentProviderKey(row, await ownSpending(ctx, request.userId));
    },
  );

  server.post(
    '/provider-keys/:provider/check',
    {
      config,
      schema: {
        tags,
        summary: 'Ask the provider whether it takes your key, at no cost',
        operationId: 'checkProviderKey',
        params: byProvider,
        response: { 200: providerKeySchema, ...problems(401, 403, 404, 409, 500) },
      },
    },
    async (request) => {
      const row = await checkStoredKey(ctx, request.userId, providerNamed(request.params.provider));
      return presentProviderKey(row, await ownSpending(ctx, request.userId));
    },
  );

  server.delete(
    '/provider-keys/:provider',
    {
      config,
      schema: {
        tags,
        summary: 'Delete your key for a provider; the next call is made without it',
        operationId: 'deleteProviderKey',
        params: byProvider,
        response: { 204: z.null(), ...problems(401, 403, 404) },
      },
    },
    async (request, reply) => {
      const provider = providerNamed(request.params.provider);
      await ctx.db.transaction((tx) => deleteKey(tx, request.userId, provider, actorOf(request)));
      return reply.code(204).send(null);
    },
  );
};
