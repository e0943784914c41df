import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import {
  listInvitationsInfiniteOptions,
  listInvitationsInfiniteQueryKey,
  revokeInvitationMutation,
} from '@/api/client/@tanstack/react-query.gen.ts';
import { createInvitation } from '@/api/client/sdk.gen.ts';
import type { Invitation } from '@/api/client/types.gen.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { EmailField, Form, missing, useForm } from '@/components/form.tsx';
import { LongList } from '@/components/long-list.tsx';
import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { SectionPage } from '@/components/sections.tsx';
import { toast } from '@/components/toaster.tsx';
import { Confirm } from '@/components/ui/alert-dialog.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { useInstance } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { adminWords } from '@/strings-account.ts';
import { LoadProblem } from '../error-pages.tsx';

const words = adminWords.invitations;
const query = { query: { limit: 50 } };

/** Invites people, and shows who was invited and what became of it. */
export function InvitationsPage() {
  const mail = useInstance()?.mail;
  const pages = useInfiniteQuery({
    ...listInvitationsInfiniteOptions(query),
    initialPageParam: {},
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });
  const invitations = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data]);
  return (
    <SectionPage title={words.title} intro={words.intro}>
      {mail === false && (
        <Notice tone="warning" title={words.noMail}>
          <p>{words.noMailText}</p>
        </Notice>
      )}
      <Card className="p-4 sm:p-6">
        <InviteForm />
      </Card>
      <Card>
        {pages.isPending ? (
          <SkeletonRows rows={3} />
        ) : pages.error && !pages.data ? (
          <LoadProblem problem={pages.error} onRetry={pages.refetch} />
        ) : invitations.length === 0 ? (
          <EmptyState title={words.empty}>{words.emptyHint}</EmptyState>
        ) : (
          <LongList label={words.title} items={invitations} keyOf={({ id }) => id} rowHeight={75} pages={pages}>
            {(invitation) => <InvitationRow invitation={invitation} />}
          </LongList>
        )}
      </Card>
    </SectionPage>
  );
}

function InviteForm() {
  const queries = useQueryClient();
  const form = useForm({
    names: ['email'],
    check: (values) => missing(values, 'email'),
    send: ({ email }, attempt) =>
      createInvitation({ body: { email }, headers: { 'Idempotency-Key': attempt.key }, throwOnError: true }),
    onDone: async (_answer, { email }) => {
      await queries.invalidateQueries({ queryKey: listInvitationsInfiniteQueryKey(query) });
      toast(words.sent(email));
    },
    fieldOfCode: { conflict: 'email' },
    keep: 'invitation',
    clear: true,
  });
  return (
    <Form form={form} submit={words.submit} busy={words.busy} className="max-w-xl">
      <EmailField form={form} name="email" label={words.email} autoComplete="off" />
    </Form>
  );
}

const tones = { open: 'accent', accepted: 'success', revoked: 'neutral', expired: 'neutral' } as const;

function InvitationRow({ invitation }: { invitation: Invitation }) {
  const queries = useQueryClient();
  const revoke = useMutation({
    ...revokeInvitationMutation(),
    onSuccess: () => toast(words.revoked),
    onSettled: () => queries.invalidateQueries({ queryKey: listInvitationsInfiniteQueryKey(query) }),
  });
  return (
    <div className="grid grid-cols-1 gap-2 px-4 py-3.5 sm:px-5">
      <div className="flex items-start justify-between gap-x-4">
        <div className="min-w-0 flex-1">
          <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1 font-medium break-all">
            {invitation.email}
            <Badge tone={tones[invitation.status]}>{words.status[invitation.status]}</Badge>
          </p>
          <p className="flex flex-wrap gap-x-4 text-sm text-muted-foreground">
            <span>
              {words.invited} <RelativeTime at={invitation.createdAt} />
            </span>
            {invitation.status === 'open' && (
              <span>
                {words.expires} <RelativeTime at={invitation.expiresAt} />
              </span>
            )}
          </p>
        </div>
        {invitation.status === 'open' && (
          <Confirm
            trigger={
              <Button
                size="small"
                variant="danger"
                disabled={revoke.isPending}
                aria-label={words.revokeOf(invitation.email)}
              >
                {words.revoke}
              </Button>
            }
            title={words.revokeTitle(invitation.email)}
            description={words.revokeText}
            confirm={words.revoke}
            keep={t.common.keep}
            onConfirm={() => revoke.mutate({ path: { id: invitation.id } })}
          />
        )}
      </div>
      {revoke.error && <ProblemNotice problem={revoke.error} />}
    </div>
  );
}
