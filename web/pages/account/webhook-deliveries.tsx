import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import {
  listWebhookDeliveriesInfiniteOptions,
  listWebhookDeliveriesInfiniteQueryKey,
  redeliverWebhookDeliveryMutation,
} from '@/api/client/@tanstack/react-query.gen.ts';
import type { WebhookDelivery } from '@/api/client/types.gen.ts';
import { ProblemNotice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { toast } from '@/components/toaster.tsx';
import { Badge, type Tone } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { t } from '@/strings.ts';
import { webhookWords as words } from '@/strings-outbox.ts';
import { LoadProblem } from '../error-pages.tsx';

/** While something is on its way the log is looked at again this often, in milliseconds. */
const lookAgainMs = 2_000;
const queryOf = (webhookId: string) => ({ path: { id: webhookId }, query: { limit: 20 } });
const underWay = (delivery: WebhookDelivery) => delivery.status === 'pending' || delivery.status === 'delivering';

/** What was sent to a webhook and how it answered. */
export function WebhookDeliveries({ webhookId }: { webhookId: string }) {
  const pages = useInfiniteQuery({
    ...listWebhookDeliveriesInfiniteOptions(queryOf(webhookId)),
    initialPageParam: { path: { id: webhookId } },
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    refetchInterval: ({ state }) => (state.data?.pages.some((page) => page.items.some(underWay)) ? lookAgainMs : false),
  });
  if (pages.isPending) return <SkeletonRows rows={2} />;
  if (pages.error) return <LoadProblem problem={pages.error} onRetry={pages.refetch} />;
  const deliveries = pages.data.pages.flatMap((page) => page.items);
  if (deliveries.length === 0) return <p className="text-sm text-muted-foreground">{words.noDeliveries}</p>;
  return (
    <div className="grid grid-cols-1 gap-3 rounded-lg border border-border p-3">
      <ul className="grid grid-cols-1 gap-3">
        {deliveries.map((delivery) => (
          <DeliveryRow key={delivery.id} webhookId={webhookId} delivery={delivery} />
        ))}
      </ul>
      {pages.hasNextPage && (
        <Button size="small" disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          {t.common.more}
        </Button>
      )}
    </div>
  );
}

const tones: Record<WebhookDelivery['status'], Tone> = {
  pending: 'accent',
  delivering: 'accent',
  delivered: 'success',
  failed: 'danger',
  cancelled: 'neutral',
};

function DeliveryRow({ webhookId, delivery }: { webhookId: string; delivery: WebhookDelivery }) {
  const queries = useQueryClient();
  const redeliver = useMutation({
    ...redeliverWebhookDeliveryMutation(),
    onSuccess: () => toast(words.redelivered),
    onSettled: () => queries.invalidateQueries({ queryKey: listWebhookDeliveriesInfiniteQueryKey(queryOf(webhookId)) }),
  });
  return (
    <li className="grid grid-cols-1 gap-1 text-sm">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <code className="font-mono font-medium">{delivery.eventType}</code>
        <Badge tone={tones[delivery.status]}>{words.delivery[delivery.status]}</Badge>
        <span className="text-muted-foreground">
          <RelativeTime at={delivery.createdAt} />
          {delivery.responseStatus !== null && `, ${words.answered(delivery.responseStatus, delivery.durationMs)}`}
        </span>
        {delivery.status === 'pending' && delivery.nextAttemptAt && delivery.attempts > 0 && (
          <span className="text-muted-foreground">
            {words.next} <RelativeTime at={delivery.nextAttemptAt} />
          </span>
        )}
        {!underWay(delivery) && (
          <Button
            size="small"
            variant="ghost"
            disabled={redeliver.isPending}
            aria-label={words.redeliverOf(delivery.eventType)}
            onClick={() => redeliver.mutate({ path: { id: webhookId, deliveryId: delivery.id } })}
          >
            {words.redeliver}
          </Button>
        )}
      </div>
      {delivery.error && (
        <p className="text-danger [overflow-wrap:anywhere]">
          <ServerText>{delivery.error.message}</ServerText> <ServerText>{delivery.error.hint}</ServerText>
        </p>
      )}
      {redeliver.error && <ProblemNotice problem={redeliver.error} />}
    </li>
  );
}
