import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { CircleCheck, DatabaseBackup } from 'lucide-react';
import {
  createBackupMutation,
  listBackupsOptions,
  listBackupsQueryKey,
  verifyBackupMutation,
} from '@/api/client/@tanstack/react-query.gen.ts';
import type { Backup, Backups } from '@/api/client/types.gen.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { Figure } from '@/components/figure.tsx';
import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { SectionPage } from '@/components/sections.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { toast } from '@/components/toaster.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Progress } from '@/components/ui/progress.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { formatBytes } from '@/format/bytes.ts';
import { formatCount } from '@/format/money.ts';
import { formatDateTime, formatDuration } from '@/format/time.ts';
import { backupWords as words } from '@/strings-backups.ts';
import { LoadProblem } from '../error-pages.tsx';

/** How often the page looks, in milliseconds: what is under way is watched closely. */
const [watchMs, restMs] = [1_500, 30_000];

/** Whether yesterday's data can be restored, what is in the way of it, and every backup that there is. */
export function BackupsPage() {
  const backups = useQuery({
    ...listBackupsOptions(),
    refetchInterval: ({ state }) => (state.data?.running ? watchMs : restMs),
  });
  return (
    <SectionPage title={words.title} intro={words.intro}>
      {backups.data ? (
        <Content backups={backups.data} />
      ) : backups.error ? (
        <LoadProblem problem={backups.error} onRetry={backups.refetch} />
      ) : (
        <Card>
          <SkeletonRows rows={4} />
        </Card>
      )}
    </SectionPage>
  );
}

function Content({ backups }: { backups: Backups }) {
  const { running, catalogueError } = backups;
  return (
    <>
      <Notices backups={backups} />
      <Figures backups={backups} />
      {running && (
        <Card className="grid gap-2 p-4 sm:p-5" aria-labelledby="running">
          <h2 id="running" className="font-semibold">
            {words.running[running.kind]}
          </h2>
          <Progress value={running.progress ?? 0} label={words.running[running.kind]} className="h-2.5" />
          <p className="text-sm text-muted-foreground">{words.phases[running.phase]}</p>
        </Card>
      )}
      <Card aria-labelledby="all-backups" className="overflow-hidden">
        <h2 id="all-backups" className="border-b border-border px-4 py-3.5 font-semibold sm:px-5">
          {words.list}
        </h2>
        {catalogueError ? (
          <ProblemNotice problem={catalogueError} className="m-4" />
        ) : backups.items.length === 0 ? (
          <EmptyState title={words.empty}>{words.emptyHint}</EmptyState>
        ) : (
          <ul className="divide-y divide-border">
            {backups.items.map((backup) => (
              <BackupRow key={backup.id} backup={backup} busy={running !== null} />
            ))}
          </ul>
        )}
      </Card>
      {backups.items.length > 0 && <p className="text-sm text-muted-foreground">{words.restoreHint}</p>}
    </>
  );
}

function Notices({ backups: { storage, late, lastBackup, lastVerification, lastFailure } }: { backups: Backups }) {
  const proofFailed = lastVerification !== null && !lastVerification.ok;
  const fine = lastBackup && lastVerification?.ok && !lastFailure && !late.backup && !late.verification;
  return (
    <>
      {fine && (
        <p className="flex items-center gap-2.5 rounded-xl border border-border bg-card px-4 py-3.5 sm:px-5">
          <CircleCheck aria-hidden="true" className="size-5 text-success" />
          <span className="font-medium">{words.fine}</span>
        </p>
      )}
      {late.backup && (
        <Notice tone="danger" title={words.late}>
          <p>{words.lateHint}</p>
        </Notice>
      )}
      {lastFailure && <ErrorNotice title={words.failed} error={lastFailure.error} />}
      {proofFailed && <ErrorNotice title={words.proofFailed} error={lastVerification.error} />}
      {!proofFailed && late.verification && (
        <Notice tone="warning" title={words.lateProof}>
          <p>{words.lateProofHint}</p>
        </Notice>
      )}
      {storage.besideData && (
        <Notice tone="warning" title={words.sameDisk}>
          <p>{words.sameDiskHint}</p>
        </Notice>
      )}
      {!storage.canVerify && (
        <Notice tone="warning" title={words.cannotVerify}>
          <p>{words.cannotVerifyHint}</p>
        </Notice>
      )}
      {storage.kind === 's3' && !storage.encrypted && (
        <Notice tone="accent" title={words.plain}>
          <p>{words.plainHint}</p>
        </Notice>
      )}
    </>
  );
}

function ErrorNotice({ title, error }: { title: string; error: { message: string; hint: string } | null }) {
  return (
    <Notice tone="danger" title={title}>
      {error && (
        <>
          <p className="[overflow-wrap:anywhere]">
            <ServerText>{error.message}</ServerText>
          </p>
          <p className="[overflow-wrap:anywhere]">
            <ServerText>{error.hint}</ServerText>
          </p>
        </>
      )}
    </Notice>
  );
}

function useRefreshed() {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: listBackupsQueryKey() });
}

function Figures({ backups }: { backups: Backups }) {
  const { lastBackup, lastVerification, schedule, storage } = backups;
  const create = useMutation({
    ...createBackupMutation(),
    onSuccess: () => toast(words.begun),
    onSettled: useRefreshed(),
  });
  return (
    <Card className="grid grid-cols-1 gap-5 p-4 sm:p-5">
      <dl className="grid grid-cols-1 gap-4 sm:grid-cols-3">
        <Figure
          label={words.lastBackup}
          hint={
            lastBackup
              ? `${words.size(formatBytes(lastBackup.bytes), formatCount(lastBackup.rows))}, ${words.took(formatDuration(lastBackup.durationMs))}`
              : words.noneHint
          }
        >
          {lastBackup ? <RelativeTime at={lastBackup.at} /> : words.none}
        </Figure>
        <Figure
          label={words.lastProof}
          hint={
            lastVerification &&
            (lastVerification.ok
              ? `${words.proofOk}, ${words.took(formatDuration(lastVerification.durationMs))}`
              : words.proofBad)
          }
        >
          {lastVerification ? <RelativeTime at={lastVerification.at} /> : words.never}
        </Figure>
        <Figure label={words.next} hint={words.keeps(schedule.keepDays)}>
          {schedule.nextAt ? <RelativeTime at={schedule.nextAt} /> : words.off}
        </Figure>
      </dl>
      <div className="flex flex-wrap items-end justify-between gap-4">
        <dl className="min-w-0">
          <Figure label={words.storage}>
            <span className="font-normal break-all">{storage.place}</span>
          </Figure>
        </dl>
        <Button
          variant="primary"
          disabled={create.isPending || backups.running !== null}
          onClick={() => create.mutate({})}
        >
          <DatabaseBackup aria-hidden="true" />
          {words.backUp}
        </Button>
      </div>
      {create.error && <ProblemNotice problem={create.error} />}
    </Card>
  );
}

function BackupRow({ backup, busy }: { backup: Backup; busy: boolean }) {
  const verify = useMutation({
    ...verifyBackupMutation(),
    onSuccess: () => toast(words.verifyBegun),
    onSettled: useRefreshed(),
  });
  const at = formatDateTime(new Date(backup.createdAt));
  return (
    <li className="grid grid-cols-1 gap-2 px-4 py-3.5 sm:px-5">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1 font-medium">
            {at}
            {backup.problem ? (
              <Badge tone="danger">{words.problems[backup.problem]}</Badge>
            ) : (
              <Badge tone={backup.verifiedAt ? 'success' : 'neutral'}>
                {backup.verifiedAt ? words.verified : words.unverified}
              </Badge>
            )}
            {backup.encrypted && <Badge tone="neutral">{words.encrypted}</Badge>}
            {!backup.sameSecret && <Badge tone="warning">{words.otherSecret}</Badge>}
          </p>
          <p className="text-sm break-all text-muted-foreground">
            {words.size(formatBytes(backup.bytes), formatCount(backup.rows))} · {backup.id}
          </p>
        </div>
        <Button
          size="small"
          disabled={busy || verify.isPending}
          aria-label={words.verifyOf(at)}
          onClick={() => verify.mutate({ path: { backup: backup.id } })}
        >
          {words.verify}
        </Button>
      </div>
      {verify.error && <ProblemNotice problem={verify.error} />}
    </li>
  );
}
