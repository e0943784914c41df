import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { listUsersInfiniteOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { LongList } from '@/components/long-list.tsx';
import { SearchBox } from '@/components/search-box.tsx';
import { SectionPage } from '@/components/sections.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Select } from '@/components/ui/input.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { t } from '@/strings.ts';
import { adminWords } from '@/strings-account.ts';
import { LoadProblem } from '../error-pages.tsx';
import { UserRow } from './user-row.tsx';

const words = adminWords.users;
const disabledIn: Record<string, 'true' | 'false'> = { disabled: 'true', active: 'false' };

/** Every account of the instance, and what an admin can do about it. */
export function UsersPage() {
  const { query = '', show } = useSearch({ from: '/signed-in/admin/users' });
  const navigate = useNavigate({ from: '/admin/users' });
  const narrow = useCallback(
    (part: { query?: string | undefined; show?: string | undefined }) =>
      void navigate({ search: (before) => ({ ...before, ...part }), replace: true }),
    [navigate],
  );
  const search = useCallback((typed: string) => narrow({ query: typed || undefined }), [narrow]);
  const disabled = show === undefined ? undefined : disabledIn[show];
  const pages = useInfiniteQuery({
    ...listUsersInfiniteOptions({
      query: { limit: 30, ...(query ? { query } : {}), ...(disabled ? { disabled } : {}) },
    }),
    initialPageParam: {},
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });
  const users = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data]);
  return (
    <SectionPage title={words.title}>
      <div className="grid gap-2 sm:grid-cols-[1fr_12rem]">
        <SearchBox label={words.search} value={query} onSearch={search} />
        <Select
          aria-label={words.filter}
          value={disabled === undefined ? '' : show}
          onChange={(event) => narrow({ show: event.target.value || undefined })}
        >
          <option value="">{words.filters.all}</option>
          <option value="active">{words.filters.active}</option>
          <option value="disabled">{words.filters.disabled}</option>
        </Select>
      </div>
      <Card>
        {pages.isPending ? (
          <SkeletonRows rows={5} />
        ) : pages.error && !pages.data ? (
          <LoadProblem problem={pages.error} onRetry={pages.refetch} />
        ) : users.length === 0 ? (
          <EmptyState
            title={query ? t.common.nothingFound(query) : words.noneDisabled}
            action={
              <Button onClick={() => narrow({ query: undefined, show: undefined })}>{t.common.clearSearch}</Button>
            }
          >
            {words.nothingFoundHint}
          </EmptyState>
        ) : (
          <LongList label={words.title} items={users} keyOf={({ id }) => id} rowHeight={98} pages={pages}>
            {(user) => <UserRow user={user} />}
          </LongList>
        )}
      </Card>
    </SectionPage>
  );
}
