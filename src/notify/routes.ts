import { z } from 'zod';
import { listOf, listQuery, page } from '../http/list.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { resendEmail } from './emails.ts';
import { emailSchema, presentEmail } from './present.ts';
import { listEmails } from './queries.ts';
import { emailStatuses } from './schema.ts';

const tags = ['admin'];

/** The outbox, for admins: look at it, and send again what did not arrive. */
export const emailRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/admin/emails',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        summary: 'Mails, newest first; with their texts while no mail is configured',
        operationId: 'listEmails',
        querystring: listQuery.extend({ status: z.enum(emailStatuses).optional() }),
        response: { 200: listOf(emailSchema), ...problems(401, 403, 422) },
      },
    },
    async (request) => {
      const rows = page(await listEmails(ctx.db, request.query), request.query.limit);
      return { items: rows.items.map((row) => presentEmail(ctx, row)), nextCursor: rows.nextCursor };
    },
  );

  server.post(
    '/admin/emails/:id/resend',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        summary: 'Send now what waits, failed or bounced',
        operationId: 'resendEmail',
        params: z.object({ id: z.uuid() }),
        response: { 202: emailSchema, ...problems(401, 403, 404, 409, 422) },
      },
    },
    async (request, reply) => reply.code(202).send(presentEmail(ctx, await resendEmail(ctx, request.params.id))),
  );
};
