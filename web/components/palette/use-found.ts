import { useQuery } from '@tanstack/react-query';
import {
  listArticlesOptions,
  listPipelinesOptions,
  listSitesOptions,
  listTopicsOptions,
} from '@/api/client/@tanstack/react-query.gen.ts';
import { useSettled } from '@/components/use-settled.ts';
import { worthOf } from './find.ts';
import type { Recent } from './recents.ts';

/** How long after the last key is asked, in milliseconds. */
const settleMs = 120;
const most = 5;

/** Articles, topics, runs and sites that answer what was typed; nothing is asked for less than two letters. */
export function useFound(typed: string): { found: Recent[]; searching: boolean; failed: boolean } {
  const query = useSettled(typed.trim(), settleMs);
  const enabled = query.length >= 2;
  const asked = { query: { query, limit: most } };
  // What is found stays until the next answer is there: a list that empties with each key cannot be read.
  const options = { enabled, staleTime: 30_000, placeholderData: <T>(before: T) => before };
  const articles = useQuery({ ...listArticlesOptions(asked), ...options });
  const topics = useQuery({ ...listTopicsOptions(asked), ...options });
  const runs = useQuery({ ...listPipelinesOptions(asked), ...options });
  const sites = useQuery({ ...listSitesOptions({ query: { limit: 100 } }), enabled, staleTime: 60_000 });
  if (!enabled || typed.trim().length < 2) return { found: [], searching: false, failed: false };
  const all = [articles, topics, runs, sites];
  return {
    found: [
      ...(articles.data?.items ?? []).map(({ id, title }) => entry('articles', `/articles/${id}`, title)),
      ...(topics.data?.items ?? []).map(({ id, topic, status }) =>
        entry('topics', `/topics?${new URLSearchParams({ show: status, edit: id })}`, topic),
      ),
      ...(runs.data?.items ?? []).map(({ id, topic }) => entry('runs', `/runs/${id}`, topic)),
      ...(sites.data?.items ?? [])
        .filter(({ name, url }) => worthOf(query, name, url) > 0)
        .slice(0, most)
        .map(({ id, name }) => entry('sites', `/sites/${id}/posts`, name)),
    ],
    searching: query !== typed.trim() || all.some(({ isFetching }) => isFetching),
    failed: all.some(({ isError }) => isError),
  };
}

const entry = (kind: Recent['kind'], href: string, label: string): Recent => ({ kind, href, label });
