import { z } from 'zod';
import { actorOf, recordAudit } from '../accounts/audit.ts';
import { AppError } from '../errors.ts';
import { problems } from '../http/on-error.ts';
import type { HttpServer, RegisterRoutes } from '../http/server.ts';
import { importArchive, importedKinds } from './import-archive.ts';
import { type AccountArchive, openArchive } from './open-archive.ts';
import { keepUpload } from './upload.ts';

const archiveTypes = ['application/zip', 'application/x-zip-compressed', 'application/octet-stream'];

const countSchema = z.object({
  taken: z.int(),
  here: z.int().meta({ description: 'Here already, and left as they are here' }),
  left: z.int().meta({ description: 'Left out, because the like of it is here or a part of it did not come along' }),
});
const accountImportSchema = z
  .object({
    counts: z.object(
      Object.fromEntries(importedKinds.map((kind) => [kind, countSchema])) as Record<
        (typeof importedKinds)[number],
        typeof countSchema
      >,
    ),
    sites: z
      .array(z.object({ id: z.uuid(), name: z.string() }))
      .meta({ description: 'Sites that came along: nothing is sent there until they are connected anew' }),
    stopped: z.int().meta({ description: 'Publications that waited when the archive was made, and wait no more' }),
    unproven: z.int().meta({
      description:
        'Claims that the archive calls proven and whose quote does not stand in its passage: unsupported now',
    }),
  })
  .meta({ id: 'AccountImport' });

/** The archive of an account, taken into another. */
export const archiveImportRoutes: RegisterRoutes = (server, ctx) => {
  // In a scope of its own: nowhere else a body of this size is taken.
  server.register(async (scope) => importRoute(scope as unknown as HttpServer, ctx));
};

/** Archives that one process takes in at a time. */
const mostUnderWay = 2;

async function withUpload<Result>(body: unknown, work: (archive: AccountArchive) => Promise<Result>): Promise<Result> {
  const upload = await keepUpload(body);
  try {
    const archive = await openArchive(upload.file);
    try {
      return await work(archive);
    } finally {
      archive.close();
    }
  } finally {
    await upload.remove();
  }
}

const importRoute: RegisterRoutes = (server, ctx) => {
  let underWay = 0;
  // As it comes: an archive may be larger than memory.
  server.addContentTypeParser(archiveTypes, (_request, payload, done) => done(null, payload));
  server.post(
    '/me/import',
    {
      config: { access: 'person' },
      schema: {
        tags: ['account'],
        summary: 'Take the archive of an account into this one: the body is the zip, up to 1 GB',
        description:
          'Whole or not at all. What is here is never changed, and nothing comes twice. Sites need their password again; schedules, watched sources and webhooks are paused, and publications that waited are stopped.',
        operationId: 'importMe',
        response: { 200: accountImportSchema, ...problems(401, 403, 409, 413, 415, 422, 429) },
      },
    },
    async (request) => {
      if (underWay >= mostUnderWay) {
        throw new AppError('rate_limited', 'Other archives are being taken in at this moment.', {
          hint: 'Try it again in a few minutes: each takes room on the disk and the time of the database.',
          retryAt: new Date(Date.now() + 60_000),
        });
      }
      underWay += 1;
      try {
        return await withUpload(request.body, async (archive) => {
          const result = await importArchive(ctx, request.userId, archive);
          const { articles, sites } = result.counts;
          const details = { articles: articles.taken, sites: sites.taken };
          await recordAudit(ctx.db, actorOf(request), 'account-imported', request.userId, details);
          return result;
        });
      } finally {
        underWay -= 1;
      }
    },
  );
};
