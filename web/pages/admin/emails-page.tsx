import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import {
  listEmailsInfiniteOptions,
  listEmailsInfiniteQueryKey,
  resendEmailMutation,
} from '@/api/client/@tanstack/react-query.gen.ts';
import type { Email } from '@/api/client/types.gen.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { Folding } from '@/components/folding.tsx';
import { LongList } from '@/components/long-list.tsx';
import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { SectionPage } from '@/components/sections.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { toast } from '@/components/toaster.tsx';
import { Badge, type Tone } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Select } from '@/components/ui/input.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { useInstance } from '@/session/session.ts';
import { mailWords as words } from '@/strings-outbox.ts';
import { LoadProblem } from '../error-pages.tsx';

const filters = ['all', 'queued', 'sent', 'failed', 'bounced', 'kept'] as const;
type Filter = (typeof filters)[number];
const queryOf = (filter: Filter) => ({ query: { limit: 50, ...(filter === 'all' ? {} : { status: filter }) } });

/** What was and will be mailed; with the texts while no mail is configured, because nobody else can read them. */
export function EmailsPage() {
  const mail = useInstance()?.mail;
  const [filter, setFilter] = useState<Filter>('all');
  const pages = useInfiniteQuery({
    ...listEmailsInfiniteOptions(queryOf(filter)),
    initialPageParam: {},
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });
  const emails = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data]);
  return (
    <SectionPage title={words.title} intro={mail === false ? undefined : words.intro}>
      {mail === false && (
        <Notice tone="accent" title={words.noMail}>
          <p>{words.noMailText}</p>
        </Notice>
      )}
      <Field label={words.filter} className="max-w-56">
        {(control) => (
          <Select {...control} value={filter} onChange={(event) => setFilter(event.target.value as Filter)}>
            {filters.map((name) => (
              <option key={name} value={name}>
                {words.filters[name]}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Card>
        {pages.isPending ? (
          <SkeletonRows rows={3} />
        ) : pages.error && !pages.data ? (
          <LoadProblem problem={pages.error} onRetry={pages.refetch} />
        ) : emails.length === 0 ? (
          <EmptyState title={words.empty}>{words.emptyHint}</EmptyState>
        ) : (
          <LongList label={words.title} items={emails} keyOf={({ id }) => id} rowHeight={76} pages={pages}>
            {(email) => <EmailRow email={email} filter={filter} />}
          </LongList>
        )}
      </Card>
    </SectionPage>
  );
}

const tones: Record<Email['status'], Tone> = {
  queued: 'accent',
  sending: 'accent',
  sent: 'success',
  failed: 'danger',
  bounced: 'danger',
  kept: 'neutral',
};

function EmailRow({ email, filter }: { email: Email; filter: Filter }) {
  const queries = useQueryClient();
  const resend = useMutation({
    ...resendEmailMutation(),
    onSuccess: () => toast(words.resent),
    onSettled: () => queries.invalidateQueries({ queryKey: listEmailsInfiniteQueryKey(queryOf(filter)) }),
  });
  const canResend = ['queued', 'failed', 'bounced'].includes(email.status);
  return (
    <div className="grid grid-cols-1 gap-2 px-4 py-3.5 sm:px-5">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1 font-medium [overflow-wrap:anywhere]">
            <bdi className="min-w-0">{email.subject}</bdi>
            <Badge tone={tones[email.status]}>{words.status[email.status]}</Badge>
          </p>
          <p className="flex flex-wrap gap-x-4 text-sm text-muted-foreground">
            <span className="break-all">{words.to(email.to)}</span>
            <span>
              {words.written} <RelativeTime at={email.createdAt} />
            </span>
            {email.sentAt && (
              <span>
                {words.sent} <RelativeTime at={email.sentAt} />
              </span>
            )}
            {email.attempts > 0 && <span>{words.attempts(email.attempts)}</span>}
            {email.nextAttemptAt && email.status === 'queued' && (
              <span>
                {words.nextAttempt} <RelativeTime at={email.nextAttemptAt} />
              </span>
            )}
          </p>
        </div>
        {canResend && (
          <Button
            size="small"
            disabled={resend.isPending}
            aria-label={words.resendOf(email.subject, email.to)}
            onClick={() => resend.mutate({ path: { id: email.id } })}
          >
            {words.resend}
          </Button>
        )}
      </div>
      {email.error && (
        <p className="text-sm text-danger [overflow-wrap:anywhere]">
          <ServerText>{email.error.message}</ServerText> <ServerText>{email.error.hint}</ServerText>
        </p>
      )}
      {email.text !== null && (
        <Folding title={words.show} titleClassName="w-fit" className="text-sm">
          <pre className="mt-2 rounded-lg bg-muted px-3 py-2 font-sans whitespace-pre-wrap [overflow-wrap:anywhere]">
            {email.text}
          </pre>
        </Folding>
      )}
      {resend.error && <ProblemNotice problem={resend.error} />}
    </div>
  );
}
