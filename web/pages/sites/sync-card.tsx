import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { RefreshCw } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { getSiteSyncOptions, syncSitePostsMutation } from '@/api/client/@tanstack/react-query.gen.ts';
import { Figure } from '@/components/figure.tsx';
import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { formatCount } from '@/format/money.ts';
import { t } from '@/strings.ts';

/** How often a reading that is under way is looked at, and one that is not, in milliseconds. */
const busyMs = 1_500;
const idleMs = 15_000;

/** How far the reading of a site is, kept up to date, and the way to have it read now. */
export function useSync(siteId: string) {
  const queries = useQueryClient();
  const path = { id: siteId };
  const query = useQuery({
    ...getSiteSyncOptions({ path }),
    refetchInterval: ({ state }) => (state.data && isBusy(state.data) ? busyMs : idleMs),
  });
  const request = useMutation({
    ...syncSitePostsMutation(),
    onSettled: () => queries.invalidateQueries({ queryKey: getSiteSyncOptions({ path }).queryKey }),
  });
  const state = query.data;
  const seen = useRef('');
  const version = state ? `${state.posts} ${state.syncedAt} ${state.listedAt}` : '';
  useEffect(() => {
    const before = seen.current;
    seen.current = version;
    if (before && version && before !== version)
      void queries.invalidateQueries({ queryKey: [{ _id: 'listSitePosts' }] });
  }, [version, queries]);
  return {
    state,
    problem: request.error ?? query.error,
    busy: request.isPending || (state !== undefined && isBusy(state)),
    start: () => request.mutate({ path }),
  };
}

/** Also when it was asked for and a worker is about to begin. */
function isBusy({ running, nextSyncAt, error }: { running: boolean; nextSyncAt: string | null; error: unknown }) {
  return running || (error === null && nextSyncAt !== null && Date.parse(nextSyncAt) < Date.now() + 35_000);
}

/** How fresh the list of posts is. */
export function SyncCard({ sync: { state, problem, busy, start } }: { sync: ReturnType<typeof useSync> }) {
  return (
    <Card className="mb-5 grid gap-4 p-4 sm:p-5">
      <div className="flex flex-wrap items-start justify-between gap-4">
        <dl className="grid grow grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-4">
          <Figure label={t.sitePosts.known}>
            <span aria-live="polite">
              {state ? t.sitePosts.count(formatCount(state.posts), state.posts) : t.common.loading}
            </span>
          </Figure>
          <Figure label={t.sitePosts.upToDate}>
            {state?.syncedAt ? <RelativeTime at={state.syncedAt} /> : t.sitePosts.never}
          </Figure>
          <Figure label={t.sitePosts.listed}>
            {state?.listedAt ? <RelativeTime at={state.listedAt} /> : t.sitePosts.never}
          </Figure>
          <Figure label={t.sitePosts.next}>
            {busy || !state?.nextSyncAt ? busy ? t.sitePosts.soon : '–' : <RelativeTime at={state.nextSyncAt} />}
          </Figure>
        </dl>
        <Button size="small" aria-disabled={busy || state?.nextSyncAt === null} onClick={() => !busy && start()}>
          <RefreshCw aria-hidden="true" className={busy ? 'animate-spin' : ''} />
          {busy ? t.sitePosts.syncing : t.sitePosts.sync}
        </Button>
      </div>
      {state?.nextSyncAt === null && <p className="text-muted-foreground">{t.sitePosts.halted}</p>}
      {state?.error && !state.running && (
        <Notice tone="warning" title={t.sitePosts.failed}>
          <p className="break-words">
            <ServerText>{state.error.message}</ServerText>
          </p>
          <p>
            <ServerText>{state.error.hint}</ServerText> {t.sitePosts.again}
          </p>
        </Notice>
      )}
      {problem && <ProblemNotice problem={problem} />}
    </Card>
  );
}
