import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { listMyAuditEventsInfiniteOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import { AuditList } from '@/components/audit-list.tsx';
import { EmptyState } from '@/components/empty-state.tsx';
import { SectionPage } from '@/components/sections.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { useUser } from '@/session/session.ts';
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
  const events = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data]);
  return (
    <SectionPage title={words.title} intro={words.intro}>
      <Card>
        {pages.isPending ? (
          <SkeletonRows rows={6} />
        ) : pages.error && !pages.data ? (
          <LoadProblem problem={pages.error} onRetry={pages.refetch} />
        ) : events.length === 0 ? (
          <EmptyState title={words.empty}>{words.emptyHint}</EmptyState>
        ) : (
          <AuditList
            label={words.title}
            events={events}
            pages={pages}
            actor={(event) =>
              event.actorId !== null && event.actorId !== user.id && event.via !== 'command-line'
                ? auditWords.byAdmin
                : null
            }
          />
        )}
      </Card>
    </SectionPage>
  );
}
