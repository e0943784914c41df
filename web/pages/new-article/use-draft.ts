import { useCallback, useEffect, useState } from 'react';
import type { Topic } from '@/api/client/types.gen.ts';
import { type Draft, draftOfTopic, emptyDraft, readDraft } from './draft.ts';

/**
 * A draft belongs to the account it was typed in: who signs in next at this browser must not find it in the form. That of
 * a topic stands beside the one that was begun without: neither takes the other's place.
 */
const keyOf = (userId: string, topic?: Topic) => `blog-poster:new-article:${userId}${topic ? `:${topic.id}` : ''}`;
/** The last draft that was started, with its run: a run that fails can be changed and started again, texts and all. */
const startedKeyOf = (userId: string) => `blog-poster:last-started:${userId}`;

function read(name: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(name) ?? 'null');
  } catch (error) {
    console.info('What this browser has kept could not be read.', error);
    return null;
  }
}

function keep(name: string, value: unknown): boolean {
  try {
    localStorage.setItem(name, JSON.stringify(value));
    return true;
  } catch (error) {
    console.info('This browser has no room or no permission to keep the draft.', error);
    return false;
  }
}

/**
 * The form's content, kept in this browser with every change so that neither a closed tab nor a failed request loses it.
 * `kept` is false when the browser has no room or no permission, and then the page says so.
 */
export function useDraft(userId: string, topic?: Topic) {
  const key = keyOf(userId, topic);
  const [draft, setDraft] = useState(() => {
    const last = read(key);
    return topic && last === null ? draftOfTopic(topic) : readDraft(last);
  });
  const [asTopic] = useState(topic && draft);
  const [kept, setKept] = useState(true);
  useEffect(() => {
    // What a topic says is with the topic.
    if (draft !== asTopic) setKept(draft === emptyDraft ? forget(key) : keep(key, draft));
  }, [key, draft, asTopic]);
  const change = useCallback((part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part })), []);
  /** Empties the form for the next article; what was started can still be had back by its run. */
  const started = useCallback(
    (runId: string, sent: Draft) => {
      // Without the draft's own copy there is room for this one.
      forget(key);
      keep(startedKeyOf(userId), { runId, draft: sent });
      setDraft(emptyDraft);
    },
    [userId, key],
  );
  return { draft, kept, change, started };
}

/** The draft that a run was started with, when it was the last one started in this browser. */
export function startedDraft(userId: string, runId: string): Draft | null {
  const last = read(startedKeyOf(userId)) as { runId?: unknown; draft?: unknown } | null;
  return last?.runId === runId ? readDraft(last.draft) : null;
}

/** Lays a draft out for the next visit of the form. */
export function layOutDraft(userId: string, draft: Draft): void {
  keep(keyOf(userId), draft);
}

/** Puts a topic into the draft that is there: what else stands in it stays. */
export function layOutTopic(userId: string, topic: string): void {
  layOutDraft(userId, { ...readDraft(read(keyOf(userId))), topic });
}

/** Forgets the drafts of an account that is no more. */
export function forgetDrafts(userId: string): void {
  try {
    const ofTopics = Object.keys(localStorage).filter((name) => name.startsWith(`${keyOf(userId)}:`));
    for (const name of [keyOf(userId), startedKeyOf(userId), ...ofTopics]) localStorage.removeItem(name);
  } catch (error) {
    console.info('This browser keeps nothing, so there was nothing to remove.', error);
  }
}

function forget(name: string): boolean {
  try {
    localStorage.removeItem(name);
    return true;
  } catch (error) {
    console.info('This browser keeps nothing, so there was nothing to remove.', error);
    return false;
  }
}
