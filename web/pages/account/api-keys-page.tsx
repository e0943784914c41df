import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import {
  listApiKeysInfiniteOptions,
  listApiKeysInfiniteQueryKey,
  revokeApiKeyMutation,
} from '@/api/client/@tanstack/react-query.gen.ts';
import type { ApiKey, CreateApiKeyResponse } from '@/api/client/types.gen.ts';
import { CopyButton } from '@/components/copy-button.tsx';
import { EmptyState } from '@/components/empty-state.tsx';
import { ProblemNotice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { SecretText } from '@/components/secret-text.tsx';
import { SectionPage } from '@/components/sections.tsx';
import { toast } from '@/components/toaster.tsx';
import { Confirm } from '@/components/ui/alert-dialog.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { dropForm, keptForm } from '@/session/kept-forms.ts';
import { t } from '@/strings.ts';
import { accountWords } from '@/strings-account.ts';
import { LoadProblem } from '../error-pages.tsx';
import { ApiKeyForm } from './api-key-form.tsx';

const words = accountWords.apiKeys;
const query = { query: { limit: 50 } };

/** The keys with which programs act for the account. */
export function ApiKeysPage() {
  const queries = useQueryClient();
  const [adding, setAdding] = useState(() => keptForm('api-key') !== undefined);
  const [made, setMade] = useState<CreateApiKeyResponse | null>(null);
  const keys = useInfiniteQuery({
    ...listApiKeysInfiniteOptions(query),
    initialPageParam: {},
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });
  const items = keys.data?.pages.flatMap((page) => page.items) ?? [];
  const add = (
    <Button
      variant="primary"
      onClick={() => {
        setMade(null);
        setAdding(true);
      }}
    >
      <Plus aria-hidden="true" />
      {words.create}
    </Button>
  );
  return (
    <SectionPage title={words.title} intro={words.intro} actions={!adding && !made && items.length > 0 && add}>
      {adding && (
        <ApiKeyForm
          onMade={(key) => {
            setAdding(false);
            setMade(key);
            void queries.invalidateQueries({ queryKey: listApiKeysInfiniteQueryKey(query) });
          }}
          onCancel={() => {
            dropForm('api-key');
            setAdding(false);
          }}
        />
      )}
      {made && <MadeKey made={made} onDone={() => setMade(null)} />}
      {!(adding && items.length === 0) && (
        <Card className="overflow-hidden">
          {keys.isPending ? (
            <SkeletonRows rows={3} />
          ) : keys.error ? (
            <LoadProblem problem={keys.error} onRetry={keys.refetch} />
          ) : items.length === 0 ? (
            <EmptyState title={words.empty} action={add}>
              {words.emptyHint}
            </EmptyState>
          ) : (
            <ul className="divide-y divide-border">
              {items.map((key) => (
                <KeyRow key={key.id} apiKey={key} />
              ))}
            </ul>
          )}
        </Card>
      )}
      {keys.hasNextPage && (
        <Button disabled={keys.isFetchingNextPage} onClick={() => void keys.fetchNextPage()}>
          {t.common.more}
        </Button>
      )}
    </SectionPage>
  );
}

/** A new key: the only time that it can be seen. */
function MadeKey({ made, onDone }: { made: CreateApiKeyResponse; onDone: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const example = `curl -H "Authorization: Bearer ${made.key}" ${window.location.origin}/api/v1/articles`;
  return (
    <Card className="grid grid-cols-1 gap-4 p-4 sm:p-6">
      <div>
        <h2 ref={heading} tabIndex={-1} className="text-lg font-semibold">
          {words.madeTitle(made.name)}
        </h2>
        <p className="mt-1 font-medium text-warning">{words.madeText}</p>
      </div>
      <div className="grid grid-cols-1 justify-items-start gap-2">
        <h3 className="text-sm font-medium">{words.key}</h3>
        <SecretText label={words.key} text={made.key} />
        <CopyButton text={made.key}>{words.copyKey}</CopyButton>
      </div>
      {made.scopes.includes('read') && (
        <div className="grid grid-cols-1 justify-items-start gap-2">
          <h3 className="text-sm font-medium">{words.example}</h3>
          <SecretText label={words.example} text={example} />
          <CopyButton text={example}>{words.copyExample}</CopyButton>
        </div>
      )}
      <Button variant="primary" className="justify-self-start" onClick={onDone}>
        {words.done}
      </Button>
    </Card>
  );
}

const tones = { active: 'success', expired: 'neutral', revoked: 'neutral' } as const;

function KeyRow({ apiKey }: { apiKey: ApiKey }) {
  const queries = useQueryClient();
  const revoke = useMutation({
    ...revokeApiKeyMutation(),
    onSuccess: () => toast(words.revoked),
    onSettled: () => queries.invalidateQueries({ queryKey: listApiKeysInfiniteQueryKey(query) }),
  });
  const active = apiKey.status === 'active';
  return (
    <li className="grid grid-cols-1 gap-2 px-4 py-3.5 sm:px-5">
      <div className="flex items-start justify-between gap-x-4">
        <div className="min-w-0 flex-1">
          <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1 font-medium">
            <bdi className="min-w-0 [overflow-wrap:anywhere]">{apiKey.name}</bdi>
            <Badge tone={tones[apiKey.status]}>{words.status[apiKey.status]}</Badge>
          </p>
          <p className="flex flex-wrap gap-x-3 text-sm text-muted-foreground">
            <code className="font-mono">{apiKey.prefix}…</code>
            <span>{apiKey.scopes.map((scope) => words.scope[scope].label).join(', ')}</span>
          </p>
        </div>
        {active && (
          <Confirm
            trigger={
              <Button
                size="small"
                variant="danger"
                disabled={revoke.isPending}
                aria-label={words.revokeOf(apiKey.name)}
              >
                {revoke.isPending ? words.revoking : words.revoke}
              </Button>
            }
            title={words.revokeTitle(apiKey.name)}
            description={words.revokeText}
            confirm={words.revoke}
            keep={t.common.keep}
            onConfirm={() => revoke.mutate({ path: { id: apiKey.id } })}
          />
        )}
      </div>
      <p className="flex flex-wrap gap-x-4 text-sm text-muted-foreground">
        <span>
          {apiKey.lastUsedAt ? (
            <>
              {words.lastUsed} <RelativeTime at={apiKey.lastUsedAt} />{' '}
              {apiKey.lastUsedAddress && words.from(apiKey.lastUsedAddress)}
            </>
          ) : (
            words.neverUsed
          )}
        </span>
        {apiKey.status !== 'revoked' && (
          <span>
            {apiKey.expiresAt ? (
              <>
                {apiKey.status === 'expired' ? words.expired : words.expires} <RelativeTime at={apiKey.expiresAt} />
              </>
            ) : (
              words.neverExpires
            )}
          </span>
        )}
      </p>
      {revoke.error && <ProblemNotice problem={revoke.error} />}
    </li>
  );
}
