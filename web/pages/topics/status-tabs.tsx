import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { countTopicsOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import { formatCount } from '@/format/money.ts';
import { t } from '@/strings.ts';
import { statuses, type TopicStatus } from './use-topics.ts';

const words = t.topics;

/** How many topics there are of each status, for a site or all of them; undefined until it is known. */
export function useTopicCounts(siteId: string | undefined) {
  return useQuery(countTopicsOptions({ query: siteId ? { siteId } : {} })).data;
}

/** The four lists of topics, with how many stand in each. */
export function StatusTabs({ status, siteId }: { status: TopicStatus; siteId: string | undefined }) {
  const counts = useTopicCounts(siteId);
  return (
    <nav
      aria-label={words.which}
      className="flex min-w-0 gap-1 overflow-x-auto [scrollbar-width:none] max-sm:-mx-4 max-sm:px-4 sm:gap-1.5"
    >
      {statuses.map((name) => (
        <Link
          key={name}
          to="/topics"
          search={(before) => ({ ...before, show: name === 'open' ? undefined : name, edit: undefined })}
          activeOptions={{ exact: true, includeSearch: true }}
          aria-current={name === status ? 'page' : undefined}
          className="flex h-9 shrink-0 items-center gap-2 rounded-full border border-border bg-card px-3 sm:px-3.5 focus-visible:-outline-offset-2 text-sm font-medium text-muted-foreground transition-colors hover:text-foreground aria-[current=page]:border-primary aria-[current=page]:bg-primary aria-[current=page]:text-primary-foreground"
        >
          {words.shows[name]}
          {counts !== undefined && counts[name] > 0 && (
            <span className="text-xs tabular-nums">{formatCount(counts[name])}</span>
          )}
        </Link>
      ))}
    </nav>
  );
}
