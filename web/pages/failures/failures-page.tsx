import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { listDecisionsInfiniteOptions, listFailuresInfiniteOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { LongList } from '@/components/long-list.tsx';
import { ProblemNotice } from '@/components/notice.tsx';
import { Page } from '@/components/page.tsx';
import { Confirm } from '@/components/ui/alert-dialog.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { t } from '@/strings.ts';
import { LoadProblem } from '../error-pages.tsx';
import { DecisionRow } from './decision-row.tsx';
import { FailureRow } from './failure-row.tsx';
import { useFailures } from './use-failures.ts';

const words = t.failures;
const paging = {
  initialPageParam: {},
  getNextPageParam: (last: { nextCursor: string | null }) => last.nextCursor ?? undefined,
};

/** What has failed and what waits for a person, each with the cause and what can be done from here. */
export function FailuresPage() {
  const { show } = useSearch({ from: '/signed-in/failures' });
  const navigate = useNavigate({ from: '/failures' });
  const dismissed = show === 'dismissed';
  const failed = useInfiniteQuery({
    ...listFailuresInfiniteOptions({ query: { limit: 50, dismissed: dismissed ? 'true' : 'false' } }),
    ...paging,
  });
  const decisions = useInfiniteQuery({ ...listDecisionsInfiniteOptions({ query: { limit: 50 } }), ...paging });
  const letters = useMemo(() => failed.data?.pages.flatMap((page) => page.items) ?? [], [failed.data]);
  const waiting = decisions.data?.pages.flatMap((page) => page.items) ?? [];
  const commands = useFailures(letters);
  const nothing = letters.length === 0 && (dismissed || waiting.length === 0);
  return (
    <Page title={words.title} heading={words.title} intro={words.intro} className="max-w-4xl">
      <div className="grid grid-cols-1 gap-6">
        {commands.problem && <ProblemNotice problem={commands.problem} />}
        {failed.isPending || decisions.isPending ? (
          <SkeletonRows rows={4} />
        ) : failed.error && !failed.data ? (
          <LoadProblem problem={failed.error} onRetry={failed.refetch} />
        ) : decisions.error ? (
          <LoadProblem problem={decisions.error} onRetry={decisions.refetch} />
        ) : nothing ? (
          <Card>
            <EmptyState title={dismissed ? words.noneDismissed : words.empty}>
              {dismissed ? words.noneDismissedHint : words.emptyHint}
            </EmptyState>
          </Card>
        ) : (
          <>
            {!dismissed && waiting.length > 0 && (
              <section aria-labelledby="waiting" className="grid grid-cols-1 gap-3">
                <h2 id="waiting" className="text-lg font-semibold">
                  {words.waiting}
                </h2>
                <Card className="overflow-hidden">
                  <ul className="divide-y divide-border">
                    {waiting.map((decision) => (
                      <DecisionRow key={decision.id} decision={decision} />
                    ))}
                  </ul>
                </Card>
                {decisions.hasNextPage && (
                  <Button disabled={decisions.isFetchingNextPage} onClick={() => void decisions.fetchNextPage()}>
                    {t.common.more}
                  </Button>
                )}
              </section>
            )}
            {letters.length > 0 && (
              <section aria-labelledby="failed" className="grid grid-cols-1 gap-3">
                <div className="flex flex-wrap items-center justify-between gap-3">
                  <h2 id="failed" className="text-lg font-semibold">
                    {dismissed ? words.dismissed : words.failed}
                  </h2>
                  {!dismissed && (
                    <div className="flex flex-wrap gap-2">
                      <Button disabled={commands.busy} onClick={() => commands.redrive({ all: true })}>
                        {words.againAll}
                      </Button>
                      <Confirm
                        trigger={
                          <Button variant="ghost" disabled={commands.busy}>
                            {words.dismissAll}
                          </Button>
                        }
                        title={words.dismissAllTitle}
                        description={words.dismissAllText}
                        confirm={words.dismissAll}
                        keep={t.common.cancel}
                        onConfirm={() => commands.dismiss({ all: true })}
                      />
                    </div>
                  )}
                </div>
                <Card className="overflow-hidden">
                  <LongList
                    label={dismissed ? words.dismissed : words.failed}
                    items={letters}
                    keyOf={({ id }) => id}
                    rowHeight={190}
                    pages={failed}
                  >
                    {(failure) => <FailureRow failure={failure} commands={commands} />}
                  </LongList>
                </Card>
              </section>
            )}
          </>
        )}
        <Button
          variant="ghost"
          className="justify-self-start"
          onClick={() => void navigate({ search: dismissed ? {} : { show: 'dismissed' } })}
        >
          {dismissed ? words.hideDismissed : words.showDismissed}
        </Button>
      </div>
    </Page>
  );
}
