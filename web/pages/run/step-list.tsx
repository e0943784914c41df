import { Check, CircleDashed, Hourglass, Minus, RotateCcw, X } from 'lucide-react';
import type { Pipeline, PipelineStep } from '@/api/client/types.gen.ts';
import { cn } from '@/components/class-names.ts';
import { useNow } from '@/components/now.ts';
import { ServerText } from '@/components/server-text.tsx';
import { Confirm } from '@/components/ui/alert-dialog.tsx';
import { Button } from '@/components/ui/button.tsx';
import { formatMoney } from '@/format/money.ts';
import { formatDuration } from '@/format/time.ts';
import { t } from '@/strings.ts';
import { latestOf, type RunFeed } from './run-events.ts';

interface StepListProps {
  run: Pipeline;
  feed: RunFeed;
  /** Given when steps may be done again. */
  onRedo: ((step: PipelineStep['name']) => void) | undefined;
}

/** The article's way, step by step, with what is being read or written at the one that runs. */
export function StepList({ run, feed, onRedo }: StepListProps) {
  return (
    <ol aria-label={t.run.steps} className="grid">
      {run.steps.map((step, index) => (
        <StepRow
          key={step.name}
          step={step}
          now={step.status === 'running' ? latestOf(feed, step.name) : null}
          said={endsWithResult.has(step.name) ? latestOf(feed, step.name) : null}
          stays={run.siteId === null}
          last={index === run.steps.length - 1}
          onRedo={onRedo}
        />
      ))}
    </ol>
  );
}

/** Steps whose last words tell what came out, and not what is being done. */
const endsWithResult = new Set<PipelineStep['name']>(['outline', 'check', 'seo']);

interface StepRowProps {
  step: PipelineStep;
  now: string | null;
  /** What came out of it, where its last words tell that. */
  said: string | null;
  /** No site was chosen: nothing is published. */
  stays: boolean;
  last: boolean;
  onRedo: StepListProps['onRedo'];
}

function StepRow({ step, now, said, stays, last, onRedo }: StepRowProps) {
  const { name, status } = step;
  const pending = status === 'pending' || status === 'superseded';
  return (
    <li
      className="group grid grid-cols-[1.75rem_minmax(0,1fr)] gap-x-3.5"
      aria-current={status === 'running' ? 'step' : undefined}
    >
      <div className="grid grid-rows-[auto_1fr] justify-items-center">
        <StepMark status={status} />
        {!last && (
          <span aria-hidden="true" className={cn('w-px', status === 'succeeded' ? 'bg-success/50' : 'bg-border')} />
        )}
      </div>
      <div className={cn('min-w-0', last ? 'pb-0' : 'pb-5')}>
        <div className="flex min-h-7 flex-wrap items-center justify-between gap-x-4">
          <h3 className={cn('font-medium', pending && 'text-muted-foreground')}>
            {t.steps[name].name}
            <span className="sr-only">, {t.stepStatus[status]}</span>
            {step.attempt > 1 && (
              <span className="ml-2 text-sm font-normal text-muted-foreground">{t.run.attempt(step.attempt)}</span>
            )}
          </h3>
          {!pending && (
            <p className="flex items-center gap-3 text-sm text-muted-foreground tabular-nums">
              {onRedo && (
                <Confirm
                  trigger={
                    <Button
                      variant="ghost"
                      size="icon-small"
                      className="-my-1 opacity-0 transition-opacity group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100"
                      aria-label={t.run.redoFrom(t.steps[name].name)}
                      title={t.run.redoFrom(t.steps[name].name)}
                    >
                      <RotateCcw aria-hidden="true" />
                    </Button>
                  }
                  title={t.run.redoTitle(t.steps[name].name)}
                  description={t.run.redoText}
                  confirm={t.run.redoConfirm}
                  keep={t.common.cancel}
                  onConfirm={() => onRedo(name)}
                />
              )}
              <StepTime step={step} />
              <span className="min-w-13 text-right">{formatMoney(step.costMicroUsd)}</span>
            </p>
          )}
        </div>
        {status === 'running' ? (
          <p className="text-sm text-accent">{now ?? t.steps[name].doing}</p>
        ) : (
          <p className={cn('text-sm text-muted-foreground', pending && 'max-sm:hidden')}>
            {status === 'succeeded' && said ? (
              <ServerText>{said}</ServerText>
            ) : name === 'publish' && stays ? (
              t.run.noSite
            ) : (
              t.steps[name].what
            )}
          </p>
        )}
        {step.error && status !== 'running' && (
          <p className="mt-1 text-sm text-danger">
            <ServerText>{step.error.message}</ServerText>
          </p>
        )}
      </div>
    </li>
  );
}

function StepTime({ step }: { step: PipelineStep }) {
  const running = step.status === 'running';
  const now = useNow(1000, running);
  if (!step.startedAt) return null;
  const end = step.finishedAt ? Date.parse(step.finishedAt) : running ? now.getTime() : null;
  return <span>{formatDuration(end === null ? null : end - Date.parse(step.startedAt))}</span>;
}

const marks = {
  succeeded: { icon: Check, look: 'bg-success-soft text-success' },
  failed: { icon: X, look: 'bg-danger-soft text-danger' },
  waiting: { icon: Hourglass, look: 'bg-warning-soft text-warning' },
  cancelled: { icon: Minus, look: 'bg-muted text-muted-foreground' },
  pending: { icon: CircleDashed, look: 'text-muted-foreground' },
  superseded: { icon: CircleDashed, look: 'text-muted-foreground' },
};

function StepMark({ status }: { status: PipelineStep['status'] }) {
  if (status === 'running') {
    return (
      <span aria-hidden="true" className="grid size-7 place-items-center rounded-full bg-accent-soft">
        <span className="size-2.5 animate-breathe rounded-full bg-accent" />
      </span>
    );
  }
  const { icon: Icon, look } = marks[status];
  return (
    <span aria-hidden="true" className={cn('grid size-7 place-items-center rounded-full', look)}>
      <Icon className="size-4" />
    </span>
  );
}
