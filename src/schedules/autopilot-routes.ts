import { z } from 'zod';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { assertMayPublish } from '../pipeline/may-publish.ts';
import { getSite } from '../sites/queries.ts';
import { describeAutopilot } from './autopilot.ts';
import { autopilotRequest, autopilotSchema } from './autopilot-present.ts';
import { setAutopilot } from './set-autopilot.ts';

const byId = z.object({ id: z.uuid() });
const tags = ['schedules'];

/** The autopilot of a site: everything about it at once, and all of it set up, changed, paused or resumed. */
export const autopilotRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/sites/:id/autopilot',
    {
      schema: {
        tags,
        summary: 'What is published on the site by itself: times, topics, style, budget, approvals, what is held',
        operationId: 'getAutopilot',
        params: byId,
        response: { 200: autopilotSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => describeAutopilot(ctx, await getSite(ctx.db, request.userId, request.params.id)),
  );

  server.put(
    '/sites/:id/autopilot',
    {
      schema: {
        tags,
        summary: 'Set it up, change it, pause or resume all of it; what is left out stays, or is as usual',
        description:
          'Where no schedule publishes on the site, one is made: three a week at 09:00 on the clocks of the site, public once a person has approved.',
        operationId: 'setAutopilot',
        params: byId,
        body: autopilotRequest,
        response: { 200: autopilotSchema, ...problems(401, 403, 404, 409, 413, 422) },
      },
    },
    async (request) => {
      assertMayPublish(request, { publish: request.body.publish ?? 'publish' });
      return ctx.db.transaction(async (tx) => {
        const site = await getSite(tx, request.userId, request.params.id);
        await setAutopilot(ctx, tx, site, request.body);
        return describeAutopilot({ ...ctx, db: tx }, site);
      });
    },
  );
};
