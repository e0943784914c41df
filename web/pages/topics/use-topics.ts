import { type InfiniteData, useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { listTopicsInfiniteOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import type { ListTopicsResponse, Topic } from '@/api/client/types.gen.ts';

export type TopicStatus = Topic['status'];
export const statuses = ['open', 'proposed', 'used', 'dismissed'] as const satisfies TopicStatus[];

/** Which topics are looked at. */
export interface TopicFilter {
  status: TopicStatus;
  siteId: string | undefined;
  query: string | undefined;
}

export type TopicPages = InfiniteData<ListTopicsResponse>;

/** As many as a list answers at once. */
const pageSize = 100;
/** Lists longer than this are not read anew for a mere look at the window. */
const longPages = 5;
const orders = { open: 'position', proposed: 'score', used: 'latest', dismissed: 'latest' } as const;

/** How a list is asked for, and where it is kept. */
export function topicsOptions({ status, siteId, query }: TopicFilter) {
  return listTopicsInfiniteOptions({
    query: {
      limit: pageSize,
      status,
      order: orders[status],
      ...(siteId ? { siteId } : {}),
      ...(query ? { query } : {}),
    },
  });
}

/** The topics of a filter, as many pages of them as were asked for. */
export function useTopics(filter: TopicFilter) {
  const pages = useInfiniteQuery({
    ...topicsOptions(filter),
    initialPageParam: {},
    // Rows change their places here: the next page begins behind the one that is last now.
    getNextPageParam: (last, all) => (last.nextCursor ? all.flatMap(({ items }) => items).at(-1)?.id : undefined),
    refetchOnWindowFocus: ({ state }) => ((state.data as TopicPages | undefined)?.pages.length ?? 0) <= longPages,
  });
  const topics = useMemo(() => (pages.data ? itemsOf(pages.data) : []), [pages.data]);
  return { pages, topics };
}

/** All items, each once: one that has moved while pages were read may stand on two of them. */
export function itemsOf({ pages }: TopicPages): Topic[] {
  return [...new Map(pages.flatMap(({ items }) => items).map((topic) => [topic.id, topic])).values()];
}

/** The same pages with other items in them. */
export function withItems(data: TopicPages, items: Topic[]): TopicPages {
  const last = data.pages.length - 1;
  return {
    ...data,
    pages: data.pages.map((page, index) => ({
      ...page,
      items: items.slice(index * pageSize, index === last ? undefined : (index + 1) * pageSize),
    })),
  };
}
