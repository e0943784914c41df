import { Link, useParams } from '@tanstack/react-router';
import { ArrowRight, RotateCcw, Square } from 'lucide-react';
import type { Pipeline, PipelineStep } from '@/api/client/types.gen.ts';
import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { useNow } from '@/components/now.ts';
import { Page } from '@/components/page.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { RunBadge } from '@/components/status-badge.tsx';
import { Confirm } from '@/components/ui/alert-dialog.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Progress } from '@/components/ui/progress.tsx';
import { Skeleton, SkeletonRows } from '@/components/ui/skeleton.tsx';
import { formatMoney } from '@/format/money.ts';
import { formatDateTime, formatDuration } from '@/format/time.ts';
import { useUser } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { LoadProblem, Missing } from '../error-pages.tsx';
import { draftOf } from '../new-article/draft.ts';
import { layOutDraft, startedDraft } from '../new-article/use-draft.ts';
import { ActivityLog } from './activity-log.tsx';
import { BriefCard } from './brief-card.tsx';
import { ReceiptCard } from './receipt-card.tsx';
import { elapsedMs, isLive } from './run-events.ts';
import { StepList } from './step-list.tsx';
import { useRun, useRunSite } from './use-run.ts';
import { type RunCommands, useRunCommands } from './use-run-commands.ts';
import { WaitingPanel } from './waiting-panel.tsx';
import { WritingCard } from './writing-card.tsx';

/** One run: its steps as they happen, what it costs, what can be done with it. */
export function RunPage() {
  const { runId } = useParams({ from: '/signed-in/runs/$runId' });
  const { query, feed, connection } = useRun(runId);
  const commands = useRunCommands(runId);
  const run = query.data;
  if (!run) {
    if (query.error?.status === 404 || query.error?.status === 422) return <Missing what={t.run.gone} />;
    return (
      <Page title={t.run.title} className="max-w-4xl">
        {query.error ? <LoadProblem problem={query.error} onRetry={query.refetch} /> : <RunSkeleton />}
      </Page>
    );
  }
  const settled = !isLive(run);
  const redo = (step: PipelineStep['name']) => {
    commands.forget();
    commands.retry.mutate({ path: { id: run.id }, body: { fromStep: step } });
  };
  return (
    <Page title={run.topic} className="max-w-4xl">
      <p className="mb-2 flex flex-wrap items-center gap-3 text-sm text-muted-foreground">
        <RunBadge run={run} />
        <span>{t.run.startedAt(formatDateTime(new Date(run.createdAt)))}</span>
      </p>
      <h1 dir="auto" className="mb-6 font-serif text-2xl leading-snug text-balance sm:text-[2rem]">
        {run.topic}
      </h1>
      <div className="grid grid-cols-1 gap-5">
        <Summary run={run} commands={commands} />
        {commands.problem && <ProblemNotice problem={commands.problem} title={t.run.refused} />}
        {query.error && (
          <Notice tone="warning" title={t.run.stale}>
            <ServerText>{query.error.detail}</ServerText>
          </Notice>
        )}
        {!settled && connection === 'lost' && !query.error && (
          <p className="text-sm text-muted-foreground">{t.run.reconnecting}</p>
        )}
        {run.status === 'waiting' && run.waiting && (
          <WaitingPanel key={run.waiting.reason} run={run} waiting={run.waiting} commands={commands} />
        )}
        {run.status === 'failed' && run.error && (
          <ProblemNotice
            problem={run.error}
            title={t.run.failed(run.currentStep ? t.steps[run.currentStep].name : null)}
          />
        )}
        {run.status === 'running' && feed.writing && <WritingCard writing={feed.writing} />}
        <Card className="p-4 sm:p-6">
          <StepList run={run} feed={feed} onRedo={settled && !commands.busy ? redo : undefined} />
        </Card>
        <ActivityLog activity={feed.activity} />
        {settled && <ReceiptCard runId={run.id} />}
        <BriefCard run={run} />
      </div>
      <p className="sr-only" aria-live="polite">
        {run.status === 'running' && run.currentStep
          ? t.run.nowAt(t.steps[run.currentStep].name)
          : t.runStatus[run.status]}
      </p>
    </Page>
  );
}

function Summary({ run, commands }: { run: Pipeline; commands: RunCommands }) {
  const live = isLive(run);
  const now = useNow(1000, live);
  const userId = useUser().id;
  const { data: goesTo } = useRunSite(run);
  const site = run.siteId === null ? null : { id: run.siteId, timeZone: goesTo?.timezone };
  const path = { id: run.id };
  return (
    <Card className="grid grid-cols-1 gap-4 p-4 sm:p-6">
      <div className="flex flex-wrap items-center justify-between gap-x-8 gap-y-4">
        <dl className="flex flex-wrap gap-x-8 gap-y-3">
          <Figure
            label={live ? t.run.costSoFar : t.run.cost}
            value={formatMoney(run.costMicroUsd)}
            note={t.run.ofBudget(formatMoney(run.budgetMicroUsd))}
          />
          <Figure label={t.run.elapsed} value={formatDuration(elapsedMs(run, now))} />
        </dl>
        <div className="flex flex-wrap gap-2">
          {(live || run.status === 'waiting') && (
            <Confirm
              trigger={
                <Button disabled={commands.busy}>
                  <Square aria-hidden="true" />
                  {t.run.cancel}
                </Button>
              }
              title={t.run.cancelTitle}
              description={t.run.cancelText}
              confirm={t.run.cancelConfirm}
              keep={t.run.cancelKeep}
              onConfirm={() => {
                commands.forget();
                commands.cancel.mutate({ path });
              }}
            />
          )}
          {(run.status === 'failed' || run.status === 'cancelled') && (
            <Button
              variant={run.status === 'failed' ? 'primary' : 'secondary'}
              disabled={commands.busy}
              onClick={() => {
                commands.forget();
                commands.retry.mutate({ path, body: {} });
              }}
            >
              <RotateCcw aria-hidden="true" />
              {t.run.retry}
            </Button>
          )}
          {(run.status === 'failed' || run.status === 'cancelled') && (
            <Button asChild>
              <Link
                to="/new"
                onClick={() => layOutDraft(userId, startedDraft(userId, run.id) ?? draftOf(run.brief, site))}
              >
                {t.run.changeAndStart}
              </Link>
            </Button>
          )}
          {/* While it waits for approval, the panel below offers the same. */}
          {run.articleId && run.waiting?.reason !== 'approval' && (
            <Button variant={run.status === 'succeeded' ? 'primary' : 'secondary'} asChild>
              <Link to="/articles/$articleId" params={{ articleId: run.articleId }}>
                {run.status === 'succeeded' ? t.run.openArticle : t.run.readArticle}
                <ArrowRight aria-hidden="true" />
              </Link>
            </Button>
          )}
        </div>
      </div>
      <Progress
        value={run.progress}
        label={t.run.progress}
        bar={
          run.status === 'succeeded'
            ? 'bg-success'
            : run.status === 'failed'
              ? 'bg-danger'
              : live && run.status !== 'waiting'
                ? ''
                : 'bg-input'
        }
      />
    </Card>
  );
}

function Figure({ label, value, note }: { label: string; value: string; note?: string }) {
  return (
    <div>
      <dt className="text-sm text-muted-foreground">{label}</dt>
      <dd className="text-xl font-semibold tabular-nums">
        {value} {note && <span className="text-sm font-normal text-muted-foreground">{note}</span>}
      </dd>
    </div>
  );
}

function RunSkeleton() {
  return (
    <div className="grid grid-cols-1 gap-5">
      <Skeleton className="h-9 w-4/5" />
      <Skeleton className="h-28 w-full" />
      <Card>
        <SkeletonRows rows={7} />
      </Card>
    </div>
  );
}
