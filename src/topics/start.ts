import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { type Brief, type BriefRequest, checkedBriefSchema } from '../pipeline/brief.ts';
import { createPipeline } from '../pipeline/commands.ts';
import type { Pipeline } from '../pipeline/schema.ts';
import type { Topic } from './schema.ts';
import { markUsed } from './topics.ts';

type Ctx = Pick<AppContext, 'db' | 'queue' | 'models' | 'webSearch' | 'config' | 'secrets'>;

/** A brief in which what the topic says can be left out; null leaves a thing out that the topic has. */
export type TopicBrief = Omit<BriefRequest, 'topic' | 'keyword' | 'sources' | 'siteId'> & {
  [Field in 'topic' | 'sources']?: BriefRequest[Field] | undefined;
} & { [Field in 'keyword' | 'siteId']?: string | null | undefined };

/**
 * The brief of an article about `topic`, with the topic's own words where `given` has none. Throws `invalid_request` when
 * the two do not go together.
 */
export function briefOfTopic(topic: Topic, given: TopicBrief): Brief {
  const keyword = given.keyword === undefined ? topic.keyword : given.keyword;
  const siteId = given.siteId === undefined ? topic.siteId : given.siteId;
  const merged = {
    ...given,
    topic: given.topic ?? topic.topic,
    sources: given.sources ?? topic.sources,
    keyword: keyword ?? undefined,
    siteId: siteId ?? undefined,
  };
  const checked = checkedBriefSchema.safeParse(merged);
  if (checked.success) return checked.data;
  const errors = checked.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new AppError('invalid_request', errors.map(({ path, message }) => `${path}: ${message}`).join('. '), {
    errors,
  });
}

/**
 * Begins an article about a topic that `tx` has locked, after its user, and marks it used: both or neither, so no schedule
 * writes about it as well. Throws `invalid_state` for one that has been handed to an article, and what `createPipeline` throws.
 */
export async function startTopic(ctx: Ctx, tx: Db, topic: Topic, brief: Brief): Promise<Pipeline> {
  if (topic.status === 'used') {
    throw new AppError('invalid_state', 'This topic has been handed to an article already.', {
      hint: 'Look at that article, or start one without the topic.',
    });
  }
  const pipeline = await createPipeline(ctx, tx, topic.userId, brief);
  await markUsed(tx, topic, pipeline.id);
  return pipeline;
}
