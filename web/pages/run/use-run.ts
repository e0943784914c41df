import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useReducer, useRef, useState } from 'react';
import {
  getPipelineOptions,
  getPipelineQueryKey,
  getPipelineReceiptQueryKey,
  getSiteOptions,
} from '@/api/client/@tanstack/react-query.gen.ts';
import type { Pipeline } from '@/api/client/types.gen.ts';
import { addEvent, emptyFeed, isLive, type RunEvent, type RunFeed, waitsForMonth } from './run-events.ts';

type Connection = 'connecting' | 'live' | 'lost' | 'ended';

/**
 * A run and what its event stream tells. The events say that something has changed and what is being worked on; the
 * state itself is read again each time, so what the page shows is always the server's own answer. The browser reconnects
 * by itself; while it cannot, and besides it for the cost, the run is asked for at intervals.
 */
export function useRun(runId: string) {
  const queries = useQueryClient();
  const [feed, dispatch] = useReducer(
    (state: RunFeed, action: RunEvent | 'reset') => (action === 'reset' ? emptyFeed : addEvent(state, action)),
    emptyFeed,
  );
  const [connection, setConnection] = useState<Connection>('connecting');
  const [opened, setOpened] = useState(0);
  const endedAt = useRef(0);

  const query = useQuery({
    ...getPipelineOptions({ path: { id: runId } }),
    refetchInterval: ({ state: { data } }) => {
      if (!data) return false;
      if (waitsForMonth(data)) return 15_000;
      if (!isLive(data)) return false;
      return data.status === 'running' ? 1500 : 3000;
    },
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: another run has a feed of its own
  useEffect(() => dispatch('reset'), [runId]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `opened` counts up to open the stream once more
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let again: ReturnType<typeof setTimeout> | undefined;
    let refetching = false;
    let last = '';
    // Many events come at once when a stream begins: one reading answers them all.
    const refresh = () => {
      if (refetching) return;
      refetching = true;
      timer = setTimeout(async () => {
        refetching = false;
        await queries.invalidateQueries({ queryKey: getPipelineQueryKey({ path: { id: runId } }) });
        if (last === 'done')
          await queries.invalidateQueries({ queryKey: getPipelineReceiptQueryKey({ path: { id: runId } }) });
      }, 250);
    };
    const source = new EventSource(`/api/v1/pipelines/${runId}/events`, { withCredentials: true });
    const take = (event: MessageEvent<string>) => {
      last = event.type;
      dispatch({ id: event.lastEventId, type: event.type, data: event.data });
      refresh();
    };
    for (const type of ['step', 'progress', 'log', 'done']) source.addEventListener(type, take);
    source.addEventListener('text', ({ type, data }: MessageEvent<string>) => dispatch({ id: '', type, data }));
    source.onopen = () => setConnection('live');
    source.onerror = () => {
      if (last === 'done') {
        source.close();
        endedAt.current = Date.now();
        setConnection('ended');
        return;
      }
      setConnection('lost');
      // After a lost connection the browser tries again by itself; after an answer with an error status it does not.
      if (source.readyState === EventSource.CLOSED) again = setTimeout(() => setOpened((times) => times + 1), 3000);
    };
    return () => {
      clearTimeout(timer);
      clearTimeout(again);
      source.close();
    };
  }, [runId, queries, opened]);

  // A run that was ended and lives again (retried, continued, approved) is listened to again. Only an answer that is
  // younger than the end of the stream says that it lives.
  const { data, dataUpdatedAt } = query;
  useEffect(() => {
    if (connection === 'ended' && data && isLive(data) && dataUpdatedAt > endedAt.current) {
      setConnection('connecting');
      setOpened((times) => times + 1);
    }
  }, [connection, data, dataUpdatedAt]);

  return { query, feed, connection };
}

/** The site that a run's article goes to; nothing is asked for one that goes nowhere. */
export function useRunSite({ siteId }: Pick<Pipeline, 'siteId'>) {
  return useQuery({ ...getSiteOptions({ path: { id: siteId ?? '' } }), enabled: siteId !== null, retry: false });
}
