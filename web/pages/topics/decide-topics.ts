import { decideTopics, updateTopic } from '@/api/client/sdk.gen.ts';
import type { RefusedTopic, Topic } from '@/api/client/types.gen.ts';

export interface Decision {
  topics: Topic[];
  status: 'open' | 'dismissed' | 'proposed';
  /** Also those that are much like something that is there. */
  anyway?: boolean;
}

/** So many the server decides about in one go. */
const mostAtOnce = 500;

/**
 * Accepts topics, takes them back, dismisses them, or puts them back among the proposals. Answers with those that were
 * left where they are, because there is something like them. Throws {@link ApiProblem}.
 */
export async function decide({ topics, status, anyway }: Decision): Promise<RefusedTopic[]> {
  const [first] = topics;
  // One by one a topic that was dismissed comes back to the place that it had.
  const alone = topics.length === 1 && first?.status !== 'proposed';
  if (status !== 'proposed' && (anyway || alone)) {
    const body = { status, ...(anyway ? { duplicates: 'allow' as const } : {}) };
    for (const { id } of topics) await updateTopic({ path: { id }, body, throwOnError: true });
    return [];
  }
  const refused: RefusedTopic[] = [];
  for (let at = 0; at < topics.length; at += mostAtOnce) {
    const ids = topics.slice(at, at + mostAtOnce).map(({ id }) => id);
    const { data } = await decideTopics({ body: { ids, status }, throwOnError: true });
    refused.push(...data.refused);
  }
  return refused;
}
