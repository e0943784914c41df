import { updateTopic } from '@/api/client/sdk.gen.ts';

export type Decision = 'open' | 'dismissed';

/** Accepts topics, takes them back, or dismisses them. Throws {@link ApiProblem}. */
export async function decideTopics(ids: string[], status: Decision): Promise<void> {
  for (const id of ids) await updateTopic({ path: { id }, body: { status }, throwOnError: true });
}
