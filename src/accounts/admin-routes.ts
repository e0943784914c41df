import { and, desc, eq, lt } from 'drizzle-orm';
import { z } from 'zod';
import { principalOf } from '../http/access.ts';
import { onceByKey } from '../http/idempotency.ts';
import { listOf, listQuery, page } from '../http/list.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { oneLine } from '../storable.ts';
import { getUser } from './account.ts';
import {
  adminUserSchema,
  changeUser,
  invitationSchema,
  invite,
  listUsers,
  presentAdminUsers,
  presentInvitation,
  revokeInvitation,
} from './admin.ts';
import { actorOf, recordAudit } from './audit.ts';
import { nameSchema } from './auth-routes.ts';
import { emailSchema } from './email-address.ts';
import { mailMessage } from './mails.ts';
import { auditEventSchema, presentAuditEvent } from './me-routes.ts';
import { passwordSchema } from './passwords.ts';
import { presentUser, userSchema } from './present.ts';
import { createUser } from './registration.ts';
import { auditEvents, invitations } from './schema.ts';

const tags = ['admin'];
const config = { access: 'admin' as const };
const byId = z.object({ id: z.uuid() });
const highestLimitMicroUsd = 1_000_000_000_000;
const monthlyLimit = z
  .int('must be whole micro-dollars (1000000 are one dollar), or null for the default of the instance')
  .min(0, 'must not be negative; 0 means that nothing may be paid')
  .max(highestLimitMicroUsd, `must be at most ${highestLimitMicroUsd}, which is a million dollars`);
const limit = (most: number) => z.int().min(1).max(most).nullable().optional();

/** The admin's side: accounts, invitations, mails to users, the audit log. Nothing here makes an admin or acts as a user. */
export const adminRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/admin/users',
    {
      config,
      schema: {
        tags,
        summary: 'Accounts with limits and usage, newest first',
        operationId: 'listUsers',
        querystring: listQuery.extend({
          query: z.string().trim().max(200).optional().meta({ description: 'Part of the address or the name' }),
          disabled: z.enum(['true', 'false']).optional(),
        }),
        response: { 200: listOf(adminUserSchema), ...problems(401, 403, 422) },
      },
    },
    async (request) => {
      const { disabled, ...query } = request.query;
      const only = disabled === undefined ? {} : { disabled: disabled === 'true' };
      const rows = page(await listUsers(ctx.db, { ...query, ...only }), query.limit);
      return { items: await presentAdminUsers(ctx, rows.items), nextCursor: rows.nextCursor };
    },
  );

  server.patch(
    '/admin/users/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Disable, enable or limit an account; null takes the default of the instance back',
        operationId: 'updateUser',
        params: byId,
        body: z
          .strictObject({
            disabled: z.boolean().optional(),
            twoFactorEnabled: z
              .literal(false)
              .optional()
              .meta({ description: '`false`: turns off a second factor whose owner has lost phone and backup codes' }),
            requestsPerMinute: limit(100_000),
            concurrentPipelines: limit(99),
            queuedPipelines: limit(999_999).meta({ description: 'How many of their pipelines may wait for a place' }),
            articlesPerMonth: z.int().min(0).max(100_000).nullable().optional(),
            pipelineLimitMicroUsd: monthlyLimit.nullable().optional().meta({
              description:
                'What the instance pays for one article of this user at most, whatever its budget; null for no limit',
            }),
            monthlyLimitMicroUsd: monthlyLimit.nullable().optional().meta({
              description:
                'What the instance pays for a month of this user at most; 0 means nothing. One below what is spent already is taken: calls under way end, nothing new is paid until the month turns or the limit is raised',
            }),
          })
          .refine((change) => Object.keys(change).length > 0, 'must change something'),
        response: { 200: adminUserSchema, ...problems(401, 403, 404, 409, 422) },
      },
    },
    async (request) => {
      const user = await changeUser(ctx, request.params.id, request.body, actorOf(request));
      const [answer] = await presentAdminUsers(ctx, [user]);
      if (!answer) throw new Error('one user in, none out');
      return answer;
    },
  );

  server.post(
    '/admin/users/:id/message',
    {
      config,
      schema: {
        tags,
        summary: 'Write a mail to a user',
        operationId: 'messageUser',
        params: byId,
        body: z.strictObject({
          subject: z.string().overwrite(oneLine).min(1).max(200),
          text: z.string().trim().min(1).max(20_000),
        }),
        response: { 202: z.object({ to: z.string() }), ...problems(401, 403, 404, 409, 422) },
      },
    },
    async (request, reply) =>
      onceByKey(ctx, request, reply, 202, async (tx) => {
        const user = await getUser(tx, request.params.id);
        const to = { userId: user.id, email: user.email ?? '' };
        await mailMessage(ctx, tx, to, request.body.subject, request.body.text);
        await recordAudit(tx, actorOf(request), 'message-sent', user.id, { subject: request.body.subject });
        return { to: to.email };
      }),
  );

  server.get(
    '/admin/invitations',
    {
      config,
      schema: {
        tags,
        summary: 'Invitations, newest first',
        operationId: 'listInvitations',
        querystring: listQuery,
        response: { 200: listOf(invitationSchema), ...problems(401, 403, 422) },
      },
    },
    async (request) => {
      const rows = await ctx.db
        .select()
        .from(invitations)
        .where(request.query.cursor ? lt(invitations.id, request.query.cursor) : undefined)
        .orderBy(desc(invitations.id))
        .limit(request.query.limit + 1);
      const { items, nextCursor } = page(rows, request.query.limit);
      return { items: items.map((row) => presentInvitation(row, ctx.now())), nextCursor };
    },
  );

  server.post(
    '/admin/invitations',
    {
      config,
      schema: {
        tags,
        summary: 'Invite someone by mail',
        operationId: 'createInvitation',
        body: z.strictObject({ email: emailSchema }),
        response: { 201: invitationSchema, ...problems(401, 403, 409, 422) },
      },
    },
    async (request, reply) =>
      onceByKey(ctx, request, reply, 201, async (tx) => {
        const { userId } = principalOf(request);
        const name = userId ? (await getUser(tx, userId)).name : null;
        const row = await invite(ctx, tx, request.body.email, { id: userId, name }, actorOf(request));
        return presentInvitation(row, ctx.now());
      }),
  );

  server.delete(
    '/admin/invitations/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Take an invitation back',
        operationId: 'revokeInvitation',
        params: byId,
        response: { 204: z.null(), ...problems(401, 403, 404, 422) },
      },
    },
    async (request, reply) => {
      await ctx.db.transaction((tx) => revokeInvitation(tx, request.params.id, actorOf(request)));
      return reply.code(204).send(null);
    },
  );

  server.get(
    '/admin/audit-events',
    {
      config,
      schema: {
        tags,
        summary: 'Everything that touched access, newest first',
        operationId: 'listAuditEvents',
        querystring: listQuery.extend({ userId: z.uuid().optional(), action: z.string().max(60).optional() }),
        response: { 200: listOf(auditEventSchema), ...problems(401, 403, 422) },
      },
    },
    async (request) => {
      const { limit: most, cursor, userId, action } = request.query;
      const rows = await ctx.db
        .select()
        .from(auditEvents)
        .where(
          and(
            userId ? eq(auditEvents.userId, userId) : undefined,
            action ? eq(auditEvents.action, action) : undefined,
            cursor ? lt(auditEvents.id, cursor) : undefined,
          ),
        )
        .orderBy(desc(auditEvents.id))
        .limit(most + 1);
      const { items, nextCursor } = page(rows, most);
      return { items: items.map(presentAuditEvent), nextCursor };
    },
  );

  // For the command line alone, which has a token that lies in the data directory and is taken from this machine only.
  server.post(
    '/operator/users',
    {
      config: { access: 'operator' },
      schema: {
        hide: true,
        body: z.strictObject({
          email: emailSchema,
          password: passwordSchema,
          name: nameSchema,
          admin: z.boolean(),
        }),
        response: { 201: userSchema },
      },
    },
    async (request, reply) => reply.code(201).send(presentUser(await createUser(ctx, request.body, actorOf(request)))),
  );
};
