import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { limitAttempts } from '../accounts/attempts.ts';
import { localTime } from '../accounts/calendar.ts';
import { users } from '../accounts/schema.ts';
import { lockWorkLimits } from '../accounts/work-limits.ts';
import { lastDecision } from '../approvals/approvals.ts';
import { articles } from '../articles/schema.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { sites } from '../sites/schema.ts';
import { lastWritten } from './7-publish/hold-window.ts';
import { findHold } from './7-publish/holds.ts';
import { holdPipeline } from './decide.ts';
import { getPipeline, lockPipeline } from './queries.ts';

const tags = ['holds'];
const config = { access: 'public' as const };
const token = z.string().min(1).max(200);

const holdSchema = z
  .object({
    state: z.enum(['running', 'held', 'released', 'over']).meta({
      description:
        '`running`: it goes public at endsAt unless it is held; `held`: it waits for an approval; `released`: it was approved or has gone out; `over`: it is written anew or was stopped',
    }),
    articleId: z.uuid(),
    title: z.string(),
    siteName: z.string().nullable(),
    endsAt: z.iso.datetime().nullable(),
    endsAtLocal: z
      .object({ time: z.string(), timeZone: z.string() })
      .nullable()
      .meta({ description: 'The same on the clocks of the site' }),
  })
  .meta({ id: 'Hold' });

type Hold = NonNullable<Awaited<ReturnType<typeof findHold>>>;

/**
 * What the link of a hold mail can do. Looking changes nothing, because mail scanners open links; the token of that comes
 * in the body, so that one that still works stands in no log. Holding uses it up.
 */
export const holdRoutes: RegisterRoutes = (server, ctx) => {
  server.post(
    '/holds/look',
    {
      config,
      schema: {
        tags,
        summary: 'What the link of a hold mail is about, and how it stands; changes nothing',
        operationId: 'lookAtHold',
        body: z.strictObject({ token }),
        response: { 200: holdSchema, ...problems(403, 422, 429) },
      },
    },
    async (request, reply) => {
      await limitAttempts(ctx, request, reply, null);
      const hold = await findHold(ctx.db, request.body.token);
      if (!hold) throw noHold();
      return present(ctx.db, hold);
    },
  );

  server.post(
    '/holds/:token',
    {
      config,
      schema: {
        tags,
        summary: 'Hold the article that a mail was about; it then goes public only when it is approved. Works once',
        operationId: 'holdByMail',
        params: z.object({ token }),
        response: { 200: holdSchema, ...problems(403, 409, 422, 429) },
      },
    },
    async (request, reply) => {
      await limitAttempts(ctx, request, reply, null);
      return ctx.db.transaction((tx) => holdByToken(ctx, tx, request.params.token));
    },
  );
};

async function holdByToken(ctx: AppContext, tx: Db, given: string): Promise<z.infer<typeof holdSchema>> {
  const found = await findHold(tx, given);
  if (!found) throw noHold();
  const { userId, pipelineId } = found;
  // In the order of everything that decides: what another decision has ended meanwhile is seen only with the locks.
  await lockWorkLimits(tx, ctx.config, userId);
  await lockPipeline(tx, userId, pipelineId);
  if ((await findHold(tx, given))?.endedAt !== null) throw noHold();
  const [owner] = await tx.select({ email: users.email }).from(users).where(eq(users.id, userId));
  await holdPipeline(ctx, tx, userId, pipelineId, { name: owner?.email ?? 'local owner', via: 'mail_link' });
  return present(tx, found);
}

async function present(db: Db, hold: Hold): Promise<z.infer<typeof holdSchema>> {
  const pipeline = await getPipeline(db, hold.userId, hold.pipelineId);
  const [article] = await db.select({ title: articles.title }).from(articles).where(eq(articles.id, hold.articleId));
  const [site] = pipeline.siteId
    ? await db.select({ name: sites.name, timezone: sites.timezone }).from(sites).where(eq(sites.id, pipeline.siteId))
    : [];
  const timeZone = site?.timezone ?? 'UTC';
  return {
    state: await stateOf(db, hold),
    articleId: hold.articleId,
    title: article?.title ?? pipeline.topic,
    siteName: site?.name ?? null,
    endsAt: hold.endsAt?.toISOString() ?? null,
    endsAtLocal: hold.endsAt && { time: localTime(hold.endsAt, timeZone), timeZone },
  };
}

async function stateOf(db: Db, hold: Hold): Promise<z.infer<typeof holdSchema>['state']> {
  const { pipelineId } = hold;
  const pipeline = await getPipeline(db, hold.userId, pipelineId);
  if (['failed', 'cancelled'].includes(pipeline.status)) return 'over';
  const writtenAt = await lastWritten(db, pipelineId);
  if (writtenAt > hold.beganAt) return 'over';
  const last = await lastDecision(db, pipelineId, writtenAt);
  if (last === null || last.decidedAt < hold.beganAt) return hold.endedAt ? 'over' : 'running';
  return last.decision === 'held' ? 'held' : 'released';
}

function noHold(): AppError {
  return new AppError('link_invalid', 'This link has been used, or its time is over.', {
    hint: 'Sign in and open the article: it can be held there as long as it has not gone out.',
  });
}
