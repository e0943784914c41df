import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError, toStoredError } from '../errors.ts';
import { principalOf } from '../http/access.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { secretFingerprint } from '../secret-box.ts';
import { findRun } from './backups.ts';
import { listBackups } from './catalogue.ts';
import { backupRunSchema, backupSchema, backupsSchema, presentBackup, presentRun, presentStatus } from './present.ts';
import type { RunTrigger } from './schema.ts';
import { backupStatus, placeOf } from './status.ts';

const config = { access: 'admin' as const };
const tags = ['admin'];
/** How long the storage may take to say what it holds, in milliseconds. */
const patienceMs = 20_000;

/** The admin's side of backups: how they are, taking one, proving one. */
export const backupRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/admin/backups',
    {
      config,
      schema: {
        tags,
        summary: 'How the backups are, and which there are, newest first',
        operationId: 'listBackups',
        response: { 200: backupsSchema, ...problems(401, 403) },
      },
    },
    async () => {
      const status = await backupStatus(ctx);
      const { items, catalogueError } = await catalogue();
      const { backups } = ctx.config;
      return {
        items,
        nextCursor: null,
        catalogueError,
        storage: {
          ...placeOf(ctx.config),
          besideData: backups.s3 === null && backups.besideData,
          encrypted: status.encrypted,
          canVerify: !status.encrypted || ctx.secrets.ageIdentities.length > 0,
        },
        schedule: {
          cron: backups.cron,
          nextAt: status.nextAt?.toISOString() ?? null,
          keepDays: backups.keepDays,
        },
        ...presentStatus(status),
      };
    },
  );

  async function catalogue(): Promise<Pick<z.infer<typeof backupsSchema>, 'items' | 'catalogueError'>> {
    const fingerprint = secretFingerprint(ctx.secrets);
    try {
      const entries = await listBackups(await ctx.backups.storage(), AbortSignal.timeout(patienceMs));
      return { items: entries.map((entry) => presentBackup(entry, fingerprint)), catalogueError: null };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { items: [], catalogueError: toStoredError(error) };
    }
  }

  server.post(
    '/admin/backups',
    {
      config,
      schema: {
        tags,
        summary: 'Take a backup now',
        operationId: 'createBackup',
        response: { 202: backupRunSchema, ...problems(401, 403, 409, 503) },
      },
    },
    async (request, reply) => reply.code(202).send(presentRun(await ctx.backups.create(triggerOf(request)))),
  );

  server.post(
    '/admin/backups/:backup/verify',
    {
      config,
      schema: {
        tags,
        summary: 'Restore a backup into a scratch database for proof',
        operationId: 'verifyBackup',
        params: z.object({ backup: z.string().max(60).meta({ description: 'Its id, or latest' }) }),
        response: { 202: backupRunSchema, ...problems(401, 403, 404, 409, 422, 502, 503) },
      },
    },
    async (request, reply) =>
      reply.code(202).send(presentRun(await ctx.backups.verify(request.params.backup, triggerOf(request)))),
  );

  // For the command line, which waits for the end of what it began.
  server.get(
    '/operator/backup-runs/:run',
    {
      config: { access: 'operator' },
      schema: {
        hide: true,
        params: z.object({ run: z.uuid() }),
        response: { 200: z.object({ run: backupRunSchema, backup: backupSchema.nullable() }) },
      },
    },
    async (request) => {
      const run = await findRun(ctx, request.params.run);
      if (!run) throw new AppError('not_found', 'There is no such run of a backup.');
      const { items } = run.status === 'succeeded' ? await catalogue() : { items: [] };
      return { run: presentRun(run), backup: items.find(({ id }) => id === run.backupId) ?? null };
    },
  );
};

function triggerOf(request: FastifyRequest): RunTrigger {
  return principalOf(request).via === 'command-line' ? 'command-line' : 'admin';
}
