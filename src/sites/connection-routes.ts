import { z } from 'zod';
import { findPrincipal } from '../accounts/authenticate.ts';
import { AppError } from '../errors.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { beginConnection, type ConnectProblem, finishConnection } from './connections.ts';

const tags = ['sites'];
/** Whatever the browser brings is answered by a page: a mistake in the query is like nothing. */
const part = z.string().max(2000).optional().catch(undefined);

const connectRequest = z
  .strictObject({
    url: z.string().trim().min(1).max(2000).meta({ description: 'http or https address of the WordPress site' }),
    siteId: z.uuid().optional().meta({
      description:
        'The site whose password is renewed; without it a new one, unless the address is connected as the user who approves there',
    }),
  })
  .meta({ id: 'SiteConnectRequest' });

const begunConnection = z
  .object({
    id: z.uuid(),
    authorizeUrl: z.string().meta({ description: 'The page of the site to open in the browser of the user' }),
    returns: z.enum(['callback', 'by-hand']).meta({
      description: '`by-hand`: WordPress shows the password there, and it is entered here (POST /sites)',
    }),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'SiteConnection' });

/** Connecting a site by one click. */
export const siteConnectionRoutes: RegisterRoutes = (server, ctx) => {
  server.post(
    '/sites/connect',
    {
      schema: {
        tags,
        summary: 'Begin to connect a site by one click: where its user hands out an Application Password',
        operationId: 'connectSite',
        body: connectRequest,
        response: { 200: begunConnection, ...problems(401, 404, 413, 422, 502) },
      },
    },
    async (request) => {
      const begun = await beginConnection(ctx, request.userId, request.body);
      return { ...begun, expiresAt: begun.expiresAt.toISOString() };
    },
  );

  server.get(
    '/sites/connect/callback',
    {
      // A person in a browser, who may be signed out by now: that is said by a page as well.
      config: { access: 'public' },
      exposeHeadRoute: false,
      schema: {
        tags,
        summary: 'Where a site sends the browser back to, with the password; leads on to the web app',
        operationId: 'finishSiteConnection',
        querystring: z.object({ state: part, success: part, site_url: part, user_login: part, password: part }),
        response: { 303: z.null(), ...problems(422) },
      },
    },
    async (request, reply) => {
      const lead = (to: { connected: string; renewed?: 'yes' } | { connectProblem: ConnectProblem }) =>
        reply
          .header('referrer-policy', 'no-referrer')
          .header('cache-control', 'no-store')
          .code(303)
          .header('location', `/sites?${new URLSearchParams({ ...to })}`)
          .send(null);
      const principal = await findPrincipal(ctx, request);
      if (principal?.via !== 'session' || principal.userId === null) return lead({ connectProblem: 'signed_out' });
      try {
        const result = await finishConnection(ctx, principal.userId, request.query);
        if ('problem' in result) return lead({ connectProblem: result.problem });
        return lead({ connected: result.connected, ...(result.renewed ? { renewed: 'yes' as const } : {}) });
      } catch (error) {
        if (!(error instanceof AppError)) request.log.error({ err: error }, 'a connection could not be finished');
        return lead({ connectProblem: 'failed' });
      }
    },
  );
};
