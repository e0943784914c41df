import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Database, Db } from '../db/open.ts';

/** Wakes whoever waits for news of a pipeline, in every process: run pages, the worker that must notice a cancel. */
export interface EventBus {
  /** Calls back whenever something about the pipeline has changed; look at the tables for what. */
  subscribe(pipelineId: string, onChange: () => void): () => void;
  /** Calls back with what is being written right now; nothing of it is kept, and some may be lost. */
  watchText(pipelineId: string, onText: (text: LiveText) => void): () => void;
  /** Calls back when a user was disabled, or when that may have been missed: look at their row. */
  onDisabled(userId: string, look: () => void): () => void;
  /** Calls back when some user was enabled again, or when that may have been missed. */
  onEnabled(look: () => void): () => void;
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
/** Triggers of the table of users notify on these, with the user's id. */
const disabledChannel = 'user_disabled';
const enabledChannel = 'user_enabled';

/** Shows text to whoever watches the pipeline, in every process. At most about 7,900 bytes fit into a notification. */
export async function notifyText(db: Db, pipelineId: string, live: LiveText): Promise<void> {
  await db.execute(sql`select pg_notify(${textChannel}, ${JSON.stringify({ pipelineId, ...live })})`);
}

/** Listens on the database once and hands each notification to those who wait for that pipeline. */
export async function createEventBus(database: Database): Promise<EventBus> {
  const subscribers = new Map<string, Set<() => void>>();
  const unlisten = await database.listen(changeChannel, (pipelineId) => wake(subscribers, pipelineId));
  const disabled = new Map<string, Set<() => void>>();
  const unlistenDisabled = await database.listen(disabledChannel, (userId) => wake(disabled, userId));
  const enabled = new Set<() => void>();
  const unlistenEnabled = await database.listen(enabledChannel, () => {
    for (const look of enabled) look();
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
    onDisabled: (userId, look) => join(disabled, userId, look),
    onEnabled(look) {
      enabled.add(look);
      return () => enabled.delete(look);
    },
    async close() {
      subscribers.clear();
      disabled.clear();
      enabled.clear();
      watchers.clear();
      await unlistenEnabled();
      await unlistenDisabled();
      await unlistenText();
      await unlisten();
    },
  };
}

const notification = z.object({ pipelineId: z.string(), step: z.string(), text: z.string() });

/** Calls those who wait for `id`. An empty one means that notifications may have been lost: everyone looks. */
function wake(all: Map<string, Set<() => void>>, id: string): void {
  const woken = id === '' ? [...all.values()] : [all.get(id) ?? []];
  for (const set of woken) for (const onChange of set) onChange();
}

/** Adds a callback to those of one pipeline or user; what it returns takes it out again. */
function join<T>(all: Map<string, Set<T>>, id: string, callback: T): () => void {
  const set = all.get(id) ?? new Set();
  all.set(id, set.add(callback));
  return () => {
    set.delete(callback);
    if (set.size === 0 && all.get(id) === set) all.delete(id);
  };
}
