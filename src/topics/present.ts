import { z } from 'zod';
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
    pipelineId: z.uuid().nullable(),
    usedAt: z.string().nullable(),
    createdAt: z.string(),
  })
  .meta({ id: 'Topic' });

/** A topic as the API shows it. */
export function presentTopic(row: Topic): z.infer<typeof topicSchema> {
  const { id, keyword: word, siteId, note, status, origin, evidence, score, pipelineId } = row;
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
    pipelineId,
    usedAt: row.usedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}
