import { and, desc, eq, gt, lt, sql } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { principalOf, vias } from '../http/access.ts';
import { listOf, listQuery, page } from '../http/list.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { optionalEmailKinds } from '../notify/schema.ts';
import { assertPerson, changeAccount, deleteAccount, getUser } from './account.ts';
import { actorOf, recordAudit } from './audit.ts';
import { nameSchema, signedInSchema } from './auth-routes.ts';
import { emailSchema } from './email-address.ts';
import { passwordSchema } from './passwords.ts';
import { localeSchema, presentUser, timeZoneSchema, userSchema } from './present.ts';
import { auditEvents, sessions } from './schema.ts';
import { forgetCookies } from './sign-in.ts';
import { confirmTwoFactor, disableTwoFactor, prepareTwoFactor, renewBackupCodes } from './two-factor.ts';

const tags = ['account'];
const person = { access: 'person' as const };
const byId = z.object({ id: z.uuid() });
const anyPassword = z.string().min(1).max(20_000);

const defaultModelSchema = z
  .string('must be provider:model, offline or null')
  .max(200, 'must have at most 200 characters')
  .regex(/^(offline|[a-z-]+:\S+)$/, 'must be provider:model or offline');

/** A million dollars: more is a slip. */
const mostMicroUsd = 1_000_000_000_000;
const limitRule = 'must be a whole number of micro-dollars from 0 to 1000000000000, or null for no limit';
const ownLimitSchema = z.int(limitRule).min(0, limitRule).max(mostMicroUsd, limitRule);

const sessionSchema = z
  .object({
    id: z.string(),
    current: z.boolean().meta({ description: 'The one of this request' }),
    address: z.string().nullable(),
    userAgent: z.string().nullable(),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'Session' });

export const auditEventSchema = z
  .object({
    id: z.string(),
    action: z.string(),
    userId: z.string().nullable(),
    actorId: z.string().nullable().meta({ description: 'Who did it; null for someone who was not signed in' }),
    via: z.enum(vias),
    address: z.string().nullable(),
    userAgent: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'AuditEvent' });

export const presentAuditEvent = (event: typeof auditEvents.$inferSelect): z.infer<typeof auditEventSchema> => ({
  id: event.id,
  action: event.action,
  userId: event.userId,
  actorId: event.actorId,
  via: event.via,
  address: event.address,
  userAgent: event.userAgent,
  details: event.details,
  createdAt: event.createdAt.toISOString(),
});

/** One's own account: profile, password, address, second factor, sessions, what was done to it. */
export const meRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/me',
    {
      schema: {
        tags,
        summary: 'The account',
        operationId: 'getMe',
        response: { 200: userSchema, ...problems(401, 403) },
      },
    },
    async (request) => presentUser(await getUser(ctx.db, request.userId)),
  );

  server.patch(
    '/me',
    {
      config: person,
      schema: {
        tags,
        summary: 'Change the account; a new password or address takes the present password',
        operationId: 'updateMe',
        body: z
          .strictObject({
            name: nameSchema.optional(),
            timeZone: timeZoneSchema.optional(),
            locale: localeSchema
              .nullable()
              .optional()
              .meta({ description: 'The language of the web app; null for that of the browser' }),
            model: defaultModelSchema
              .nullable()
              .optional()
              .meta({ description: "Of articles whose brief names none; null for the instance's" }),
            voice: z
              .string()
              .trim()
              .min(1)
              .max(1000)
              .nullable()
              .optional()
              .meta({ description: 'Of articles whose brief and site say nothing about it; null for no wish' }),
            mutedMails: z
              .array(z.enum(optionalEmailKinds))
              .max(optionalEmailKinds.length)
              .overwrite((kinds) => [...new Set(kinds)])
              .optional()
              .meta({ description: 'Mails that are not wanted: all of them, not only what changes' }),
            ownMonthlyLimitMicroUsd: ownLimitSchema
              .nullable()
              .optional()
              .meta({ description: 'What calls with own keys may cost a month; null for no limit' }),
            email: emailSchema.optional().meta({ description: 'Counts once it is confirmed by mail' }),
            password: passwordSchema.optional().meta({ description: 'The new one; every other session ends' }),
            currentPassword: anyPassword.optional(),
          })
          .refine((change) => Object.keys(change).some((key) => key !== 'currentPassword'), 'must change something'),
        response: { 200: userSchema, ...problems(401, 403, 422, 429) },
      },
    },
    async (request) =>
      presentUser(await changeAccount(ctx, principalOf(request), request.userId, request.body, actorOf(request))),
  );

  server.delete(
    '/me',
    {
      config: person,
      schema: {
        tags,
        summary: 'Delete the account with everything in it; takes the password unless you logged in a moment ago',
        operationId: 'deleteMe',
        body: z.strictObject({ password: anyPassword.optional() }).nullish(),
        response: { 204: z.null(), ...problems(401, 403, 409, 422, 429) },
      },
    },
    async (request, reply) => {
      await assertPerson(ctx, principalOf(request), request.userId, request.body?.password);
      await deleteAccount(ctx, request.userId, actorOf(request));
      return reply.header('set-cookie', forgetCookies(ctx.config.http.appUrl)).code(204).send(null);
    },
  );

  server.post(
    '/me/two-factor',
    {
      config: person,
      schema: {
        tags,
        summary: 'Prepare two-factor log-in: the secret for an authenticator app and backup codes, shown once',
        operationId: 'prepareTwoFactor',
        body: z.strictObject({ password: anyPassword }),
        response: {
          200: z.object({ totpUri: z.string(), secret: z.string(), backupCodes: z.array(z.string()) }),
          ...problems(401, 403, 409, 422, 429),
        },
      },
    },
    async (request) => prepareTwoFactor(ctx, principalOf(request), request.body.password, actorOf(request)),
  );

  server.post(
    '/me/two-factor/confirm',
    {
      config: person,
      schema: {
        tags,
        summary: 'Turn two-factor log-in on with a first code; the session is a new one afterwards',
        operationId: 'confirmTwoFactor',
        body: z.strictObject({ code: z.string().trim().min(1).max(40) }),
        response: { 200: signedInSchema, ...problems(401, 403, 409, 422, 429) },
      },
    },
    async (request, reply) => {
      const done = await confirmTwoFactor(ctx, principalOf(request), request.body.code, actorOf(request));
      const user = presentUser(await getUser(ctx.db, request.userId));
      return reply.header('set-cookie', done.cookies).send({ ...done.tokens, user });
    },
  );

  server.delete(
    '/me/two-factor',
    {
      config: person,
      schema: {
        tags,
        summary: 'Turn two-factor log-in off; the session is a new one afterwards',
        operationId: 'disableTwoFactor',
        body: z.strictObject({ password: anyPassword }),
        response: { 200: signedInSchema, ...problems(401, 403, 409, 422, 429) },
      },
    },
    async (request, reply) => {
      const done = await disableTwoFactor(ctx, principalOf(request), request.body.password, actorOf(request));
      const user = presentUser(await getUser(ctx.db, request.userId));
      return reply.header('set-cookie', done.cookies).send({ ...done.tokens, user });
    },
  );

  server.post(
    '/me/two-factor/backup-codes',
    {
      config: person,
      schema: {
        tags,
        summary: 'New backup codes; the old ones are worth nothing afterwards',
        operationId: 'renewBackupCodes',
        body: z.strictObject({ password: anyPassword }),
        response: { 200: z.object({ backupCodes: z.array(z.string()) }), ...problems(401, 403, 409, 422, 429) },
      },
    },
    async (request) => renewBackupCodes(ctx, principalOf(request), request.body.password, actorOf(request)),
  );

  server.get(
    '/me/sessions',
    {
      config: person,
      schema: {
        tags,
        summary: 'Where the account is signed in, newest first',
        operationId: 'listSessions',
        querystring: listQuery,
        response: { 200: listOf(sessionSchema), ...problems(401, 403, 422) },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const rows = await ctx.db
        .select()
        .from(sessions)
        .where(
          and(
            eq(sessions.userId, request.userId),
            gt(sessions.expiresAt, sql`now()`),
            cursor ? lt(sessions.id, cursor) : undefined,
          ),
        )
        .orderBy(desc(sessions.id))
        .limit(limit + 1);
      const { items, nextCursor } = page(rows, limit);
      const current = principalOf(request).sessionId;
      return {
        items: items.map((session) => ({
          id: session.id,
          current: session.id === current,
          address: session.ipAddress || null,
          userAgent: session.userAgent || null,
          createdAt: session.createdAt.toISOString(),
          lastUsedAt: session.updatedAt.toISOString(),
          expiresAt: session.expiresAt.toISOString(),
        })),
        nextCursor,
      };
    },
  );

  server.delete(
    '/me/sessions/:id',
    {
      config: person,
      schema: {
        tags,
        summary: 'Sign out one device; its tokens end with it',
        operationId: 'revokeSession',
        params: byId,
        response: { 204: z.null(), ...problems(401, 403, 404, 422) },
      },
    },
    async (request, reply) => {
      await ctx.db.transaction(async (tx) => {
        const mine = and(eq(sessions.id, request.params.id), eq(sessions.userId, request.userId));
        const ended = await tx.delete(sessions).where(mine).returning({ id: sessions.id });
        if (ended.length === 0) throw new AppError('not_found', 'There is no such session.');
        await recordAudit(tx, actorOf(request), 'session-revoked', request.userId, { sessionId: request.params.id });
      });
      return reply.code(204).send(null);
    },
  );

  server.get(
    '/me/audit-events',
    {
      config: person,
      schema: {
        tags,
        summary: 'Everything that touched access to the account, newest first',
        operationId: 'listMyAuditEvents',
        querystring: listQuery,
        response: { 200: listOf(auditEventSchema), ...problems(401, 403, 422) },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const rows = await ctx.db
        .select()
        .from(auditEvents)
        .where(and(eq(auditEvents.userId, request.userId), cursor ? lt(auditEvents.id, cursor) : undefined))
        .orderBy(desc(auditEvents.id))
        .limit(limit + 1);
      const { items, nextCursor } = page(rows, limit);
      return { items: items.map(presentAuditEvent), nextCursor };
    },
  );
};
