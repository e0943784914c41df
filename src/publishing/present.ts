import { inArray } from 'drizzle-orm';
import { z } from 'zod';
import { articles } from '../articles/schema.ts';
import type { Db } from '../db/open.ts';
import { type Publication, publicationStatuses, publicationTasks, wantedStatuses } from './schema.ts';

const time = z.iso.datetime();

/** A publication: what was asked for, how far it is, what stands on the site. */
export const publicationSchema = z
  .object({
    id: z.uuid(),
    articleId: z.uuid(),
    siteId: z.uuid(),
    pipelineId: z.uuid().nullable(),
    task: z.enum(publicationTasks).meta({ description: 'What is to be done, or was done last' }),
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
    dropped: z.array(z.string()).meta({ description: 'Fields that the site did not keep as they were sent' }),
    sentRevision: z.int().nullable().meta({ description: 'The revision of the article that the post was made of' }),
    remoteChangedAt: time
      .nullable()
      .meta({ description: 'When we last changed the post, or found it as it should be' }),
    outdated: z
      .boolean()
      .nullable()
      .meta({ description: 'Whether the article has changed since it was sent; null when that is not known' }),
    createdAt: time,
    publishedAt: time.nullable(),
  })
  .meta({ id: 'Publication' });

const iso = (date: Date | null) => date?.toISOString() ?? null;

/** A publication with what is true of it only beside its article. */
export interface PublicationBesideArticle extends Publication {
  articleRevision?: number | undefined;
}

/** Reads what is to be shown beside publications. */
export async function besideArticles(db: Db, rows: readonly Publication[]): Promise<PublicationBesideArticle[]> {
  const ids = [...new Set(rows.map(({ articleId }) => articleId))];
  if (ids.length === 0) return [];
  const revisions = new Map(
    (
      await db.select({ id: articles.id, revision: articles.revision }).from(articles).where(inArray(articles.id, ids))
    ).map(({ id, revision }) => [id, revision]),
  );
  return rows.map((row) => ({ ...row, articleRevision: revisions.get(row.articleId) }));
}

/** A single publication in words for the outside. */
export async function showPublication(db: Db, row: Publication): Promise<z.infer<typeof publicationSchema>> {
  const [beside = row] = await besideArticles(db, [row]);
  return presentPublication(beside);
}

/** Puts a publication into words for the outside. */
export function presentPublication(row: PublicationBesideArticle): z.infer<typeof publicationSchema> {
  const { articleRevision, sentRevision } = row;
  return {
    id: row.id,
    articleId: row.articleId,
    siteId: row.siteId,
    pipelineId: row.pipelineId,
    task: row.task,
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
    dropped: row.dropped,
    sentRevision,
    remoteChangedAt: iso(row.remoteChangedAt),
    outdated: sentRevision === null || articleRevision === undefined ? null : articleRevision > sentRevision,
    createdAt: row.createdAt.toISOString(),
    publishedAt: iso(row.publishedAt),
  };
}
