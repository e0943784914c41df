import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import { listSourceDocumentsInfiniteOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import type { SourceDocument } from '@/api/client/types.gen.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { LongList } from '@/components/long-list.tsx';
import { Page } from '@/components/page.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { SearchBox } from '@/components/search-box.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Select } from '@/components/ui/input.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { t } from '@/strings.ts';
import { sourceLibraryWords as words } from '@/strings-sources.ts';
import { LoadProblem } from '../error-pages.tsx';
import { SourceDetails } from './source-details.tsx';

const shows = ['', 'used', 'unused', 'deleted'] as const;

/** Everything that articles were written from: found, looked into, read again, deleted. */
export function SourceLibraryPage() {
  const { query, show: asked, source: opened } = useSearch({ from: '/signed-in/sources' });
  const navigate = useNavigate({ from: '/sources' });
  const show = shows.find((name) => name === asked) ?? '';
  const search = useCallback(
    (typed: string) => void navigate({ search: (before) => ({ ...before, query: typed || undefined }), replace: true }),
    [navigate],
  );
  const open = (id: string | undefined) =>
    void navigate({ search: (before) => ({ ...before, source: id }), resetScroll: false, replace: id === undefined });
  const pages = useInfiniteQuery({
    ...listSourceDocumentsInfiniteOptions({
      query: {
        limit: 50,
        ...(query ? { query } : {}),
        ...(show === 'used' ? { used: 'true' } : show === 'unused' ? { used: 'false' } : {}),
        ...(show === 'deleted' ? { deleted: 'true' } : {}),
      },
    }),
    initialPageParam: {},
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });
  const sources = pages.data?.pages.flatMap(({ items }) => items) ?? [];
  const count = sources.length;
  // With nothing there, everything but the way to begin is in the way.
  const bare = pages.isSuccess && count === 0 && !query && show === '';
  return (
    <Page
      title={words.title}
      heading={words.title}
      intro={words.intro}
      className="max-w-4xl"
      actions={
        <Button asChild>
          <Link to="/topics/sources">{words.watched}</Link>
        </Button>
      }
    >
      {!bare && (
        <div className="mb-4 grid gap-3 sm:flex sm:[&>*:not(:first-child)]:w-48">
          <SearchBox label={words.search} value={query ?? ''} onSearch={search} className="flex-1" />
          <Select
            aria-label={words.show}
            value={show}
            onChange={(event) =>
              void navigate({
                search: (before) => ({ ...before, show: event.target.value || undefined }),
                replace: true,
              })
            }
          >
            {shows.map((name) => (
              <option key={name} value={name}>
                {words.shows[name]}
              </option>
            ))}
          </Select>
        </div>
      )}
      {show === 'deleted' && count > 0 && <p className="mb-4 text-sm text-muted-foreground">{words.deletedHint}</p>}
      <Card className="overflow-hidden">
        {pages.isPending ? (
          <SkeletonRows rows={6} />
        ) : pages.error && !pages.data ? (
          <LoadProblem problem={pages.error} onRetry={pages.refetch} />
        ) : count > 0 ? (
          <LongList items={sources} keyOf={({ id }) => id} label={words.list} rowHeight={68} pages={pages}>
            {(source) => <SourceRow source={source} onOpen={() => open(source.id)} />}
          </LongList>
        ) : query ? (
          <EmptyState
            title={t.common.nothingFound(query)}
            action={<Button onClick={() => search('')}>{t.common.clearSearch}</Button>}
          >
            {words.nothingFoundHint}
          </EmptyState>
        ) : show === '' ? (
          <EmptyState
            title={words.empty}
            action={
              <Button variant="primary" asChild>
                <Link to="/new">{words.start}</Link>
              </Button>
            }
          >
            {words.emptyHint}
          </EmptyState>
        ) : (
          <EmptyState title={words.emptyShow[show]?.title ?? words.empty}>{words.emptyShow[show]?.hint}</EmptyState>
        )}
      </Card>
      {opened && <SourceDetails key={opened} id={opened} onClose={() => open(undefined)} onOpen={open} />}
    </Page>
  );
}

function SourceRow({ source, onOpen }: { source: SourceDocument; onOpen: () => void }) {
  const { title, kind, articles, claims, wordCount, fetchedAt } = source;
  return (
    <div className="relative grid grid-cols-1 gap-x-4 gap-y-1 px-4 py-3 transition-colors hover:bg-muted/60 sm:grid-cols-[minmax(0,1fr)_auto] sm:items-center sm:px-5">
      <div className="min-w-0">
        <button
          type="button"
          aria-label={words.open(title)}
          onClick={onOpen}
          dir="auto"
          className="block w-full truncate rounded-sm text-left font-medium after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
        >
          {title}
        </button>
        <p className="flex flex-wrap gap-x-3 text-sm text-muted-foreground">
          <span className="max-w-full truncate">{placeOf(source) ?? words.kinds[kind]}</span>
          <span>{words.words(wordCount)}</span>
          <span>
            {words.read} <RelativeTime at={fetchedAt} />
          </span>
        </p>
      </div>
      <p className="justify-self-start">
        {articles > 0 ? (
          <Badge tone="success">{words.usedIn(articles, claims)}</Badge>
        ) : (
          <Badge tone="neutral">{words.unused}</Badge>
        )}
      </p>
    </div>
  );
}

/** Who is behind a page: the site by its name, else its host. */
function placeOf({ siteName, url }: SourceDocument): string | null {
  return siteName ?? (url ? (URL.parse(url)?.hostname.replace(/^www\./, '') ?? null) : null);
}
