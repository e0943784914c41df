import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import {
  checkProviderKeyMutation,
  deleteProviderKeyMutation,
  listProviderKeysOptions,
  listProviderKeysQueryKey,
} from '@/api/client/@tanstack/react-query.gen.ts';
import type { ProviderKey } from '@/api/client/types.gen.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { ProblemNotice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { SectionPage } from '@/components/sections.tsx';
import { toast } from '@/components/toaster.tsx';
import { Confirm } from '@/components/ui/alert-dialog.tsx';
import { Badge, type Tone } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { formatMoney } from '@/format/money.ts';
import { t } from '@/strings.ts';
import { ownKeyWords as words } from '@/strings-keys.ts';
import { LoadProblem } from '../error-pages.tsx';
import { OwnKeyForm } from './own-key-form.tsx';
import { OwnKeysSettings } from './own-keys-settings.tsx';

const tones: Record<ProviderKey['status'], Tone> = {
  works: 'success',
  unchecked: 'neutral',
  rejected: 'danger',
  'out-of-credit': 'warning',
};
const allProviders = Object.keys(words.providers) as ProviderKey['provider'][];

/** Keys of one's own for providers: who pays what. */
export function OwnKeysPage() {
  const queries = useQueryClient();
  const [typing, setTyping] = useState<'new' | ProviderKey | null>(null);
  const keys = useQuery(listProviderKeysOptions());
  const items = keys.data?.items ?? [];
  const free = allProviders.filter((provider) => !items.some((key) => key.provider === provider));
  const add = (
    <Button variant="primary" onClick={() => setTyping('new')}>
      <Plus aria-hidden="true" />
      {words.add}
    </Button>
  );
  const stored = (key: ProviderKey) => {
    setTyping(null);
    toast(key.status === 'works' ? words.stored : words.storedUnchecked);
    void queries.invalidateQueries({ queryKey: listProviderKeysQueryKey() });
  };
  return (
    <SectionPage
      title={words.title}
      intro={words.intro}
      actions={!typing && items.length > 0 && free.length > 0 && add}
    >
      {typing && (
        <OwnKeyForm
          key={typing === 'new' ? 'new' : typing.provider}
          providers={free}
          replaced={typing === 'new' ? undefined : typing}
          onStored={stored}
          onCancel={() => setTyping(null)}
        />
      )}
      {!(typing && items.length === 0) && (
        <Card className="overflow-hidden">
          {keys.isPending ? (
            <SkeletonRows rows={2} />
          ) : keys.error ? (
            <LoadProblem problem={keys.error} onRetry={keys.refetch} />
          ) : items.length === 0 ? (
            <EmptyState title={words.empty} action={add}>
              {words.emptyHint}
            </EmptyState>
          ) : (
            <ul className="divide-y divide-border">
              {items.map((key) => (
                <OwnKeyRow key={key.provider} item={key} onReplace={() => setTyping(key)} />
              ))}
            </ul>
          )}
        </Card>
      )}
      <OwnKeysSettings spentMicroUsd={keys.data?.spentMicroUsd} />
    </SectionPage>
  );
}

function OwnKeyRow({ item, onReplace }: { item: ProviderKey; onReplace: () => void }) {
  const queries = useQueryClient();
  const onSettled = () => queries.invalidateQueries({ queryKey: listProviderKeysQueryKey() });
  const check = useMutation({
    ...checkProviderKeyMutation(),
    onSuccess: ({ status }) => status === 'works' && toast(words.checked(item.title)),
    onSettled,
  });
  const remove = useMutation({ ...deleteProviderKeyMutation(), onSuccess: () => toast(words.removed), onSettled });
  const path = { path: { provider: item.provider } };
  const problem = check.error ?? remove.error;
  const bad = item.status === 'rejected' || item.status === 'out-of-credit';
  return (
    <li className="grid grid-cols-1 gap-2 px-4 py-3.5 sm:px-5">
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1 font-medium">
          {item.title}
          <Badge tone={tones[item.status]}>{words.status[item.status]}</Badge>
        </p>
        <p className="flex flex-wrap gap-x-4 text-sm text-muted-foreground">
          <span>
            {words.ends} <code className="font-mono">{item.ending}</code>
          </span>
          <span className="tabular-nums">{words.spent(formatMoney(item.spentMicroUsd))}</span>
          <span>
            {item.lastUsedAt ? (
              <>
                {words.lastUsed} <RelativeTime at={item.lastUsedAt} />
              </>
            ) : (
              words.neverUsed
            )}
          </span>
          <span>
            {words.added} <RelativeTime at={item.createdAt} />
          </span>
        </p>
        {item.problem && (
          <p className={bad ? 'text-sm text-danger' : 'text-sm text-muted-foreground'} role={bad ? 'alert' : undefined}>
            {item.problem}
          </p>
        )}
      </div>
      <div className="flex flex-wrap gap-2">
        <Button
          size="small"
          aria-label={words.checkOf(item.title)}
          disabled={check.isPending}
          onClick={() => check.mutate(path)}
        >
          {check.isPending ? words.checking : words.check}
        </Button>
        <Button size="small" aria-label={words.replaceOf(item.title)} onClick={onReplace}>
          {words.replace}
        </Button>
        <Confirm
          trigger={
            <Button size="small" variant="danger" aria-label={words.removeOf(item.title)} disabled={remove.isPending}>
              {words.remove}
            </Button>
          }
          title={words.removeTitle(item.title)}
          description={words.removeText}
          confirm={words.remove}
          keep={t.common.keep}
          onConfirm={() => remove.mutate(path)}
        />
      </div>
      {problem && <ProblemNotice problem={problem} />}
    </li>
  );
}
