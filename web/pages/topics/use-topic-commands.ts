import { useMutation, useQueryClient } from '@tanstack/react-query';
import { countTopicsQueryKey } from '@/api/client/@tanstack/react-query.gen.ts';
import { updateTopic } from '@/api/client/sdk.gen.ts';
import type { RefusedTopic, Topic } from '@/api/client/types.gen.ts';
import type { ApiProblem } from '@/api/problem.ts';
import { type Decision, decide as decideAbout } from './decide-topics.ts';
import { everyTopicList } from './topic-queries.ts';
import { itemsOf, type TopicFilter, type TopicPages, topicsOptions, withItems } from './use-topics.ts';

interface Move {
  topic: Topic;
  /** Its place in the list afterwards, from 0. */
  to: number;
  /** The topic that comes after it then; null at the very end. */
  before: string | null;
}

interface Undo {
  key: ReturnType<typeof topicsOptions>['queryKey'];
  before: TopicPages | undefined;
}

/**
 * What is done in a list of topics, seen at once: when the server refuses, or does not answer, the list is as it was and
 * read again. Commands are sent one after the other, so that places mean what they meant on the page.
 */
export function useTopicCommands(filter: TopicFilter) {
  const queries = useQueryClient();
  const refresh = useTopicsRefresh();
  const key = topicsOptions(filter).queryKey;
  const show = async (change: (items: Topic[]) => Topic[]): Promise<Undo> => {
    await queries.cancelQueries({ queryKey: key });
    const before = queries.getQueryData<TopicPages>(key);
    queries.setQueryData<TopicPages>(key, (data) => data && withItems(data, change(itemsOf(data))));
    return { key, before };
  };
  const takeBack = async (undo: Undo | undefined) => {
    if (undo) queries.setQueryData(undo.key, undo.before);
    await refresh();
  };
  const scope = { id: 'topics' };
  const move = useMutation<Topic, ApiProblem, Move, Undo>({
    scope,
    mutationFn: async ({ topic, before }) => {
      const { data } = await updateTopic({ path: { id: topic.id }, body: { before }, throwOnError: true });
      return data;
    },
    onMutate: ({ topic, to }) => show((items) => items.filter(({ id }) => id !== topic.id).toSpliced(to, 0, topic)),
    onError: (_problem, _move, undo) => takeBack(undo),
  });
  const decide = useMutation<RefusedTopic[], ApiProblem, Decision, Undo>({
    scope,
    mutationFn: decideAbout,
    onMutate: ({ topics, status }) => {
      const gone = new Set(topics.map(({ id }) => id));
      return show((items) => (status === filter.status ? items : items.filter(({ id }) => !gone.has(id))));
    },
    onError: (_problem, _decided, undo) => takeBack(undo),
    onSuccess: (refused, { status }) => {
      const left = queries.getQueryData<TopicPages>(key);
      const right = refused.length === 0 && status !== filter.status && left && itemsOf(left).length > 0;
      return refresh(right ? { others: key } : {});
    },
  });
  const last = decide.variables;
  const refused = decide.data ?? [];
  const refusedNames = new Set(refused.map(({ topic }) => topic));
  return {
    move: move.mutate,
    decide: decide.mutate,
    problem: move.error ?? decide.error,
    /** Topics that were left where they are, because there is something like them. */
    refused,
    /** Does what was refused for that reason all the same. */
    anyway: () => {
      if (!last) return;
      const topics = decide.error ? last.topics : last.topics.filter(({ topic }) => refusedNames.has(topic));
      decide.mutate({ ...last, topics, anyway: true });
    },
    /** Forgets an earlier refusal before something else is tried. */
    forget: () => {
      if (move.error) move.reset();
      if (decide.error || refused.length > 0) decide.reset();
    },
  };
}
export type TopicCommands = ReturnType<typeof useTopicCommands>;

/** Has every list of topics and their counts read anew; `others` names the one that is right as it is. */
export function useTopicsRefresh() {
  const queries = useQueryClient();
  return async ({ others }: { others?: readonly unknown[] } = {}) => {
    const right = others && JSON.stringify(others);
    await Promise.all([
      queries.invalidateQueries({ queryKey: countTopicsQueryKey() }),
      queries.invalidateQueries({
        queryKey: everyTopicList,
        predicate: ({ queryKey }) => JSON.stringify(queryKey) !== right,
      }),
    ]);
  };
}
