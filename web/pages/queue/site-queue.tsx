import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import type { Publication } from '@/api/client/types.gen.ts';
import { LongList } from '@/components/long-list.tsx';
import type { MorePages } from '@/components/more-rows.tsx';
import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { toast } from '@/components/toaster.tsx';
import { Confirm } from '@/components/ui/alert-dialog.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { t } from '@/strings.ts';
import { LoadProblem } from '../error-pages.tsx';
import { QueueItem } from './queue-item.tsx';
import { useQueue, useQueueCommands } from './use-queue.ts';

/** What goes out now, what waits its turn, and what waits for its time. */
function partsOf(items: Publication[]) {
  return {
    sending: items.filter(({ status }) => status === 'publishing'),
    waiting: items.filter(
      ({ status, waiting }) => status === 'queued' || (status === 'scheduled' && waiting?.reason !== 'time'),
    ),
    scheduled: items.filter(({ waiting }) => waiting?.reason === 'time'),
  };
}

/** The queue of one site, with everything that can be done with it. */
export function SiteQueue({ siteId, name }: { siteId: string; name: string }) {
  const { queue, attention, done } = useQueue(siteId);
  const commands = useQueueCommands();
  const { move, said } = useMoves(commands.update.mutateAsync);
  const parts = useMemo(() => partsOf(queue.data?.pages.flatMap(({ items }) => items) ?? []), [queue.data]);
  if (queue.isPending) return <SkeletonRows rows={3} />;
  const [state] = queue.data?.pages ?? [];
  if (!state) return queue.error && <LoadProblem problem={queue.error} onRetry={queue.refetch} />;
  const { counts, pausedBy, pausedAt, quietUntil, message, timeZone } = state;
  const { sending, waiting, scheduled } = parts;
  const path = { id: siteId };
  const needing = counts.failed + counts.conflict > 0 ? (attention.data?.items ?? []) : [];
  const lately = done.data?.items ?? [];
  const act = (work: () => void) => {
    commands.forget();
    work();
  };
  const say = { onSuccess: ({ changed }: { changed: number }) => toast(t.queue.changed(changed)) };
  const item = (publication: Publication) => ({ publication, timeZone, commands });
  return (
    <Card aria-label={name} className="overflow-hidden">
      <div className="flex flex-wrap items-center justify-between gap-3 p-4 sm:p-5">
        <h2 className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1 font-semibold">
          <bdi className="break-words">{name}</bdi>
          {pausedBy && <Badge tone="warning">{pausedBy === 'user' ? t.queue.paused : t.queue.pausedBySite}</Badge>}
          {!pausedBy && quietUntil && <Badge tone="warning">{t.queue.quiet}</Badge>}
        </h2>
        {pausedBy ? (
          <Button
            size="small"
            aria-label={t.queue.resumeOf(name)}
            onClick={() => act(() => commands.resume.mutate({ path }))}
          >
            {t.queue.resume}
          </Button>
        ) : (
          <Button
            size="small"
            aria-label={t.queue.pauseOf(name)}
            onClick={() => act(() => commands.pause.mutate({ path }))}
          >
            {t.queue.pause}
          </Button>
        )}
      </div>
      <p className="sr-only" aria-live="polite">
        {said}
      </p>
      <div className="grid grid-cols-1 gap-5 px-4 pb-5 sm:px-5">
        {message && (
          <Notice tone="warning" title={message}>
            {pausedAt && (
              <p className="text-sm">
                {t.queue.since} <RelativeTime at={pausedAt} />
              </p>
            )}
            {!pausedAt && quietUntil && (
              <p className="text-sm">
                {t.queue.until} <RelativeTime at={quietUntil} />
              </p>
            )}
          </Notice>
        )}
        {commands.problem && <ProblemNotice problem={commands.problem} />}
        {sending.length + waiting.length + scheduled.length === 0 && (
          <div>
            <p className="font-medium">{t.queue.empty}</p>
            <p className="text-sm text-muted-foreground">{t.queue.emptyHint}</p>
          </div>
        )}
        <Part title={t.queue.sending} items={sending}>
          {(publication) => <QueueItem {...item(publication)} />}
        </Part>
        <Part
          title={t.queue.waiting}
          items={waiting}
          pages={scheduled.length === 0 ? queue : undefined}
          actions={
            counts.queued + counts.scheduled > 1 && (
              <Confirm
                trigger={
                  <Button size="small" variant="ghost">
                    {t.queue.cancelAll}
                  </Button>
                }
                title={t.queue.cancelAllTitle(name)}
                description={t.queue.cancelAllText}
                confirm={t.queue.cancelAllConfirm}
                keep={t.common.keep}
                onConfirm={() => act(() => commands.cancelAll.mutate({ path }, say))}
              />
            )
          }
        >
          {(publication, index) => (
            <QueueItem
              {...item(publication)}
              place={index + 1}
              onMove={(by) => act(() => void move(waiting, index, by))}
              // Behind the last that was read there are others.
              last={index >= waiting.length - (queue.hasNextPage && scheduled.length === 0 ? 2 : 1)}
            />
          )}
        </Part>
        <Part title={t.queue.scheduled} items={scheduled} pages={queue}>
          {(publication) => <QueueItem {...item(publication)} />}
        </Part>
        <Part
          title={t.queue.attention}
          items={needing}
          actions={
            counts.failed > 0 && (
              <Button size="small" variant="ghost" onClick={() => act(() => commands.retryAll.mutate({ path }, say))}>
                {t.queue.retryAll}
              </Button>
            )
          }
        >
          {(publication) => <QueueItem {...item(publication)} />}
        </Part>
        <Part title={t.queue.done} items={lately}>
          {(publication) => <QueueItem {...item(publication)} />}
        </Part>
      </div>
    </Card>
  );
}

/** Moves in a list, each of which is said, and after which the keyboard stays where it was. */
function useMoves(
  update: (variables: { path: { id: string }; body: { before: string | null } }) => Promise<Publication>,
) {
  const [said, setSaid] = useState('');
  const focus = useRef<string | null>(null);
  useEffect(() => {
    if (said && focus.current) document.getElementById(focus.current)?.focus();
    focus.current = null;
  }, [said]);
  const move = async (list: Publication[], index: number, by: -1 | 1) => {
    const publication = list[index];
    const to = index + by;
    if (!publication || to < 0 || to >= list.length) return;
    const before = list[by < 0 ? to : to + 1]?.id ?? null;
    try {
      await update({ path: { id: publication.id }, body: { before } });
    } catch {
      // The command keeps its problem, which is shown above the list.
      return;
    }
    focus.current = `${by < 0 ? 'up' : 'down'}-${publication.id}`;
    setSaid(t.queue.moved(publication.title ?? t.queue.untitled, to + 1, list.length));
  };
  return { move, said };
}

function Part({
  title,
  items,
  pages,
  actions,
  children,
}: {
  title: string;
  items: Publication[];
  pages?: MorePages | undefined;
  actions?: ReactNode;
  children: (publication: Publication, index: number) => ReactNode;
}) {
  if (items.length === 0) return null;
  return (
    <section className="grid grid-cols-1 gap-2">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h3 className="text-sm font-semibold text-muted-foreground">{title}</h3>
        {actions}
      </div>
      <div className="rounded-lg border border-border">
        <LongList label={title} items={items} keyOf={({ id }) => id} rowHeight={118} pages={pages}>
          {(publication, index) => <div className="p-3.5">{children(publication, index)}</div>}
        </LongList>
      </div>
    </section>
  );
}
