import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { listSchedulesInfiniteOptions, listSitesOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { Page } from '@/components/page.tsx';
import { toast } from '@/components/toaster.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { keptForm } from '@/session/kept-forms.ts';
import { t } from '@/strings.ts';
import { scheduleWords as words } from '@/strings-schedules.ts';
import { LoadProblem } from '../error-pages.tsx';
import { ScheduleCard } from './schedule-card.tsx';
import { keptScheduleForm, ScheduleForm } from './schedule-form.tsx';

/** The schedules: when they run, how they stand, and a form for another one. */
export function SchedulesPage() {
  const schedules = useInfiniteQuery({
    ...listSchedulesInfiniteOptions({ query: { limit: 25 } }),
    initialPageParam: {},
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    refetchInterval: 30_000,
  });
  const sites = useQuery(listSitesOptions({ query: { limit: 100 } }));
  const [adding, setAdding] = useState(() => keptForm(keptScheduleForm()) !== undefined);
  const items = schedules.data?.pages.flatMap((page) => page.items) ?? [];
  const add = (
    <Button variant="primary" onClick={() => setAdding(true)}>
      <Plus aria-hidden="true" />
      {words.add}
    </Button>
  );
  return (
    <Page
      title={words.title}
      heading={words.title}
      intro={words.intro}
      actions={!adding && items.length > 0 ? add : undefined}
    >
      <div className="grid grid-cols-1 gap-5">
        {adding && (
          <ScheduleForm
            onDone={() => {
              setAdding(false);
              toast(words.saved);
            }}
            onCancel={() => setAdding(false)}
          />
        )}
        {schedules.isPending ? (
          <SkeletonRows rows={4} />
        ) : schedules.error ? (
          <LoadProblem problem={schedules.error} onRetry={schedules.refetch} />
        ) : items.length === 0 ? (
          !adding && (
            <Card>
              <EmptyState title={words.empty} action={add}>
                {words.emptyHint}
              </EmptyState>
            </Card>
          )
        ) : (
          items.map((schedule) => (
            <ScheduleCard
              key={schedule.id}
              schedule={schedule}
              site={sites.data?.items.find(({ id }) => id === schedule.siteId)}
            />
          ))
        )}
        {schedules.hasNextPage && (
          <Button className="justify-self-center" onClick={() => void schedules.fetchNextPage()}>
            {t.common.more}
          </Button>
        )}
      </div>
    </Page>
  );
}
