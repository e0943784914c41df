import { z } from 'zod';
import type { AppError } from '../errors.ts';
import { problemSchema } from '../http/on-error.ts';
import { briefSchema } from '../pipeline/brief.ts';
import { type Topic, topicOrigins, topicStatuses } from './schema.ts';

const { topic, keyword, sources } = briefSchema.shape;

/** What a person says of a topic. */
export const topicRequest = z
  .strictObject({
    topic,
    keyword: keyword.unwrap().nullish(),
    siteId: z.uuid().nullish().meta({ description: 'Only for this site; left out for any' }),
    sources: sources.unwrap().optional(),
    note: z.string().trim().max(2000).nullish().meta({ description: 'For people only: nothing is written from it' }),
    duplicates: z
      .enum(['stop', 'allow'])
      .optional()
      .meta({ description: 'allow: also when an article, a post or a topic is like it' }),
  })
  .meta({ id: 'TopicRequest' });

const sourceSchema = z.union([
  z.object({ url: z.string() }),
  z.object({ site: z.string() }),
  z.object({
    title: z.string(),
    text: z.string().meta({ description: 'Empty in lists: read the topic' }),
    format: z.enum(['markdown', 'html', 'text']),
  }),
]);

export const topicSchema = z
  .object({
    id: z.uuid(),
    topic: z.string(),
    keyword: z.string().nullable(),
    siteId: z.uuid().nullable(),
    sources: z.array(sourceSchema),
    note: z.string().nullable(),
    status: z.enum(topicStatuses),
    origin: z.enum(topicOrigins),
    evidence: z.array(z.object({ title: z.string(), url: z.string(), publishedAt: z.string().nullable() })),
    score: z.number().nullable().meta({ description: '0 to 100; null where nothing is known to judge it by' }),
    duplicatesAllowed: z.boolean().meta({ description: 'A person wants it although there is something like it' }),
    pipelineId: z.uuid().nullable(),
    articleId: z
      .uuid()
      .nullable()
      .meta({ description: 'What was written about it; null until there is something to read' }),
    usedAt: z.string().nullable(),
    createdAt: z.string(),
  })
  .meta({ id: 'Topic' });

/** A topic as the API shows it. */
export function presentTopic(row: Topic & { articleId?: string | null }): z.infer<typeof topicSchema> {
  const { id, keyword: word, siteId, note, status, origin, evidence, score, duplicatesAllowed, pipelineId } = row;
  return {
    id,
    topic: row.topic,
    keyword: word,
    siteId,
    sources: row.sources,
    note,
    status,
    origin,
    evidence,
    score,
    duplicatesAllowed,
    pipelineId,
    articleId: row.articleId ?? null,
    usedAt: row.usedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}

/** A topic of a list that was not taken, and why. */
export const refusedTopicSchema = z
  .object({
    topic: z.string(),
    code: z.string(),
    message: z.string(),
    hint: z.string(),
    duplicateOf: problemSchema.shape.duplicateOf,
  })
  .meta({ id: 'RefusedTopic' });

/** Why a topic of a list was not taken, as the API says it. */
export function presentRefusal(topic: string, error: AppError): z.infer<typeof refusedTopicSchema> {
  const duplicateOf = error.details?.duplicateOf as z.infer<typeof refusedTopicSchema>['duplicateOf'];
  return { topic, code: error.code, message: error.message, hint: error.hint, ...(duplicateOf ? { duplicateOf } : {}) };
}
