import type { Database } from '../db/open.ts';

/** Wakes whoever waits for news of a pipeline, in every process: run pages, the worker that must notice a cancel. */
export interface EventBus {
  /** Calls back whenever something about the pipeline has changed; look at the tables for what. */
  subscribe(pipelineId: string, onChange: () => void): () => void;
  close(): Promise<void>;
}

/** NOTIFY on it with a pipeline's id announces that something about the pipeline has changed. */
export const changeChannel = 'pipeline_changed';

/** Listens on the database once and hands each notification to those who wait for that pipeline. */
export async function createEventBus(database: Database): Promise<EventBus> {
  const subscribers = new Map<string, Set<() => void>>();
  const unlisten = await database.listen(changeChannel, (pipelineId) => {
    // An empty payload means that notifications may have been lost: everyone looks.
    const woken = pipelineId === '' ? [...subscribers.values()] : [subscribers.get(pipelineId) ?? []];
    for (const set of woken) for (const onChange of set) onChange();
  });
  return {
    subscribe(pipelineId, onChange) {
      const set = subscribers.get(pipelineId) ?? new Set();
      subscribers.set(pipelineId, set.add(onChange));
      return () => {
        set.delete(onChange);
        if (set.size === 0 && subscribers.get(pipelineId) === set) subscribers.delete(pipelineId);
      };
    },
    async close() {
      subscribers.clear();
      await unlisten();
    },
  };
}
