import { z } from 'zod';
import { searchProviderNames } from '../config.ts';
import { listOf } from '../http/list.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';

const providerSchema = z
  .object({
    name: z.enum(searchProviderNames),
    title: z.string(),
    priceMicroUsd: z.int().meta({ description: 'Of one request' }),
  })
  .meta({ id: 'SearchProvider' });

/** Search providers: which ones this instance asks. */
export const webSearchRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/search-providers',
    {
      schema: {
        tags: ['search'],
        summary: 'Who looks for sources when a brief names none, in the order of asking; empty when none is configured',
        operationId: 'listSearchProviders',
        response: { 200: listOf(providerSchema), ...problems(401) },
      },
    },
    async () => ({
      items: ctx.webSearch.providers.map(({ name, title, priceMicroUsd }) => ({ name, title, priceMicroUsd })),
      nextCursor: null,
    }),
  );
};
