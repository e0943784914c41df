import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import { EmptyState } from '@/components/empty-state.tsx';
import { SearchBox } from '@/components/search-box.tsx';
import { SectionPage } from '@/components/sections.tsx';
import { SiteSelect } from '@/components/site-select.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { t } from '@/strings.ts';
import { LoadProblem } from '../error-pages.tsx';
import { AddTopics } from './add-topics.tsx';
import { BacklogList } from './backlog-list.tsx';
import { CommandProblem } from './command-problem.tsx';
import { FindGaps } from './find-gaps.tsx';
import { PastList } from './past-list.tsx';
import { ProposalList } from './proposal-list.tsx';
import { StatusTabs, useTopicCounts } from './status-tabs.tsx';
import { useSites } from './use-sites.ts';
import { useTopicCommands } from './use-topic-commands.ts';
import { statuses, type TopicFilter, useTopics } from './use-topics.ts';

const words = t.topics;

/** The backlog: what is to be written about, in which order, what is proposed, and what has become of the rest. */
export function TopicsPage() {
  const { show, site: siteId, query, edit } = useSearch({ from: '/signed-in/topics/' });
  const navigate = useNavigate({ from: '/topics/' });
  const status = statuses.find((name) => name === show) ?? 'open';
  const filter: TopicFilter = { status, siteId, query };
  const { sites, nameOf } = useSites();
  const total = useTopicCounts(siteId)?.[status];
  const { pages, topics } = useTopics(filter);
  const commands = useTopicCommands(filter);
  const search = useCallback(
    (typed: string) => void navigate({ search: (before) => ({ ...before, query: typed || undefined }), replace: true }),
    [navigate],
  );
  const list = { topics, nameOf, commands, total: query ? undefined : total, pages };
  return (
    <SectionPage
      title={words.backlog}
      intro={words.intro}
      actions={status === 'proposed' && <FindGaps siteId={siteId} />}
    >
      {status === 'open' && <AddTopics key={siteId} siteId={siteId} />}
      <div className="flex flex-wrap items-center justify-between gap-3">
        <StatusTabs status={status} siteId={siteId} />
        <div className="grid min-w-0 grow grid-cols-1 gap-3 sm:max-w-md sm:grid-cols-2">
          <SearchBox label={words.search} value={query ?? ''} onSearch={search} />
          <SiteSelect
            aria-label={words.site}
            sites={sites}
            value={siteId ?? ''}
            none={words.allSites}
            onSite={(id) =>
              void navigate({ search: (before) => ({ ...before, site: id || undefined }), replace: true })
            }
          />
        </div>
      </div>
      <CommandProblem commands={commands} />
      <Card>
        {pages.isPending ? (
          <SkeletonRows rows={6} />
        ) : pages.error && !pages.data ? (
          <LoadProblem problem={pages.error} onRetry={pages.refetch} />
        ) : topics.length === 0 ? (
          <Nothing filter={filter} onClear={() => search('')} />
        ) : status === 'open' ? (
          <BacklogList
            {...list}
            movable={!query}
            editing={edit}
            onEdit={(id) =>
              void navigate({
                search: (before) => ({ ...before, edit: id ?? undefined }),
                replace: true,
                resetScroll: false,
              })
            }
          />
        ) : status === 'proposed' ? (
          <ProposalList {...list} />
        ) : (
          <PastList {...list} status={status} />
        )}
      </Card>
    </SectionPage>
  );
}

/** In place of a list that is empty: why, and what to do. */
function Nothing({ filter: { status, siteId, query }, onClear }: { filter: TopicFilter; onClear: () => void }) {
  if (query) {
    return (
      <EmptyState
        title={t.common.nothingFound(query)}
        action={<Button onClick={onClear}>{t.common.clearSearch}</Button>}
      >
        {words.nothingFoundHint}
      </EmptyState>
    );
  }
  if (siteId && status === 'open') {
    return <EmptyState title={words.openForSite.title}>{words.openForSite.hint}</EmptyState>;
  }
  const ways =
    status === 'open' || status === 'proposed' ? (
      <div className="flex flex-wrap justify-center gap-2">
        {status === 'open' && (
          <Button asChild>
            <Link to="/topics/import">{words.importLink}</Link>
          </Button>
        )}
        <Button asChild>
          <Link to="/topics/sources">{words.sourcesLink}</Link>
        </Button>
      </div>
    ) : undefined;
  return (
    <EmptyState title={words.empty[status].title} action={ways}>
      {words.empty[status].hint}
    </EmptyState>
  );
}
