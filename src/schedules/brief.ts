import type { z } from 'zod';
import { type Brief, briefSchema } from '../pipeline/brief.ts';
import type { Topic } from '../topics/schema.ts';

/** What a schedule asks of each of its articles: a brief without what the topic brings, and without a time of its own. */
export const scheduleBriefSchema = briefSchema.omit({
  topic: true,
  keyword: true,
  sources: true,
  siteId: true,
  publishAt: true,
});
export type ScheduleBrief = z.output<typeof scheduleBriefSchema>;

/** The brief of an article about `topic`. */
export function briefOf(given: ScheduleBrief, siteId: string | null, topic: Topic): Brief {
  return briefSchema.parse({
    ...given,
    topic: topic.topic,
    ...(topic.keyword === null ? {} : { keyword: topic.keyword }),
    sources: topic.sources,
    ...(topic.duplicatesAllowed ? { duplicates: 'allow' as const } : {}),
    ...(siteId === null ? {} : { siteId }),
  });
}
