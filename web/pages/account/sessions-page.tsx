import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Laptop, Smartphone, Terminal } from 'lucide-react';
import { listSessionsOptions, listSessionsQueryKey } from '@/api/client/@tanstack/react-query.gen.ts';
import { listSessions, revokeSession } from '@/api/client/sdk.gen.ts';
import type { Problem, Session } from '@/api/client/types.gen.ts';
import { ApiProblem } from '@/api/problem.ts';
import { ProblemNotice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { SectionPage } from '@/components/sections.tsx';
import { toast } from '@/components/toaster.tsx';
import { Confirm } from '@/components/ui/alert-dialog.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { describeDevice } from '@/format/device.ts';
import { formatDate } from '@/format/time.ts';
import { t } from '@/strings.ts';
import { accountWords } from '@/strings-account.ts';
import { LoadProblem } from '../error-pages.tsx';

const words = accountWords.sessions;
const icons = { phone: Smartphone, computer: Laptop, program: Terminal };
const page = { query: { limit: 100 } };

/** Where the account is signed in, and the way to end it there. */
export function SessionsPage() {
  const sessions = useQuery(listSessionsOptions(page));
  const queries = useQueryClient();
  const onSettled = () => queries.invalidateQueries({ queryKey: listSessionsQueryKey(page) });
  const onSuccess = () => toast(words.ended);
  const end = useMutation<unknown, Problem, string>({ mutationFn: endSession, onSuccess, onSettled });
  const endOthers = useMutation<unknown, Problem>({ mutationFn: endOtherSessions, onSuccess, onSettled });
  const items = sessions.data?.items.toSorted((a, b) => Number(b.current) - Number(a.current)) ?? [];
  const problem = end.error ?? endOthers.error;
  return (
    <SectionPage
      title={words.title}
      intro={words.intro}
      actions={
        items.length > 1 && (
          <Confirm
            trigger={
              <Button disabled={endOthers.isPending}>{endOthers.isPending ? words.ending : words.endOthers}</Button>
            }
            title={words.endOthersTitle}
            description={words.endOthersText}
            confirm={words.endOthers}
            keep={t.common.cancel}
            onConfirm={() => endOthers.mutate()}
          />
        )
      }
    >
      {problem && <ProblemNotice problem={problem} />}
      <Card>
        {sessions.isPending ? (
          <SkeletonRows rows={3} />
        ) : sessions.error ? (
          <LoadProblem problem={sessions.error} onRetry={sessions.refetch} />
        ) : (
          <ul className="divide-y divide-border">
            {items.map((session) => (
              <SessionRow
                key={session.id}
                session={session}
                ending={end.isPending && end.variables === session.id}
                onEnd={() => end.mutate(session.id)}
              />
            ))}
          </ul>
        )}
      </Card>
      {items.length === 1 && <p className="text-muted-foreground">{words.only}</p>}
    </SectionPage>
  );
}

function SessionRow({ session, ending, onEnd }: { session: Session; ending: boolean; onEnd: () => void }) {
  const device = describeDevice(session.userAgent);
  const name = device?.name ?? words.unknownDevice;
  const Icon = icons[device?.kind ?? 'computer'];
  return (
    <li className="flex items-center gap-x-4 px-4 py-3.5 sm:px-5">
      <Icon aria-hidden="true" className="size-5 shrink-0 text-muted-foreground" />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1 font-medium">
          <span title={session.userAgent ?? undefined} className="min-w-0 [overflow-wrap:anywhere]">
            {name}
          </span>
          {session.current && <Badge tone="success">{words.current}</Badge>}
        </p>
        <p className="flex flex-wrap gap-x-3 text-sm text-muted-foreground">
          <span>
            {words.lastUsed} <RelativeTime at={session.lastUsedAt} />
          </span>
          <span>{session.address ?? words.unknownAddress}</span>
          <span>
            {words.signedIn} {formatDate(new Date(session.createdAt))}
          </span>
        </p>
      </div>
      {!session.current && (
        <Button size="small" disabled={ending} aria-label={words.endOf(name)} onClick={onEnd}>
          {ending ? words.ending : words.end}
        </Button>
      )}
    </li>
  );
}

/** One that has ended by itself meanwhile is as good as ended. */
async function endSession(id: string): Promise<void> {
  try {
    await revokeSession({ path: { id }, throwOnError: true });
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.status !== 404) throw error;
  }
}

/** One after the other, until only this one is left. */
async function endOtherSessions(): Promise<void> {
  for (;;) {
    const { data } = await listSessions({ ...page, throwOnError: true });
    const others = data.items.filter((session) => !session.current);
    if (others.length === 0) return;
    for (const { id } of others) await endSession(id);
  }
}
