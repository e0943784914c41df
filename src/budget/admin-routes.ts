import { z } from 'zod';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { compareCounters, counterDifferenceSchema } from './check-counters.ts';
import { topSchema, topSpenders } from './top.ts';

/** The admin's side of the money: who spends it. */
export const spendingRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/admin/usage/top',
    {
      config: { access: 'admin' },
      schema: {
        tags: ['admin'],
        summary: "The instance's month, and who spends the most of it",
        operationId: 'listTopSpenders',
        querystring: z.strictObject({
          month: z
            .string()
            .regex(/^2[01]\d\d-(0[1-9]|1[0-2])$/, 'must be a month such as 2026-11')
            .optional()
            .meta({ description: 'Of UTC; the present one by default' }),
          limit: z.coerce.number().int().min(1).max(100).default(20),
        }),
        response: { 200: topSchema, ...problems(401, 403, 422) },
      },
    },
    async (request) => topSpenders(ctx, request.query),
  );

  // For the doctor of the command line.
  server.get(
    '/operator/counters',
    {
      config: { access: 'operator' },
      schema: { hide: true, response: { 200: z.object({ differences: z.array(counterDifferenceSchema) }) } },
    },
    async () => ({ differences: await compareCounters(ctx.db) }),
  );
};
