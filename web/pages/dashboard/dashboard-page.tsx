import type { Overview } from '@/api/client/types.gen.ts';
import { Page } from '@/components/page.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Skeleton, SkeletonRows } from '@/components/ui/skeleton.tsx';
import { t } from '@/strings.ts';
import { LoadProblem } from '../error-pages.tsx';
import { ComingPanel } from './coming-panel.tsx';
import { FirstSteps } from './first-steps.tsx';
import { PublishedPanel } from './published-panel.tsx';
import { SpendPanel } from './spend-panel.tsx';
import { TopicBox } from './topic-box.tsx';
import { useHiddenSteps } from './use-hidden-steps.ts';
import { useOverview } from './use-overview.ts';
import { WaitingPanel } from './waiting-panel.tsx';
import { WorkPanel } from './work-panel.tsx';

/** The home of who is signed in: what is at work, what waits for them, what went out, what comes, and what it costs. */
export function DashboardPage() {
  const overview = useOverview();
  return (
    <Page title={t.dashboard.title} className="max-w-6xl">
      <h1 className="sr-only">{t.dashboard.title}</h1>
      <TopicBox canSearch={overview.data?.canSearch} />
      <div className="mt-8">
        {overview.data ? (
          <Panels overview={overview.data} />
        ) : overview.error ? (
          <LoadProblem problem={overview.error} onRetry={overview.refetch} />
        ) : (
          <PanelSkeletons />
        )}
      </div>
    </Page>
  );
}

const columns = 'grid grid-cols-1 items-start gap-8 xl:grid-cols-[minmax(0,1fr)_20rem]';

function Panels({ overview }: { overview: Overview }) {
  const { hidden, hide } = useHiddenSteps();
  const { site, article, published } = overview.firstSteps;
  const beginning = !hidden && !(site && article && published);
  return (
    <div className={columns}>
      <div className="grid min-w-0 grid-cols-1 gap-8">
        {beginning && <FirstSteps steps={overview.firstSteps} onHide={hide} />}
        <WaitingPanel overview={overview} />
        {(overview.work.total > 0 || !beginning) && <WorkPanel work={overview.work} />}
        {(overview.published.length > 0 || !beginning) && <PublishedPanel published={overview.published} />}
      </div>
      <div className="grid min-w-0 grid-cols-1 gap-8 md:max-xl:grid-cols-2">
        <SpendPanel limits={overview.limits} />
        <ComingPanel coming={overview.coming} timeZone={overview.limits.timeZone} />
      </div>
    </div>
  );
}

function PanelSkeletons() {
  return (
    <div className={columns}>
      <div className="grid grid-cols-1 gap-8">
        {[3, 2].map((rows) => (
          <div key={rows}>
            <Skeleton className="mb-2.5 h-5 w-32" />
            <Card>
              <SkeletonRows rows={rows} />
            </Card>
          </div>
        ))}
      </div>
      <div>
        <Skeleton className="mb-2.5 h-5 w-24" />
        <Card>
          <SkeletonRows rows={3} />
        </Card>
      </div>
    </div>
  );
}
