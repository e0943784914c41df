import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { ArrowLeft } from 'lucide-react';
import { memo, useCallback, useMemo } from 'react';
import { getSiteOptions, listSitePostsInfiniteOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import type { SitePost } from '@/api/client/types.gen.ts';
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
import { LoadProblem, Missing } from '../error-pages.tsx';
import { SyncCard, useSync } from './sync-card.tsx';

/** The posts of a site: what is there, what has vanished, and how fresh that is. */
export function SitePostsPage() {
  const { siteId } = useParams({ from: '/signed-in/sites/$siteId/posts' });
  const { query, show } = useSearch({ from: '/signed-in/sites/$siteId/posts' });
  const navigate = useNavigate({ from: '/sites/$siteId/posts' });
  const gone = show === 'gone';
  const search = useCallback(
    (words: string) => void navigate({ search: (before) => ({ ...before, query: words || undefined }), replace: true }),
    [navigate],
  );
  const site = useQuery(getSiteOptions({ path: { id: siteId } }));
  const sync = useSync(siteId);
  const pages = useInfiniteQuery({
    ...listSitePostsInfiniteOptions({
      path: { id: siteId },
      query: { limit: 50, gone: gone ? 'true' : 'false', ...(query ? { query } : {}) },
    }),
    initialPageParam: { path: { id: siteId } },
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });
  const posts = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data]);
  if (site.error?.status === 404 || site.error?.status === 422) return <Missing what={t.sitePosts.gone} />;
  const empty = gone
    ? [t.sitePosts.noneGone, t.sitePosts.noneGoneHint]
    : sync.state?.listedAt
      ? [t.sitePosts.none, t.sitePosts.noneHint]
      : [t.sitePosts.empty, t.sitePosts.emptyHint];
  return (
    <Page
      title={site.data ? t.sitePosts.titleOf(site.data.name) : t.sitePosts.title}
      heading={site.data ? t.sitePosts.titleOf(site.data.name) : t.sitePosts.title}
      intro={t.sitePosts.intro}
      className="max-w-4xl"
      actions={
        <Button variant="ghost" asChild>
          <Link to="/sites">
            <ArrowLeft aria-hidden="true" />
            {t.sitePosts.back}
          </Link>
        </Button>
      }
    >
      <SyncCard sync={sync} />
      <div className="mb-4 grid gap-3 sm:grid-cols-[1fr_auto]">
        <SearchBox label={t.sitePosts.search} value={query ?? ''} onSearch={search} />
        <Select
          aria-label={t.sitePosts.which}
          value={gone ? 'gone' : ''}
          onChange={(event) =>
            void navigate({
              search: (before) => ({ ...before, show: event.target.value || undefined }),
              replace: true,
            })
          }
        >
          <option value="">{t.sitePosts.there}</option>
          <option value="gone">{t.sitePosts.vanished}</option>
        </Select>
      </div>
      <Card className="overflow-hidden">
        {pages.isPending ? (
          <SkeletonRows rows={6} />
        ) : pages.error && !pages.data ? (
          <LoadProblem problem={pages.error} onRetry={pages.refetch} />
        ) : posts.length > 0 ? (
          <LongList
            label={t.sitePosts.title}
            items={posts}
            keyOf={({ remoteId }) => String(remoteId)}
            rowHeight={98}
            pages={pages}
          >
            {(post) => <PostRow post={post} />}
          </LongList>
        ) : query ? (
          <EmptyState
            title={t.common.nothingFound(query)}
            action={<Button onClick={() => search('')}>{t.common.clearSearch}</Button>}
          >
            {t.sitePosts.nothingFoundHint}
          </EmptyState>
        ) : (
          <EmptyState title={empty[0] ?? ''}>{empty[1]}</EmptyState>
        )}
      </Card>
    </Page>
  );
}

const PostRow = memo(function PostRow({ post }: { post: SitePost }) {
  const title = post.title || t.sitePosts.untitled;
  return (
    <div className="grid grid-cols-1 gap-1 px-4 py-3.5 sm:px-5">
      <div className="flex items-start justify-between gap-4">
        <p dir="auto" lang={post.language ?? undefined} className="min-w-0 font-medium break-words">
          {post.url && !post.goneAt ? (
            <a href={post.url} target="_blank" rel="noopener noreferrer" className="underline-offset-4 hover:underline">
              {title}
            </a>
          ) : (
            title
          )}
        </p>
        <Badge tone={post.goneAt ? 'warning' : 'neutral'}>{t.sitePosts.status[post.status] ?? post.status}</Badge>
      </div>
      {post.url && <p className="text-sm break-all text-muted-foreground">{post.url.replace(/^https?:\/\//, '')}</p>}
      <p className="flex flex-wrap gap-x-4 text-sm text-muted-foreground">
        {post.goneAt ? (
          <span>
            {t.sitePosts.goneSince} <RelativeTime at={post.goneAt} />
          </span>
        ) : (
          post.modifiedAt && (
            <span>
              {t.sitePosts.changed} <RelativeTime at={post.modifiedAt} />
            </span>
          )
        )}
        {post.articleId && (
          <Link
            to="/articles/$articleId"
            params={{ articleId: post.articleId }}
            className="text-accent underline underline-offset-4"
          >
            {t.sitePosts.ours}
          </Link>
        )}
      </p>
    </div>
  );
});
