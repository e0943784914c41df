import { z } from 'zod';
import { actorOf } from '../accounts/audit.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { oneLine } from '../storable.ts';
import { listPrices, presentOverride, priceListSchema, priceOverrideSchema } from './price-list.ts';
import { removePrices, setPrices } from './price-overrides.ts';

const tags = ['admin'];
const config = { access: 'admin' as const };
const byModel = z.object({
  model: z
    .string()
    .overwrite(oneLine)
    .min(1)
    .max(200)
    .meta({ description: 'provider:model as LLM_MODEL has it, or brave, tavily or searxng' }),
});

const perMillion = z
  .int('must be whole micro-dollars: 250000 for 0.25 dollars a million tokens')
  .min(0, 'must not be negative')
  .max(10_000_000_000, 'must be at most 10,000 dollars a million tokens');
const perRequest = z
  .int('must be whole micro-dollars: 5000 for half a cent a request')
  .min(0, 'must not be negative')
  .max(1_000_000_000, 'must be at most 1,000 dollars a request');

/** The admin's prices, which go before those of MODEL_PRICES and of the public table. */
export const priceRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/admin/prices',
    {
      config,
      schema: {
        tags,
        summary: 'What models and searches cost, and where each price comes from',
        operationId: 'listPrices',
        response: { 200: priceListSchema, ...problems(401, 403) },
      },
    },
    async () => listPrices(ctx),
  );

  server.put(
    '/admin/prices/:model',
    {
      config,
      schema: {
        tags,
        summary: 'Set the prices of a model or of a search provider; they hold from the next call on',
        operationId: 'setPrices',
        params: byModel,
        body: z.strictObject({
          inputMicroUsd: perMillion.optional().meta({ description: 'Needed for a model' }),
          cachedInputMicroUsd: perMillion.nullable().optional(),
          cacheWriteInputMicroUsd: perMillion.nullable().optional(),
          outputMicroUsd: perMillion.optional().meta({ description: 'Needed for a model' }),
          reasoningMicroUsd: perMillion.nullable().optional(),
          requestMicroUsd: perRequest.optional().meta({ description: 'Needed for a search provider' }),
          unknownModel: z.boolean().default(false).meta({
            description: 'The name is meant, although nobody here has heard of it: a model of a server of your own',
          }),
        }),
        response: { 200: priceOverrideSchema, ...problems(401, 403, 422) },
      },
    },
    async (request) => {
      const { unknownModel, ...prices } = request.body;
      return presentOverride(await setPrices(ctx, request.params.model, prices, unknownModel, actorOf(request)));
    },
  );

  server.delete(
    '/admin/prices/:model',
    {
      config,
      schema: {
        tags,
        summary: 'Take the prices back that were set for a model',
        operationId: 'removePrices',
        params: byModel,
        response: { 204: z.null(), ...problems(401, 403, 404, 422) },
      },
    },
    async (request, reply) => {
      await removePrices(ctx, request.params.model, actorOf(request));
      return reply.code(204).send(null);
    },
  );
};
