import { z } from 'zod';
import { type Publication, publicationStatuses, wantedStatuses } from './schema.ts';

const time = z.iso.datetime();

/** A publication: what was asked for, how far it is, what stands on the site. */
export const publicationSchema = z
  .object({
    id: z.uuid(),
    articleId: z.uuid(),
    siteId: z.uuid(),
    pipelineId: z.uuid().nullable(),
    wanted: z.enum(wantedStatuses),
    publishAt: time.nullable(),
    status: z.enum(publicationStatuses),
    remoteId: z.int().nullable().meta({ description: 'Id of the post on the site' }),
    remoteUrl: z.string().nullable(),
    remoteStatus: z.string().nullable().meta({ description: 'Status of the post when it was last seen' }),
    attempts: z.int().meta({ description: 'Since it was last asked for' }),
    nextAttemptAt: time.nullable(),
    warnings: z.array(z.string()).meta({ description: 'What its author should know, for example a changed address' }),
    error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
    createdAt: time,
    publishedAt: time.nullable(),
  })
  .meta({ id: 'Publication' });

const iso = (date: Date | null) => date?.toISOString() ?? null;

/** Puts a publication into words for the outside. */
export function presentPublication(row: Publication): z.infer<typeof publicationSchema> {
  return {
    id: row.id,
    articleId: row.articleId,
    siteId: row.siteId,
    pipelineId: row.pipelineId,
    wanted: row.wanted,
    publishAt: iso(row.publishAt),
    status: row.status,
    remoteId: row.remoteId,
    remoteUrl: row.remoteUrl,
    remoteStatus: row.remoteStatus,
    attempts: row.attempts,
    nextAttemptAt: iso(row.nextAttemptAt),
    warnings: row.warnings,
    error: row.error,
    createdAt: row.createdAt.toISOString(),
    publishedAt: iso(row.publishedAt),
  };
}
