import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import {
  deleteWebhookMutation,
  listWebhooksInfiniteOptions,
  listWebhooksInfiniteQueryKey,
  rotateWebhookSecretMutation,
  testWebhookMutation,
  updateWebhookMutation,
} from '@/api/client/@tanstack/react-query.gen.ts';
import type { Webhook } from '@/api/client/types.gen.ts';
import { CopyButton } from '@/components/copy-button.tsx';
import { EmptyState } from '@/components/empty-state.tsx';
import { ProblemNotice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { SecretText } from '@/components/secret-text.tsx';
import { SectionPage } from '@/components/sections.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { toast } from '@/components/toaster.tsx';
import { Confirm } from '@/components/ui/alert-dialog.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { dropForm, keptForm } from '@/session/kept-forms.ts';
import { t } from '@/strings.ts';
import { webhookWords as words } from '@/strings-outbox.ts';
import { LoadProblem } from '../error-pages.tsx';
import { WebhookDeliveries } from './webhook-deliveries.tsx';
import { WebhookForm } from './webhook-form.tsx';

const query = { query: { limit: 50 } };

/** A secret as it was just made, and which words go with it. */
interface Shown {
  secret: string;
  rotated: boolean;
}

/** Where events of the account are sent, and what became of them. */
export function WebhooksPage() {
  const queries = useQueryClient();
  const [adding, setAdding] = useState(() => keptForm('webhook') !== undefined);
  const [shown, setShown] = useState<Shown | null>(null);
  const pages = useInfiniteQuery({
    ...listWebhooksInfiniteOptions(query),
    initialPageParam: {},
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });
  const webhooks = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const add = (
    <Button
      variant="primary"
      onClick={() => {
        setShown(null);
        setAdding(true);
      }}
    >
      <Plus aria-hidden="true" />
      {words.create}
    </Button>
  );
  return (
    <SectionPage title={words.title} intro={words.intro} actions={!adding && !shown && webhooks.length > 0 && add}>
      {adding && (
        <WebhookForm
          onMade={({ secret }) => {
            setAdding(false);
            setShown({ secret, rotated: false });
            void queries.invalidateQueries({ queryKey: listWebhooksInfiniteQueryKey(query) });
          }}
          onCancel={() => {
            dropForm('webhook');
            setAdding(false);
          }}
        />
      )}
      {shown && <ShownSecret shown={shown} onDone={() => setShown(null)} />}
      {!(adding && webhooks.length === 0) && (
        <Card className="overflow-hidden">
          {pages.isPending ? (
            <SkeletonRows rows={3} />
          ) : pages.error ? (
            <LoadProblem problem={pages.error} onRetry={pages.refetch} />
          ) : webhooks.length === 0 ? (
            <EmptyState title={words.empty} action={add}>
              {words.emptyHint}
            </EmptyState>
          ) : (
            <ul className="divide-y divide-border">
              {webhooks.map((webhook) => (
                <WebhookRow
                  key={webhook.id}
                  webhook={webhook}
                  onRotated={(secret) => setShown({ secret, rotated: true })}
                />
              ))}
            </ul>
          )}
        </Card>
      )}
    </SectionPage>
  );
}

function ShownSecret({ shown, onDone }: { shown: Shown; onDone: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <Card className="grid grid-cols-1 justify-items-start gap-3 p-4 sm:p-6">
      <div>
        <h2 ref={heading} tabIndex={-1} className="text-lg font-semibold">
          {shown.rotated ? words.rotatedTitle : words.madeTitle}
        </h2>
        <p className="mt-1 font-medium text-warning">{shown.rotated ? words.rotatedText : words.madeText}</p>
      </div>
      <SecretText label={words.secret} text={shown.secret} />
      <CopyButton text={shown.secret}>{words.copySecret}</CopyButton>
      <Button variant="primary" onClick={onDone}>
        {words.done}
      </Button>
    </Card>
  );
}

function WebhookRow({ webhook, onRotated }: { webhook: Webhook; onRotated: (secret: string) => void }) {
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const onSettled = () => queries.invalidateQueries({ queryKey: listWebhooksInfiniteQueryKey(query) });
  const update = useMutation({ ...updateWebhookMutation(), onSettled });
  const remove = useMutation({ ...deleteWebhookMutation(), onSuccess: () => toast(words.removed), onSettled });
  const test = useMutation({
    ...testWebhookMutation(),
    onSuccess: () => {
      toast(words.tested);
      setOpen(true);
    },
  });
  const rotate = useMutation({
    ...rotateWebhookSecretMutation(),
    onSuccess: ({ secret }) => onRotated(secret),
    onSettled,
  });
  const path = { path: { id: webhook.id } };
  const active = webhook.status === 'active';
  const problem = update.error ?? remove.error ?? test.error ?? rotate.error;
  return (
    <li className="grid grid-cols-1 gap-2 px-4 py-3.5 sm:px-5">
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1 font-medium break-all">
          {webhook.url}
          <Badge tone={active ? 'success' : 'warning'}>{words.status[webhook.status]}</Badge>
        </p>
        <p className="flex flex-wrap gap-x-4 text-sm text-muted-foreground">
          {webhook.description && <bdi className="min-w-0 [overflow-wrap:anywhere]">{webhook.description}</bdi>}
          <span title={webhook.events.join(', ')}>{words.eventsOf(webhook.events.length)}</span>
          {webhook.failingSince && (
            <span className="text-warning">
              {words.failing} <RelativeTime at={webhook.failingSince} />
            </span>
          )}
        </p>
        {webhook.disabled && (
          <p className="text-sm text-warning">
            <ServerText>{webhook.disabled.message}</ServerText>
          </p>
        )}
      </div>
      <div className="flex flex-wrap gap-2">
        <Button size="small" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? words.hideLog : words.log}
        </Button>
        {active && (
          <Button size="small" disabled={test.isPending} onClick={() => test.mutate(path)}>
            {words.test}
          </Button>
        )}
        <Button
          size="small"
          disabled={update.isPending}
          onClick={() => update.mutate({ ...path, body: { status: active ? 'disabled' : 'active' } })}
        >
          {active ? words.disable : words.enable}
        </Button>
        <Confirm
          trigger={
            <Button size="small" disabled={rotate.isPending}>
              {words.rotate}
            </Button>
          }
          title={words.rotateTitle}
          description={words.rotateText}
          confirm={words.rotate}
          keep={t.common.keep}
          onConfirm={() => rotate.mutate(path)}
        />
        <Confirm
          trigger={
            <Button size="small" variant="danger" disabled={remove.isPending}>
              {words.remove}
            </Button>
          }
          title={words.removeTitle(webhook.url)}
          description={words.removeText}
          confirm={words.remove}
          keep={t.common.keep}
          onConfirm={() => remove.mutate(path)}
        />
      </div>
      {problem && <ProblemNotice problem={problem} />}
      {open && <WebhookDeliveries webhookId={webhook.id} />}
    </li>
  );
}
