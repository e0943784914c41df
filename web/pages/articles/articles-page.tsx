import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import { listArticlesInfiniteOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import { ArticleList } from '@/components/article-list.tsx';
import { EmptyState } from '@/components/empty-state.tsx';
import { Page } from '@/components/page.tsx';
import { SearchBox } from '@/components/search-box.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Select } from '@/components/ui/input.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { t } from '@/strings.ts';
import { LoadProblem } from '../error-pages.tsx';

/** Every article, newest first, with search in title and text. */
export function ArticlesPage() {
  const { query, show } = useSearch({ from: '/signed-in/articles' });
  const dead = show === 'dead-links';
  const navigate = useNavigate({ from: '/articles' });
  const search = useCallback(
    (words: string) => void navigate({ search: (before) => ({ ...before, query: words || undefined }), replace: true }),
    [navigate],
  );
  const pages = useInfiniteQuery({
    ...listArticlesInfiniteOptions({
      query: { limit: 30, ...(query ? { query } : {}), ...(dead ? { deadLinks: 'true' } : {}) },
    }),
    initialPageParam: {},
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });
  const articles = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page
      title={t.articles.title}
      heading={t.articles.title}
      className="max-w-4xl"
      actions={
        <Button variant="primary" asChild>
          <Link to="/">{t.shell.newArticle}</Link>
        </Button>
      }
    >
      <div className="mb-4 grid gap-3 sm:grid-cols-[1fr_auto]">
        <SearchBox label={t.articles.search} value={query ?? ''} onSearch={search} />
        <Select
          aria-label={t.deadLinks.filter}
          value={dead ? 'dead-links' : ''}
          onChange={(event) =>
            void navigate({ search: (before) => ({ ...before, show: event.target.value || undefined }), replace: true })
          }
        >
          <option value="">{t.deadLinks.all}</option>
          <option value="dead-links">{t.deadLinks.only}</option>
        </Select>
      </div>
      <Card className="overflow-hidden">
        {pages.isPending ? (
          <SkeletonRows rows={6} />
        ) : pages.error ? (
          <LoadProblem problem={pages.error} onRetry={pages.refetch} />
        ) : articles.length > 0 ? (
          <ArticleList articles={articles} />
        ) : query ? (
          <EmptyState
            title={t.common.nothingFound(query)}
            action={<Button onClick={() => search('')}>{t.common.clearSearch}</Button>}
          >
            {t.articles.nothingFoundHint}
          </EmptyState>
        ) : dead ? (
          <EmptyState title={t.deadLinks.none}>{t.deadLinks.noneHint}</EmptyState>
        ) : (
          <EmptyState
            title={t.articles.empty}
            action={
              <Button variant="primary" asChild>
                <Link to="/">{t.articles.emptyAction}</Link>
              </Button>
            }
          >
            {t.articles.emptyHint}
          </EmptyState>
        )}
      </Card>
      {pages.hasNextPage && (
        <Button className="mt-4 w-full" disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          {t.common.more}
        </Button>
      )}
    </Page>
  );
}
