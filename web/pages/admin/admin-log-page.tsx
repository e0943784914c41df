import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { listAuditEventsInfiniteOptions, listUsersOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import { AuditList } from '@/components/audit-list.tsx';
import { EmptyState } from '@/components/empty-state.tsx';
import { SectionPage } from '@/components/sections.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Select } from '@/components/ui/input.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { adminWords, auditWords } from '@/strings-account.ts';
import { LoadProblem } from '../error-pages.tsx';

const words = adminWords.log;

/** Everything that touched access to the instance. */
export function AdminLogPage() {
  const { action, user } = useSearch({ from: '/signed-in/admin/log' });
  const navigate = useNavigate({ from: '/admin/log' });
  const users = useQuery(listUsersOptions({ query: { limit: 100 } })).data?.items ?? [];
  const pages = useInfiniteQuery({
    ...listAuditEventsInfiniteOptions({
      query: { limit: 50, ...(action ? { action } : {}), ...(user ? { userId: user } : {}) },
    }),
    initialPageParam: {},
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });
  const events = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data]);
  const addressOf = (id: string) => users.find((known) => known.id === id)?.email ?? id;
  const narrow = (part: { action?: string | undefined; user?: string | undefined }) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  return (
    <SectionPage title={words.title} intro={words.intro}>
      <div className="grid gap-2 sm:grid-cols-2">
        <Select
          aria-label={words.action}
          value={action ?? ''}
          onChange={(event) => narrow({ action: event.target.value || undefined })}
        >
          <option value="">{words.anyAction}</option>
          {Object.entries(auditWords.actions).map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </Select>
        <Select
          aria-label={words.user}
          value={user ?? ''}
          onChange={(event) => narrow({ user: event.target.value || undefined })}
        >
          <option value="">{words.anyUser}</option>
          {user && !users.some((known) => known.id === user) && <option value={user}>{user}</option>}
          {users.map((known) => (
            <option key={known.id} value={known.id}>
              {known.email}
            </option>
          ))}
        </Select>
      </div>
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
            about={(event) => (event.userId === null ? words.nobody : addressOf(event.userId))}
            actor={(event) =>
              event.actorId !== null && event.actorId !== event.userId ? auditWords.by(addressOf(event.actorId)) : null
            }
          />
        )}
      </Card>
    </SectionPage>
  );
}
