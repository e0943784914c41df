import { z } from 'zod';
import { actorOf } from '../accounts/audit.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { failureGroupSchema, groupFailures, mostForAdmin, redriveForAll } from './admin.ts';
import { failureKinds } from './queries.ts';

const tags = ['admin'];
const config = { access: 'admin' as const };
const filter = z.strictObject({
  kind: z.enum(failureKinds).optional(),
  code: z
    .string()
    .regex(/^[a-z_]{1,60}$/, 'must be a code such as model_unavailable')
    .optional(),
  since: z.iso.datetime({ offset: true }).optional().meta({ description: 'Only what has failed since' }),
  userId: z.uuid().optional(),
});
const count = z.int();

/** Dead letters of all accounts, for whoever runs the instance: how many with which cause, never what is in them. */
export const adminFailureRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/admin/failures',
    {
      config,
      schema: {
        tags,
        summary: 'Dead letters of all accounts by kind, cause and account, the most first',
        operationId: 'listAllFailures',
        querystring: filter.extend({ limit: z.coerce.number().int().min(1).max(100).default(100) }),
        response: {
          200: z.object({
            items: z.array(failureGroupSchema),
            total: count.meta({ description: 'Dead letters in all that the filter lets through' }),
            moreGroups: count.meta({ description: 'How many groups are not shown' }),
          }),
          ...problems(401, 403, 422),
        },
      },
    },
    async (request) => groupFailures(ctx.db, request.query),
  );

  server.post(
    '/admin/failures/redrive',
    {
      config,
      schema: {
        tags,
        summary: `Try dead letters of all accounts again, by kind or cause: up to ${mostForAdmin}, the oldest first`,
        operationId: 'redriveAllFailures',
        body: filter.refine(
          ({ kind, code }) => kind !== undefined || code !== undefined,
          'must have a kind or a code: everything at once is hardly meant',
        ),
        response: {
          200: z.object({
            redriven: count,
            unchanged: count,
            refused: count,
            refusals: z.record(z.string(), count).meta({ description: 'The codes of what was refused' }),
            more: z.boolean().meta({ description: 'There are others that were not tried yet: ask again' }),
          }),
          ...problems(401, 403, 422),
        },
      },
    },
    async (request) => redriveForAll(ctx, request.body, actorOf(request)),
  );
};
