import { z } from 'zod';
import { AppError } from '../errors.ts';
import { assertScope, principalOf } from '../http/access.ts';
import { listOf, listQuery, page } from '../http/list.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { setDismissed } from './dismiss.ts';
import { decisionSchema, failureSchema, presentDecision, presentFailure } from './present.ts';
import {
  countFailed,
  failureKinds,
  failuresOf,
  kindsOf,
  listFailures,
  possible,
  readFailures,
  standing,
} from './queries.ts';
import { type Letter, type Redriven, redrive, redrivenSchema } from './redrive.ts';
import { countDecisions, listDecisions } from './waiting.ts';

const tags = ['failures'];
/** How many are tried again in one request of all, the oldest failures first. */
const mostAtOnce = 200;

const count = z.int();
const ids = z.array(z.uuid()).min(1).max(100);
const which = z
  .strictObject({
    ids: ids.optional(),
    kind: z.enum(failureKinds).optional().meta({ description: 'All of a kind' }),
    all: z.literal(true).optional().meta({ description: 'All of every kind' }),
  })
  .refine(
    (body) => [body.ids, body.kind, body.all].filter((part) => part !== undefined).length === 1,
    'must have exactly one of ids, kind and all',
  )
  .meta({ id: 'FailureChoice' });
const changed = z.object({ changed: count });

/** What ended failed and is not tried again by itself, and what waits for a person. */
export const failureRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/failures',
    {
      schema: {
        tags,
        summary: 'Dead letters: what ended failed, the latest first, with the cause and what to do',
        operationId: 'listFailures',
        querystring: listQuery.extend({
          kind: z.enum(failureKinds).optional(),
          dismissed: z.enum(['true', 'false']).default('false').meta({ description: 'Those that were put aside' }),
        }),
        response: { 200: listOf(failureSchema), ...problems(401, 422) },
      },
    },
    async (request) => {
      const { dismissed, ...query } = request.query;
      const found = await listFailures(ctx.db, request.userId, { ...query, dismissed: dismissed === 'true' });
      const { items, nextCursor } = page(found, query.limit);
      return { items: items.map(presentFailure), nextCursor };
    },
  );

  server.get(
    '/failures/counts',
    {
      schema: {
        tags,
        summary: 'How much needs attention',
        operationId: 'countFailures',
        response: {
          200: z
            .object({
              failed: z.object({ pipeline: count, publication: count, webhook: count, mail: count }),
              waiting: count.meta({ description: 'What waits for a decision' }),
              total: count,
            })
            .meta({ id: 'FailureCounts' }),
          ...problems(401),
        },
      },
    },
    async (request) => {
      const failed = await countFailed(ctx.db, request.userId);
      const waiting = await countDecisions(ctx.db, request.userId);
      return { failed, waiting, total: Object.values(failed).reduce((sum, part) => sum + part, waiting) };
    },
  );

  server.get(
    '/failures/waiting',
    {
      schema: {
        tags,
        summary: 'What stands still until you decide: near-duplicates, approvals, budgets, conflicts; the oldest first',
        operationId: 'listDecisions',
        querystring: listQuery,
        response: { 200: listOf(decisionSchema), ...problems(401, 422) },
      },
    },
    async (request) => {
      const { items, nextCursor } = page(
        await listDecisions(ctx.db, request.userId, request.query),
        request.query.limit,
      );
      return { items: items.map(presentDecision), nextCursor };
    },
  );

  server.post(
    '/failures/redrive',
    {
      schema: {
        tags,
        summary: `Try dead letters again: some, or up to ${mostAtOnce} of a kind or of all that can be; each by itself`,
        operationId: 'redriveFailures',
        body: which,
        response: {
          200: z.object({
            items: z.array(redrivenSchema),
            redriven: count,
            more: z.boolean().meta({ description: 'There are others that were not tried yet' }),
          }),
          ...problems(401, 404, 422),
        },
      },
    },
    async (request) => {
      const { userId, body } = request;
      const mayPublish = () => assertScope(principalOf(request), 'publish');
      const items: Redriven[] = [];
      let more = false;
      if (body.ids) {
        const kinds = await own(ctx.db, userId, body.ids);
        for (const id of new Set(body.ids)) {
          const kind = kinds.get(id);
          items.push(
            kind
              ? await redrive(ctx, { id, kind, userId }, mayPublish)
              : { id, kind: null, outcome: 'refused', error: missing() },
          );
        }
      } else {
        const letters = await redrivable(body.kind);
        more = letters.length > mostAtOnce;
        for (const letter of letters.slice(0, mostAtOnce)) items.push(await redrive(ctx, letter, mayPublish));
      }
      return { items, redriven: items.filter(({ outcome }) => outcome === 'redriven').length, more };

      /** Of all that may be tried again: not what is impossible as it is. */
      async function redrivable(kind: (typeof failureKinds)[number] | undefined): Promise<Letter[]> {
        const from = failuresOf(userId, kind ? [kind] : failureKinds);
        const where = [standing(false), possible];
        return readFailures(ctx.db, from, { where, order: 'oldest', limit: mostAtOnce + 1 });
      }
    },
  );

  for (const [path, operationId, dismissed, summary] of [
    ['dismiss', 'dismissFailures', true, 'Put dead letters aside: they are no longer listed, and nothing else happens'],
    ['undismiss', 'undismissFailures', false, 'Take dead letters back that were put aside'],
  ] as const) {
    server.post(
      `/failures/${path}`,
      {
        schema: {
          tags,
          summary,
          operationId,
          body: which,
          response: { 200: changed, ...problems(401, 404, 422) },
        },
      },
      async (request) => {
        const { userId, body } = request;
        if (body.ids) await own(ctx.db, userId, body.ids);
        const chosen = body.ids ? { ids: body.ids } : { kinds: body.kind ? [body.kind] : failureKinds };
        return { changed: await ctx.db.transaction((tx) => setDismissed(tx, userId, chosen, dismissed)) };
      },
    );
  }
};

/** The kinds of what is the user's of `ids`. Throws `not_found` when nothing is. */
async function own(db: Parameters<typeof kindsOf>[0], userId: string, list: string[]) {
  const kinds = await kindsOf(db, userId, list);
  if (kinds.size === 0) throw new AppError('not_found', 'There is nothing of yours with these ids.');
  return kinds;
}

function missing() {
  const { code, message, hint } = new AppError('not_found', 'There is nothing of yours with this id.');
  return { code, message, hint };
}
