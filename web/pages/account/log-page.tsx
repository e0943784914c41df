import { useInfiniteQuery } from '@tanstack/react-query';
import { listMyAuditEventsInfiniteOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import { AuditList } from '@/components/audit-list.tsx';
import { EmptyState } from '@/components/empty-state.tsx';
import { SectionPage } from '@/components/sections.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { useUser } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { accountWords, auditWords } from '@/strings-account.ts';
import { LoadProblem } from '../error-pages.tsx';

const words = accountWords.log;

/** What touched the access to one's own account. */
export function LogPage() {
  const user = useUser();
  const pages = useInfiniteQuery({
    ...listMyAuditEventsInfiniteOptions({ query: { limit: 30 } }),
    initialPageParam: {},
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });
  const events = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <SectionPage title={words.title} intro={words.intro}>
      <Card>
        {pages.isPending ? (
          <SkeletonRows rows={6} />
        ) : pages.error ? (
          <LoadProblem problem={pages.error} onRetry={pages.refetch} />
        ) : events.length === 0 ? (
          <EmptyState title={words.empty}>{words.emptyHint}</EmptyState>
        ) : (
          <AuditList
            events={events}
            actor={(event) =>
              event.actorId !== null && event.actorId !== user.id && event.via !== 'command-line'
                ? auditWords.byAdmin
                : null
            }
          />
        )}
      </Card>
      {pages.hasNextPage && (
        <Button disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          {t.common.more}
        </Button>
      )}
    </SectionPage>
  );
}
