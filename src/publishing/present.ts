import { z } from 'zod';
import { localTime } from '../accounts/calendar.ts';
import { postOptionsSchema } from './options.ts';
import { type Publication, publicationStatuses, publicationTasks, wantedStatuses } from './schema.ts';
import type { Surroundings } from './surroundings.ts';

const time = z.iso.datetime();
export const priorities = ['low', 'normal', 'high'] as const;
export type PriorityName = (typeof priorities)[number];

const waitingSchema = z
  .object({
    reason: z.enum(['turn', 'time', 'retry', 'quiet', 'paused', 'site_failing']).meta({
      description:
        'Its turn, its time, the next attempt after a failure, peace that the site has asked for, a pause by its user, a site that does not answer',
    }),
    since: time,
    until: time.nullable().meta({ description: 'Null where that depends on others' }),
    message: z.string(),
  })
  .meta({ id: 'PublicationWait' });

/** A publication: what was asked for, how far it is, what stands on the site. */
export const publicationSchema = z
  .object({
    id: z.uuid(),
    articleId: z.uuid(),
    title: z.string().nullable().meta({ description: 'Of the article; null where it was not looked up' }),
    siteId: z.uuid(),
    pipelineId: z.uuid().nullable(),
    task: z.enum(publicationTasks).meta({ description: 'What is to be done, or was done last' }),
    wanted: z.enum(wantedStatuses),
    publishAt: time.nullable(),
    publishAtLocal: z
      .object({ time: z.iso.datetime({ local: true }), timeZone: z.string() })
      .nullable()
      .meta({ description: 'The same on the clocks of the site' }),
    status: z.enum(publicationStatuses),
    priority: z.enum(priorities),
    ahead: z
      .int()
      .nullable()
      .meta({ description: 'How many stand before it in the queue of its site; null when it is not queued' }),
    pausedBy: z.enum(['user', 'site']).nullable().meta({ description: 'Who has paused the queue that it stands in' }),
    waiting: waitingSchema.nullable().meta({ description: 'What it waits for, when it waits' }),
    remoteId: z.int().nullable().meta({ description: 'Id of the post on the site' }),
    remoteUrl: z.string().nullable(),
    remoteStatus: z.string().nullable().meta({ description: 'Status of the post when it was last seen' }),
    attempts: z.int().meta({ description: 'Since it was last asked for' }),
    nextAttemptAt: time.nullable(),
    options: postOptionsSchema,
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
export type PresentedPublication = z.infer<typeof publicationSchema>;

const iso = (date: Date | null) => date?.toISOString() ?? null;

/** Whether an article at a revision has changed since it was sent; null when that is not known. */
export function isOutdated({ sentRevision }: Publication, articleRevision: number): boolean | null {
  return sentRevision === null ? null : articleRevision > sentRevision;
}

/** The word for a priority as it is stored, -1 to 1. */
export const priorityName = (priority: number): PriorityName =>
  priority > 0 ? 'high' : priority < 0 ? 'low' : 'normal';
/** A priority as it is stored. */
export const priorityNumber = (name: PriorityName): number => priorities.indexOf(name) - 1;

/**
 * Puts a publication into words for the outside. What its surroundings (surroundings.ts) would tell is null without
 * them.
 */
export function presentPublication(row: Publication, around: Surroundings | null = null): PresentedPublication {
  return {
    id: row.id,
    articleId: row.articleId,
    title: around?.title ?? null,
    siteId: row.siteId,
    pipelineId: row.pipelineId,
    task: row.task,
    wanted: row.wanted,
    publishAt: iso(row.publishAt),
    publishAtLocal:
      row.publishAt && around ? { time: localTime(row.publishAt, around.timeZone), timeZone: around.timeZone } : null,
    status: row.status,
    priority: priorityName(row.priority),
    ahead: around?.ahead ?? null,
    pausedBy: isWaiting(row) ? (around?.pausedBy ?? null) : null,
    waiting: around && isWaiting(row) ? waitOf(row, around) : null,
    remoteId: row.remoteId,
    remoteUrl: row.remoteUrl,
    remoteStatus: row.remoteStatus,
    attempts: row.attempts,
    nextAttemptAt: iso(row.nextAttemptAt),
    options: row.options,
    warnings: row.warnings,
    error: row.error,
    dropped: row.dropped,
    sentRevision: row.sentRevision,
    remoteChangedAt: iso(row.remoteChangedAt),
    outdated: around ? isOutdated(row, around.articleRevision) : null,
    createdAt: row.createdAt.toISOString(),
    publishedAt: iso(row.publishedAt),
  };
}

const isWaiting = ({ status }: Publication) => status === 'queued' || status === 'scheduled';

function waitOf(row: Publication, around: Surroundings): z.infer<typeof waitingSchema> {
  const { now, pausedAt, pausedBy, quietUntil, ahead, siteName } = around;
  const since = row.queuedAt.toISOString();
  const isLater = (at: Date | null): at is Date => at !== null && at > now;
  if (row.status === 'scheduled' && isLater(row.nextAttemptAt)) {
    return { reason: 'time', since, until: iso(row.nextAttemptAt), message: 'It goes out at its time.' };
  }
  if (pausedAt) {
    const paused = { since: pausedAt.toISOString(), until: null };
    return pausedBy === 'site'
      ? { reason: 'site_failing', ...paused, message: `“${siteName}” does not take posts; it goes on once it does.` }
      : { reason: 'paused', ...paused, message: `The queue of “${siteName}” is paused.` };
  }
  if (isLater(row.nextAttemptAt)) {
    const message = `Attempt ${row.attempts} failed; the next one follows.`;
    return { reason: 'retry', since, until: iso(row.nextAttemptAt), message };
  }
  if (isLater(quietUntil)) {
    return { reason: 'quiet', since, until: iso(quietUntil), message: `“${siteName}” asks for fewer requests.` };
  }
  const others = ahead === 1 ? 'one other' : `${ahead} others`;
  return { reason: 'turn', since, until: null, message: ahead ? `Its turn comes after ${others}.` : 'It is next.' };
}
