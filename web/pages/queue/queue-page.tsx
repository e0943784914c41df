import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listSitesOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { Page } from '@/components/page.tsx';
import { Button } from '@/components/ui/button.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { t } from '@/strings.ts';
import { LoadProblem } from '../error-pages.tsx';
import { SiteQueue } from './site-queue.tsx';

/** The queues of all sites: what goes out, in which order and when, and what stands in the way. */
export function QueuePage() {
  const sites = useQuery(listSitesOptions({ query: { limit: 100 } }));
  return (
    <Page title={t.queue.title} heading={t.queue.title} intro={t.queue.intro}>
      {sites.isPending ? (
        <SkeletonRows rows={4} />
      ) : sites.error ? (
        <LoadProblem problem={sites.error} onRetry={sites.refetch} />
      ) : sites.data.items.length === 0 ? (
        <EmptyState
          title={t.queue.noSites}
          action={
            <Button variant="primary" asChild>
              <Link to="/sites">{t.sites.add}</Link>
            </Button>
          }
        >
          {t.queue.noSitesHint}
        </EmptyState>
      ) : (
        <div className="grid grid-cols-1 gap-6">
          {sites.data.items.map((site) => (
            <SiteQueue key={site.id} siteId={site.id} name={site.name} />
          ))}
        </div>
      )}
    </Page>
  );
}
