import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { listPipelinesInfiniteOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import type { Pipeline } from '@/api/client/types.gen.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { LongList } from '@/components/long-list.tsx';
import { Page } from '@/components/page.tsx';
import { RunRow } from '@/components/run-list.tsx';
import { SearchBox } from '@/components/search-box.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Select } from '@/components/ui/input.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { t } from '@/strings.ts';
import { LoadProblem } from '../error-pages.tsx';

/** A list longer than this is read anew when something is done, not by the clock: each of its pages is a request. */
const longPages = 4;
const statuses: Pipeline['status'][] = ['queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled'];

/** Every run, newest first, by status and words of the topic. */
export function RunsPage() {
  const { query = '', status } = useSearch({ from: '/signed-in/runs' });
  const navigate = useNavigate({ from: '/runs' });
  const narrow = useCallback(
    (part: { query?: string | undefined; status?: string | undefined }) =>
      void navigate({ search: (before) => ({ ...before, ...part }), replace: true }),
    [navigate],
  );
  const search = useCallback((words: string) => narrow({ query: words || undefined }), [narrow]);
  const known = statuses.find((name) => name === status);
  const pages = useInfiniteQuery({
    ...listPipelinesInfiniteOptions({
      query: { limit: 50, ...(known ? { status: known } : {}), ...(query ? { query } : {}) },
    }),
    initialPageParam: {},
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    refetchInterval: ({ state: { data } }) => {
      if (data && data.pages.length > longPages) return false;
      return data?.pages.some((page) => page.items.some((run) => run.status === 'running')) ? 3000 : 20_000;
    },
  });
  const runs = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data]);
  return (
    <Page
      title={t.runs.title}
      heading={t.runs.title}
      className="max-w-4xl"
      actions={
        <Button variant="primary" asChild>
          <Link to="/new">{t.shell.newArticle}</Link>
        </Button>
      }
    >
      <div className="mb-4 grid gap-2 sm:grid-cols-[1fr_12rem]">
        <SearchBox label={t.runs.search} value={query} onSearch={search} />
        <Select
          aria-label={t.runs.status}
          value={known ?? ''}
          onChange={(event) => narrow({ status: event.target.value || undefined })}
        >
          <option value="">{t.runs.anyStatus}</option>
          {statuses.map((name) => (
            <option key={name} value={name}>
              {t.runStatus[name]}
            </option>
          ))}
        </Select>
      </div>
      <Card className="overflow-hidden">
        {pages.isPending ? (
          <SkeletonRows rows={6} />
        ) : pages.error && !pages.data ? (
          <LoadProblem problem={pages.error} onRetry={pages.refetch} />
        ) : runs.length > 0 ? (
          <LongList label={t.runs.title} items={runs} keyOf={({ id }) => id} rowHeight={77} pages={pages}>
            {(run) => <RunRow run={run} />}
          </LongList>
        ) : query || known ? (
          <EmptyState
            title={query ? t.common.nothingFound(query) : t.runs.noneWith}
            action={
              <Button onClick={() => narrow({ query: undefined, status: undefined })}>{t.common.clearSearch}</Button>
            }
          >
            {t.runs.nothingFoundHint}
          </EmptyState>
        ) : (
          <EmptyState
            title={t.runs.empty}
            action={
              <Button variant="primary" asChild>
                <Link to="/new">{t.articles.emptyAction}</Link>
              </Button>
            }
          >
            {t.runs.emptyHint}
          </EmptyState>
        )}
      </Card>
    </Page>
  );
}
