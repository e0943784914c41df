import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { listArticlesInfiniteOptions, listSitesOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import type { ListArticlesData } from '@/api/client/types.gen.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { LongList } from '@/components/long-list.tsx';
import { Page } from '@/components/page.tsx';
import { SearchBox } from '@/components/search-box.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Select } from '@/components/ui/input.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { t } from '@/strings.ts';
import { LoadProblem } from '../error-pages.tsx';
import { ArticleRow } from './article-row.tsx';
import { SelectionBar } from './selection-bar.tsx';
import { useArticleCommands } from './use-article-commands.ts';

const words = t.articleList;
type Filter = keyof typeof words.filters;
const filters = Object.keys(words.filters) as Filter[];
/** As many are done at once as one export takes. */
const mostSelected = 200;

type Asked = NonNullable<ListArticlesData['query']>;
const askedOf: Record<Filter, Asked> = {
  all: {},
  draft: { status: 'draft' },
  ready: { status: 'ready' },
  approved: { status: 'approved' },
  published: { status: 'published' },
  'dead-links': { deadLinks: 'true' },
  bin: { deleted: 'true' },
};

/** Every article, newest first, by words, state and site; what is selected is published, exported or deleted together. */
export function ArticlesPage() {
  const { query = '', show, site } = useSearch({ from: '/signed-in/articles' });
  const filter = filters.find((name) => name === show) ?? 'all';
  const navigate = useNavigate({ from: '/articles' });
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const clear = useCallback(() => setSelected(new Set()), []);
  const narrow = useCallback(
    (part: { query?: string | undefined; show?: string | undefined; site?: string | undefined }) => {
      clear();
      void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
    },
    [navigate, clear],
  );
  const search = useCallback((text: string) => narrow({ query: text || undefined }), [narrow]);
  const sites = useQuery({ ...listSitesOptions({ query: { limit: 100 } }), staleTime: 60_000 }).data?.items ?? [];
  const pages = useInfiniteQuery({
    ...listArticlesInfiniteOptions({
      query: { limit: 50, ...askedOf[filter], ...(query ? { query } : {}), ...(site ? { siteId: site } : {}) },
    }),
    initialPageParam: {},
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });
  const articles = useMemo(() => pages.data?.pages.flatMap(({ items }) => items) ?? [], [pages.data]);
  const chosen = articles.filter(({ id }) => selected.has(id)).map(({ id }) => id);
  const commands = useArticleCommands();
  const { restore } = commands;
  const toggle = useCallback((id: string) => {
    setSelected((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the rows need not be drawn anew with each answer
  const restoreOne = useCallback((id: string) => restore([id]), []);
  const bin = filter === 'bin';
  const all = articles.slice(0, mostSelected);
  return (
    <Page
      title={bin ? words.filters.bin : t.articles.title}
      heading={bin ? words.filters.bin : t.articles.title}
      intro={bin && words.binIntro}
      className="max-w-4xl"
      actions={
        <>
          <Button asChild>
            <Link to="/articles/import">{words.import}</Link>
          </Button>
          <Button variant="primary" asChild>
            <Link to="/new">{t.shell.newArticle}</Link>
          </Button>
        </>
      }
    >
      <div className="mb-4 grid gap-3 sm:flex sm:[&>*:not(:first-child)]:w-44">
        <SearchBox label={t.articles.search} value={query} onSearch={search} className="flex-1" />
        <Select
          aria-label={words.show}
          value={filter}
          onChange={(event) => narrow({ show: event.target.value === 'all' ? undefined : event.target.value })}
        >
          {filters.map((name) => (
            <option key={name} value={name}>
              {words.filters[name]}
            </option>
          ))}
        </Select>
        {sites.length > 1 && (
          <Select
            aria-label={words.site}
            value={site ?? ''}
            onChange={(event) => narrow({ site: event.target.value || undefined })}
          >
            <option value="">{words.anySite}</option>
            {sites.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
        )}
      </div>
      <Card className="overflow-hidden">
        {pages.isPending ? (
          <SkeletonRows rows={6} />
        ) : pages.error && !pages.data ? (
          <LoadProblem problem={pages.error} onRetry={pages.refetch} />
        ) : articles.length > 0 ? (
          <>
            <label className="flex items-center gap-3 border-b border-border py-2 pr-4 pl-2 text-sm text-muted-foreground">
              <span className="grid size-8 place-items-center">
                <input
                  type="checkbox"
                  checked={chosen.length > 0 && chosen.length >= all.length}
                  onChange={(event) => setSelected(new Set(event.target.checked ? all.map(({ id }) => id) : []))}
                  className="size-4 accent-accent"
                />
              </span>
              {words.selectAll}
            </label>
            <LongList label={t.articles.title} items={articles} keyOf={({ id }) => id} rowHeight={102} pages={pages}>
              {(article) => (
                <ArticleRow
                  article={article}
                  selected={selected.has(article.id)}
                  onSelect={toggle}
                  onRestore={restoreOne}
                />
              )}
            </LongList>
          </>
        ) : query ? (
          <EmptyState
            title={t.common.nothingFound(query)}
            action={<Button onClick={() => search('')}>{t.common.clearSearch}</Button>}
          >
            {t.articles.nothingFoundHint}
          </EmptyState>
        ) : bin ? (
          <EmptyState title={words.binEmpty}>{words.binEmptyHint}</EmptyState>
        ) : filter === 'dead-links' ? (
          <EmptyState title={t.deadLinks.none}>{t.deadLinks.noneHint}</EmptyState>
        ) : filter !== 'all' || site ? (
          <EmptyState
            title={words.noneWith}
            action={<Button onClick={() => narrow({ show: undefined, site: undefined })}>{words.showAll}</Button>}
          >
            {words.noneWithHint}
          </EmptyState>
        ) : (
          <EmptyState
            title={t.articles.empty}
            action={
              <Button variant="primary" asChild>
                <Link to="/new">{t.articles.emptyAction}</Link>
              </Button>
            }
          >
            {t.articles.emptyHint}
          </EmptyState>
        )}
      </Card>
      {chosen.length > 0 && <SelectionBar ids={chosen} bin={bin} commands={commands} onClear={clear} />}
    </Page>
  );
}
