import { z } from 'zod';
import { onceByKey } from '../http/idempotency.ts';
import { listOf, listQuery, page } from '../http/list.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { oneLine } from '../storable.ts';
import { readChoices } from '../wordpress/choices.ts';
import { connectToSite } from './connect.ts';
import { presentSite, siteCheckSchema, siteChoicesSchema, siteSchema } from './present.ts';
import { getSite, listSites } from './queries.ts';
import { siteSettingsChange } from './settings.ts';
import { checkStoredSite, connectOrRenew, deleteSite, updateSite } from './sites.ts';

const byId = z.object({ id: z.uuid() });
const tags = ['sites'];
/** A person waits for it. */
const choicesTimeoutMs = 10_000;

const siteRequest = z
  .strictObject({
    name: z.string().overwrite(oneLine).min(1).max(100),
    url: z.string().trim().min(1).max(2000).meta({ description: 'http or https address of the WordPress site' }),
    username: z.string().overwrite(oneLine).min(1).max(200),
    applicationPassword: z
      .string()
      .trim()
      .min(1)
      .max(500)
      .meta({ description: 'An Application Password, with or without its spaces; never returned' }),
  })
  .meta({ id: 'SiteRequest' });
const connectedSite = siteSchema
  .extend({ renewed: z.boolean().meta({ description: 'The site was connected before; its password was replaced' }) })
  .meta({ id: 'ConnectedSite' });
const siteChange = siteRequest
  .partial()
  .extend({ settings: siteSettingsChange.optional() })
  .refine((change) => Object.keys(change).length > 0, 'must change something')
  .meta({ id: 'SiteChange' });
const siteCheckRequest = z
  .strictObject({
    tryUpload: z
      .boolean()
      .optional()
      .meta({ description: 'Upload an image of one pixel as well, and delete it again for good' }),
  })
  .meta({ id: 'SiteCheckRequest' });

/** Sites: list, add, read, change, forget, check. */
export const siteRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/sites',
    {
      schema: {
        tags,
        summary: 'WordPress sites, newest first',
        operationId: 'listSites',
        querystring: listQuery,
        response: { 200: listOf(siteSchema), ...problems(401, 422) },
      },
    },
    async (request) => {
      const rows = page(await listSites(ctx.db, request.userId, request.query), request.query.limit);
      return { items: rows.items.map(presentSite), nextCursor: rows.nextCursor };
    },
  );

  server.post(
    '/sites',
    {
      schema: {
        tags,
        summary: 'Add a WordPress site and check it; one that does not answer is stored with what was found',
        description:
          'With the address and user of a site that is there already, its password is renewed (200, `renewed`): its id, name and settings stay. The same address with another user is a site of its own.',
        operationId: 'createSite',
        body: siteRequest,
        response: { 200: connectedSite, 201: connectedSite, ...problems(401, 409, 413, 422) },
      },
    },
    async (request, reply) => {
      const { id, renewed } = await onceByKey(ctx, request, reply, 201, async (tx) => {
        const { site, renewed } = await connectOrRenew(ctx, tx, request.userId, request.body);
        return { id: site.id, renewed };
      });
      // The check reaches into the network, so it runs after the commit; a repeated request finds it done.
      const site = await getSite(ctx.db, request.userId, id);
      if (renewed || site.lastCheck === null) await checkStoredSite(ctx, site);
      reply.code(renewed ? 200 : 201);
      return { ...presentSite(await getSite(ctx.db, request.userId, id)), renewed };
    },
  );

  server.get(
    '/sites/:id',
    {
      schema: {
        tags,
        summary: 'A site with its last check',
        operationId: 'getSite',
        params: byId,
        response: { 200: siteSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => presentSite(await getSite(ctx.db, request.userId, request.params.id)),
  );

  server.patch(
    '/sites/:id',
    {
      schema: {
        tags,
        summary: 'Change a site; what bears on the connection is checked at once',
        operationId: 'updateSite',
        params: byId,
        body: siteChange,
        response: { 200: siteSchema, ...problems(401, 404, 409, 413, 422) },
      },
    },
    async (request) => {
      const site = await updateSite(ctx, request.userId, request.params.id, request.body);
      const { url, username, applicationPassword } = request.body;
      if ([url, username, applicationPassword].some((part) => part !== undefined)) await checkStoredSite(ctx, site);
      return presentSite(await getSite(ctx.db, request.userId, site.id));
    },
  );

  server.delete(
    '/sites/:id',
    {
      schema: {
        tags,
        summary: 'Forget a site and its password; its posts stay',
        operationId: 'deleteSite',
        params: byId,
        response: { 204: z.null(), ...problems(401, 404, 409, 422) },
      },
    },
    async (request, reply) => {
      await deleteSite(ctx, request.userId, request.params.id);
      return reply.code(204).send(null);
    },
  );

  server.get(
    '/sites/:id/choices',
    {
      schema: {
        tags,
        summary: 'What a post can be given on the site, read from it now; what the user may not list there is empty',
        operationId: 'siteChoices',
        params: byId,
        querystring: z.strictObject({ search: z.string().overwrite(oneLine).max(100).optional() }),
        response: { 200: siteChoicesSchema, ...problems(401, 404, 422, 502) },
      },
    },
    async (request) => {
      const site = await getSite(ctx.db, request.userId, request.params.id);
      return readChoices(connectToSite(ctx, site, { timeoutMs: choicesTimeoutMs }), request.query.search || undefined);
    },
  );

  server.post(
    '/sites/:id/check',
    {
      schema: {
        tags,
        summary: 'Does the site answer, are the credentials right, and what may the user do there',
        operationId: 'checkSite',
        params: byId,
        body: siteCheckRequest.nullish(),
        response: { 200: siteCheckSchema, ...problems(401, 404, 413, 422) },
      },
    },
    async (request) =>
      checkStoredSite(ctx, await getSite(ctx.db, request.userId, request.params.id), {
        tryUpload: request.body?.tryUpload ?? false,
      }),
  );
};
