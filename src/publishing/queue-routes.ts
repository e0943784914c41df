import { z } from 'zod';
import type { AppContext } from '../context.ts';
import { listOf, listQuery, page } from '../http/list.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { getSite } from '../sites/queries.ts';
import type { Site } from '../sites/schema.ts';
import { publicationSchema } from './present.ts';
import { cancelQueue, countQueue, listQueue, pauseQueue, resumeQueue, retryFailed } from './queue.ts';
import { showPublications } from './surroundings.ts';

const byId = z.object({ id: z.uuid() });
const tags = ['publications'];
const time = z.iso.datetime();
const count = z.int().nonnegative();

/** How the queue of a site stands. */
export const queueStateSchema = z
  .object({
    siteId: z.uuid(),
    name: z.string(),
    timeZone: z.string().meta({ description: 'IANA name or offset: times without a zone are meant in it' }),
    pausedAt: time.nullable(),
    pausedBy: z.enum(['user', 'site']).nullable().meta({
      description: '`site`: by blog-poster, until the site takes posts again',
    }),
    quietUntil: time.nullable().meta({ description: 'The site has asked for peace until then (Retry-After)' }),
    failingSince: time.nullable().meta({ description: 'Since when the site does not take posts' }),
    message: z.string().nullable().meta({ description: 'Why nothing is sent, or what to know about it' }),
    counts: z.object({ publishing: count, queued: count, scheduled: count, failed: count, conflict: count }),
  })
  .meta({ id: 'QueueState' });
/** The same with what stands in it, in its order. */
export const queueSchema = queueStateSchema.extend(listOf(publicationSchema).shape).meta({ id: 'Queue' });
const changedSchema = z.object({ changed: count });

/** The queue of a site: look at it, pause and resume it, give up all that waits, try all again that failed. */
export const queueRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/sites/:id/queue',
    {
      schema: {
        tags,
        summary: 'What is being sent to a site, what waits in which order, and what is to go at its time',
        operationId: 'getQueue',
        params: byId,
        querystring: listQuery,
        response: { 200: queueSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => {
      const site = await getSite(ctx.db, request.userId, request.params.id);
      const rows = page(await listQueue(ctx.db, site.id, request.query), request.query.limit);
      const items = await showPublications(ctx, ctx.db, rows.items);
      return { ...(await stateOf(ctx, site)), items, nextCursor: rows.nextCursor };
    },
  );

  server.post(
    '/sites/:id/pause',
    {
      schema: {
        tags,
        summary: 'Send nothing more to the site; what is under way is finished',
        operationId: 'pauseQueue',
        params: byId,
        response: { 200: queueStateSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => stateOf(ctx, await pauseQueue(ctx, request.userId, request.params.id)),
  );

  server.post(
    '/sites/:id/resume',
    {
      config: { scope: 'publish' },
      schema: {
        tags,
        summary: 'Go on sending at once, whoever has paused it',
        operationId: 'resumeQueue',
        params: byId,
        response: { 200: queueStateSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => stateOf(ctx, await resumeQueue(ctx, request.userId, request.params.id)),
  );

  server.post(
    '/sites/:id/queue/cancel',
    {
      schema: {
        tags,
        summary: 'Give up everything that waits for the site, also for its time; what is being sent is finished',
        operationId: 'cancelQueue',
        params: byId,
        response: { 200: changedSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => ({ changed: await cancelQueue(ctx, request.userId, request.params.id) }),
  );

  server.post(
    '/sites/:id/queue/retry',
    {
      config: { scope: 'publish' },
      schema: {
        tags,
        summary: 'Put everything that has failed at the site back into its queue, in its old place',
        operationId: 'retryQueue',
        params: byId,
        response: { 200: changedSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => ({ changed: await retryFailed(ctx, request.userId, request.params.id) }),
  );
};

async function stateOf(ctx: Pick<AppContext, 'db' | 'now'>, site: Site): Promise<z.infer<typeof queueStateSchema>> {
  const quiet = site.quietUntil !== null && site.quietUntil > ctx.now() ? site.quietUntil : null;
  const { publishing = 0, queued = 0, scheduled = 0, failed = 0, conflict = 0 } = await countQueue(ctx.db, site.id);
  return {
    siteId: site.id,
    name: site.name,
    timeZone: site.timezone,
    pausedAt: site.pausedAt?.toISOString() ?? null,
    pausedBy: site.pausedBy,
    quietUntil: quiet?.toISOString() ?? null,
    failingSince: site.failingSince?.toISOString() ?? null,
    message: wordsFor(site, quiet),
    counts: { publishing, queued, scheduled, failed, conflict },
  };
}

function wordsFor(site: Site, quiet: Date | null): string | null {
  if (site.pausedBy === 'user') return 'You have paused it: nothing is sent until it is resumed.';
  if (site.pausedBy === 'site') {
    return 'The site does not take posts. It is checked again and again, and goes on by itself once it does.';
  }
  if (site.failingSince) return 'The site did not take posts when it was last checked; what is sent may fail.';
  return quiet ? 'The site has asked for fewer requests; it is left in peace until then.' : null;
}
