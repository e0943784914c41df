import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import {
  countFailuresQueryKey,
  getOverviewOptions,
  getOverviewQueryKey,
} from '@/api/client/@tanstack/react-query.gen.ts';

/** So many streams are held at once: a browser opens six connections to a server of HTTP/1.1, and two run at a time. */
const mostStreams = 2;
/** Many events come at once: one reading answers them all. In milliseconds. */
const gatherMs = 400;

/** Everything of the overview. What runs tells by its event stream when it gets on; the rest is looked at now and then. */
export function useOverview() {
  const queries = useQueryClient();
  const query = useQuery({
    ...getOverviewOptions(),
    refetchInterval: ({ state: { data } }) => (data?.work.items.length ? 5_000 : 20_000),
  });
  const attention = query.data && query.data.decisions.total + query.data.failures.total;
  // The count beside the way to what needs attention says the same.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another number of things is the reason to count anew
  useEffect(() => void queries.invalidateQueries({ queryKey: countFailuresQueryKey() }), [attention, queries]);
  const running = (query.data?.work.items ?? [])
    .filter(({ status }) => status === 'running')
    .slice(0, mostStreams)
    .map(({ id }) => id)
    .join(' ');
  useEffect(() => {
    if (running === '') return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const refresh = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void queries.invalidateQueries({ queryKey: getOverviewQueryKey() });
      }, gatherMs);
    };
    const sources = running.split(' ').map((id) => {
      const source = new EventSource(`/api/v1/pipelines/${id}/events`, { withCredentials: true });
      for (const type of ['step', 'progress', 'done']) source.addEventListener(type, refresh);
      // Ended by the server; while it cannot be reached, the page asks by itself.
      source.onerror = () => {
        refresh();
        source.close();
      };
      return source;
    });
    return () => {
      clearTimeout(timer);
      for (const source of sources) source.close();
    };
  }, [running, queries]);
  return query;
}
