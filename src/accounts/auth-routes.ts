import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { signUpModes } from '../config.ts';
import { AppError } from '../errors.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { release } from '../monitoring/errors/release.ts';
import { oneLine } from '../storable.ts';
import { getUser } from './account.ts';
import { limitAttempts } from './attempts.ts';
import { actorOf } from './audit.ts';
import { findPrincipal } from './authenticate.ts';
import { emailSchema } from './email-address.ts';
import { canTakeOver } from './operator.ts';
import { passwordSchema } from './passwords.ts';
import { localeSchema, presentUser, timeZoneSchema, userSchema } from './present.ts';
import { forgotPassword, resendVerification, resetPassword } from './recovery.ts';
import { register, verifyEmail } from './registration.ts';
import { forgetCookies, issueTokens, logIn, logOut, refresh, renewSession } from './sign-in.ts';

const tags = ['auth'];
const config = { access: 'public' as const };
const token = z.string().min(1).max(200);
export const nameSchema = z.string().overwrite(oneLine).min(1).max(100);

const tokensSchema = z.object({
  accessToken: z.string().meta({ description: 'JWT for Authorization: Bearer; 15 minutes' }),
  expiresInSeconds: z.int(),
  refreshToken: z.string().meta({ description: 'Gets the next tokens, once' }),
});
export const signedInSchema = tokensSchema.extend({ user: userSchema }).meta({ id: 'SignedIn' });

/** What a page needs to know before anyone is signed in. */
const instanceSchema = z.object({
  signUps: z.enum(signUpModes),
  mail: z.boolean().meta({ description: 'Whether mails are sent; without, addresses are not confirmed' }),
  firstAccount: z.boolean().meta({ description: 'True when the next account made here takes over and is admin' }),
  links: z
    .object({ terms: z.url().nullable(), privacy: z.url().nullable(), source: z.url().nullable() })
    .meta({ description: 'What the operator names: terms, privacy notice, source of the program' }),
  errorReports: z
    .object({ dsn: z.string(), release: z.string(), sampleRate: z.number() })
    .nullable()
    .meta({ description: 'Where the web app tells of its errors; null for nowhere' }),
});

/** A password at log-in may be any: what is too short or too long is wrong, not invalid. */
const anyPassword = z.string().min(1).max(20_000);

/** Sign-up, log-in and what belongs to them; open to everyone, counted per address and per account. */
export const authRoutes: RegisterRoutes = (server, ctx) => {
  server.post(
    '/auth/register',
    {
      config,
      schema: {
        tags,
        summary: 'Register; the answer for a taken address is the same, its owner is told by mail',
        operationId: 'register',
        body: z.strictObject({
          email: emailSchema,
          password: passwordSchema,
          name: nameSchema.optional(),
          timeZone: timeZoneSchema.optional(),
          locale: localeSchema
            .optional()
            .meta({ description: 'The language of the web app; without it that of the browser' }),
          invitation: token.optional().meta({ description: 'The token of an invitation' }),
        }),
        response: { 201: z.object({ user: userSchema }), ...problems(403, 422, 429) },
      },
    },
    async (request, reply) => {
      const { name, ...body } = request.body;
      await limitAttempts(ctx, request, reply, body.email);
      const registration = { ...body, name: name ?? body.email.split('@')[0] ?? body.email };
      const user = await register(ctx, registration, actorOf(request), await canTakeOver(ctx, request));
      return reply.code(201).send({ user });
    },
  );

  server.post(
    '/auth/login',
    {
      config,
      schema: {
        tags,
        summary: 'Log in: tokens, and a session cookie for browsers',
        operationId: 'login',
        body: z.strictObject({
          email: z.string().trim().toLowerCase().min(1).max(320),
          password: anyPassword,
          code: z
            .string()
            .trim()
            .min(1)
            .max(40)
            .optional()
            .meta({ description: 'Of the authenticator app, or a backup code; asked for with two_factor_required' }),
        }),
        response: { 200: signedInSchema, ...problems(401, 403, 422, 429) },
      },
    },
    async (request, reply) => {
      await limitAttempts(ctx, request, reply, request.body.email);
      const actor = actorOf(request);
      const earlier = await findPrincipal(ctx, request);
      const { user, tokens, cookies } = await logIn(ctx, request.body, actor);
      // A browser has one session: the one that this log-in takes the place of ends.
      if (earlier?.via === 'session' && earlier.sessionId && earlier.userId) {
        await logOut(ctx, earlier.sessionId, earlier.userId, { ...actor, id: earlier.userId });
      }
      return reply.header('set-cookie', cookies).send({ ...tokens, user });
    },
  );

  server.post(
    '/auth/token',
    {
      config,
      schema: {
        tags,
        summary: 'New tokens for a refresh token, which works once, or for the session cookie',
        operationId: 'refreshToken',
        body: z.strictObject({ refreshToken: token.optional() }).nullish(),
        response: { 200: tokensSchema, ...problems(401, 403, 422, 429) },
      },
    },
    async (request, reply) => {
      await limitAttempts(ctx, request, reply, null);
      const given = request.body?.refreshToken;
      if (given !== undefined) return refresh(ctx, given, actorOf(request));
      const principal = await findPrincipal(ctx, request);
      if (principal?.via !== 'session' || !principal.userId || !principal.sessionId) {
        throw new AppError('unauthenticated', 'Neither a session cookie nor a refresh token came with the request.');
      }
      return issueTokens(ctx, principal.userId, principal.sessionId);
    },
  );

  server.get(
    '/auth/session',
    {
      config,
      schema: {
        tags,
        summary: 'Who is signed in (null when nobody is), and how one can be',
        operationId: 'getSession',
        response: { 200: z.object({ user: userSchema.nullable(), instance: instanceSchema }), ...problems(429) },
      },
    },
    async (request, reply) => {
      const principal = await findPrincipal(ctx, request);
      if (principal?.via === 'session' && request.headers.cookie) {
        const cookies = await renewSession(ctx, request.headers.cookie, actorOf(request));
        if (cookies.length > 0) reply.header('set-cookie', cookies);
      }
      reply.header('cache-control', 'no-store');
      return {
        user: principal?.userId ? presentUser(await getUser(ctx.db, principal.userId)) : null,
        instance: {
          signUps: ctx.config.accounts.signUps,
          mail: ctx.config.mail.kind !== 'none',
          firstAccount: await canTakeOver(ctx, request),
          links: ctx.config.links,
          errorReports: ctx.config.monitoring.sentry && { ...ctx.config.monitoring.sentry, release },
        },
      };
    },
  );

  server.get(
    '/auth/jwks',
    {
      config,
      schema: {
        tags,
        summary: 'The public keys of access tokens (RFC 7517)',
        operationId: 'getJwks',
        response: { 200: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }) },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'public, max-age=300');
      return { keys: (await ctx.accessTokens.publicKeys()).keys.map((key) => ({ ...key })) };
    },
  );

  server.post(
    '/auth/logout',
    {
      config,
      schema: {
        tags,
        summary: 'End the session, with the tokens that belong to it',
        operationId: 'logout',
        response: { 204: z.null(), ...problems(403) },
      },
    },
    async (request, reply) => {
      const principal = await findPrincipal(ctx, request);
      if (principal?.sessionId && principal.userId) {
        await logOut(ctx, principal.sessionId, principal.userId, { ...actorOf(request), id: principal.userId });
      }
      return reply.header('set-cookie', forgetCookies(ctx.config.http.appUrl)).code(204).send(null);
    },
  );

  server.post(
    '/auth/verify-email',
    {
      config,
      schema: {
        tags,
        summary: 'Confirm an address with the token that was mailed to it',
        operationId: 'verifyEmail',
        body: z.strictObject({ token }),
        response: { 204: z.null(), ...problems(401, 403, 422, 429) },
      },
    },
    async (request, reply) => {
      await limitAttempts(ctx, request, reply, null);
      await verifyEmail(ctx, request.body.token, actorOf(request));
      return reply.code(204).send(null);
    },
  );

  server.post(
    '/auth/resend-verification',
    {
      config,
      schema: {
        tags,
        summary: 'Mail another link to confirm an address; the answer never tells whether there is such an account',
        operationId: 'resendVerification',
        body: z.strictObject({ email: emailSchema }),
        response: { 202: z.null(), ...problems(403, 422, 429) },
      },
    },
    async (request, reply) => {
      await limitAttempts(ctx, request, reply, request.body.email);
      await inEqualTime(resendVerification(ctx, request.body.email, actorOf(request)));
      return reply.code(202).send(null);
    },
  );

  server.post(
    '/auth/forgot-password',
    {
      config,
      schema: {
        tags,
        summary: 'Mail a link to choose a new password; the answer never tells whether there is such an account',
        operationId: 'forgotPassword',
        body: z.strictObject({ email: emailSchema }),
        response: { 202: z.null(), ...problems(403, 422, 429) },
      },
    },
    async (request, reply) => {
      await limitAttempts(ctx, request, reply, request.body.email);
      await inEqualTime(forgotPassword(ctx, request.body.email, actorOf(request)));
      return reply.code(202).send(null);
    },
  );

  server.post(
    '/auth/reset-password',
    {
      config,
      schema: {
        tags,
        summary: 'Choose a new password with the token of a mail; every session ends',
        operationId: 'resetPassword',
        body: z.strictObject({ token, password: passwordSchema }),
        response: { 204: z.null(), ...problems(401, 403, 422, 429) },
      },
    },
    async (request, reply) => {
      await limitAttempts(ctx, request, reply, null);
      await resetPassword(ctx, request.body.token, request.body.password, actorOf(request));
      return reply.header('set-cookie', forgetCookies(ctx.config.http.appUrl)).code(204).send(null);
    },
  );
};

/** How long an answer takes that must not tell by its time whether there was something to do, in milliseconds. */
const equalTimeMs = 250;

/** Waits until `work` is done, and for {@link equalTimeMs} in any case: writing a mail takes longer than writing none. */
async function inEqualTime(work: Promise<void>): Promise<void> {
  await Promise.all([work, sleep(equalTimeMs)]);
}
