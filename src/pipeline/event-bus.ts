import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Database, Db } from '../db/open.ts';

/** Wakes whoever waits for news of a pipeline, in every process: run pages, the worker that must notice a cancel. */
export interface EventBus {
  /** Calls back whenever something about the pipeline has changed; look at the tables for what. */
  subscribe(pipelineId: string, onChange: () => void): () => void;
  /** Calls back with what is being written right now; nothing of it is kept, and some may be lost. */
  watchText(pipelineId: string, onText: (text: LiveText) => void): () => void;
  close(): Promise<void>;
}

/** A piece of an answer on its way: the end of the text as it stands, in whole words. */
export interface LiveText {
  step: string;
  text: string;
}

/** NOTIFY on it with a pipeline's id announces that something about the pipeline has changed. */
export const changeChannel = 'pipeline_changed';
const textChannel = 'pipeline_text';

/** Shows text to whoever watches the pipeline, in every process. At most about 7,900 bytes fit into a notification. */
export async function notifyText(db: Db, pipelineId: string, live: LiveText): Promise<void> {
  await db.execute(sql`select pg_notify(${textChannel}, ${JSON.stringify({ pipelineId, ...live })})`);
}

/** Listens on the database once and hands each notification to those who wait for that pipeline. */
export async function createEventBus(database: Database): Promise<EventBus> {
  const subscribers = new Map<string, Set<() => void>>();
  const unlisten = await database.listen(changeChannel, (pipelineId) => {
    // An empty payload means that notifications may have been lost: everyone looks.
    const woken = pipelineId === '' ? [...subscribers.values()] : [subscribers.get(pipelineId) ?? []];
    for (const set of woken) for (const onChange of set) onChange();
  });
  const watchers = new Map<string, Set<(text: LiveText) => void>>();
  const unlistenText = await database.listen(textChannel, (payload) => {
    // After a lost connection there is nothing to catch up with: the next piece shows the text as it stands.
    if (payload === '') return;
    const { pipelineId, step, text } = notification.parse(JSON.parse(payload));
    for (const onText of watchers.get(pipelineId) ?? []) onText({ step, text });
  });
  return {
    subscribe: (pipelineId, onChange) => join(subscribers, pipelineId, onChange),
    watchText: (pipelineId, onText) => join(watchers, pipelineId, onText),
    async close() {
      subscribers.clear();
      watchers.clear();
      await unlistenText();
      await unlisten();
    },
  };
}

const notification = z.object({ pipelineId: z.string(), step: z.string(), text: z.string() });

/** Adds a callback to those of one pipeline; what it returns takes it out again. */
function join<T>(all: Map<string, Set<T>>, pipelineId: string, callback: T): () => void {
  const set = all.get(pipelineId) ?? new Set();
  all.set(pipelineId, set.add(callback));
  return () => {
    set.delete(callback);
    if (set.size === 0 && all.get(pipelineId) === set) all.delete(pipelineId);
  };
}
