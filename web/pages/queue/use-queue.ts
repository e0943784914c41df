import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import {
  cancelQueueMutation,
  getQueueInfiniteOptions,
  listPublicationsOptions,
  pauseQueueMutation,
  resumeQueueMutation,
  retryPublicationMutation,
  retryQueueMutation,
  updatePublicationMutation,
} from '@/api/client/@tanstack/react-query.gen.ts';
import { useCancel, usePublicationRefresh } from '../publication/use-cancel.ts';

const shown = 100;
const longPages = 2;

/** The queue of a site, what of it needs its user, and what has arrived lately; renewed while something moves. */
export function useQueue(siteId: string) {
  const queue = useInfiniteQuery({
    ...getQueueInfiniteOptions({ path: { id: siteId }, query: { limit: shown } }),
    initialPageParam: { path: { id: siteId } },
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    refetchInterval: ({ state: { data } }) => {
      // Each page is a request: who has scrolled far down is not shown every step of what goes out above.
      if (data && data.pages.length > longPages) return 15_000 * data.pages.length;
      const counts = data?.pages[0]?.counts;
      return counts && counts.publishing + counts.queued > 0 ? 2_000 : 15_000;
    },
  });
  const counts = queue.data?.pages[0]?.counts;
  const attention = useQuery({
    ...listPublicationsOptions({ query: { siteId, status: ['failed', 'conflict'], limit: 20 } }),
    enabled: counts !== undefined && counts.failed + counts.conflict > 0,
  });
  const done = useQuery(
    listPublicationsOptions({ query: { siteId, status: 'published', order: 'published', limit: 5 } }),
  );
  const { refetch } = done;
  // Whatever leaves the queue has ended somewhere: only then is there something new to read.
  const moved = counts && `${counts.publishing} ${counts.queued} ${counts.scheduled}`;
  useEffect(() => {
    if (moved !== undefined) void refetch();
  }, [moved, refetch]);
  return { queue, attention, done };
}

/** What can be done with a queue and what stands in it; afterwards everything is read again. */
export function useQueueCommands() {
  const onSettled = usePublicationRefresh();
  const pause = useMutation({ ...pauseQueueMutation(), onSettled });
  const resume = useMutation({ ...resumeQueueMutation(), onSettled });
  const update = useMutation({ ...updatePublicationMutation(), onSettled });
  const retry = useMutation({ ...retryPublicationMutation(), onSettled });
  const retryAll = useMutation({ ...retryQueueMutation(), onSettled });
  const cancelAll = useMutation({ ...cancelQueueMutation(), onSettled });
  const cancel = useCancel();
  const all = [pause, resume, update, retry, retryAll, cancelAll];
  return {
    ...{ pause, resume, update, retry, retryAll, cancelAll },
    cancel: cancel.run,
    problem: all.findLast((command) => command.error)?.error ?? cancel.problem,
    /** Forgets an earlier refusal before something else is tried. */
    forget: () => {
      for (const command of all) command.reset();
      cancel.forget();
    },
  };
}
export type QueueCommands = ReturnType<typeof useQueueCommands>;
