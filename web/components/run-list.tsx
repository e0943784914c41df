import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import type { Pipeline } from '@/api/client/types.gen.ts';
import { formatMoney } from '@/format/money.ts';
import { t } from '@/strings.ts';
import { RelativeTime } from './relative-time.tsx';
import { RunPriority } from './run-priority.tsx';
import { ServerText } from './server-text.tsx';
import { RunBadge } from './status-badge.tsx';
import { Progress } from './ui/progress.tsx';

/** Runs, one a row. */
export function RunList({ runs }: { runs: Pipeline[] }) {
  return (
    <ul className="divide-y divide-border">
      {runs.map((run) => (
        <li key={run.id}>
          <RunRow run={run} />
        </li>
      ))}
    </ul>
  );
}

/** A run of a list; the whole row leads to it. */
export const RunRow = memo(function RunRow({ run }: { run: Pipeline }) {
  return (
    <div className="relative grid grid-cols-1 gap-1.5 px-4 py-3.5 transition-colors hover:bg-muted/60 sm:px-5">
      <div className="flex items-start justify-between gap-4">
        <Link
          to="/runs/$runId"
          params={{ runId: run.id }}
          className="min-w-0 font-medium after:absolute after:inset-0 focus-visible:-outline-offset-2"
        >
          <span className="line-clamp-2 [overflow-wrap:anywhere]" dir="auto">
            {run.topic}
          </span>
        </Link>
        <RunBadge run={run} />
      </div>
      <p className="flex flex-wrap gap-x-4 text-sm text-muted-foreground">
        <RelativeTime at={run.createdAt} />
        <span>{formatMoney(run.costMicroUsd)}</span>
        {run.priority !== 'normal' && run.finishedAt === null && <span>{t.priority[run.priority]}</span>}
        {run.currentStep && run.status !== 'succeeded' && <span>{t.steps[run.currentStep].name}</span>}
      </p>
      {run.status === 'running' && <Progress value={run.progress} label={t.run.progress} className="mt-1" />}
      {run.status === 'queued' && <RunPriority run={run} />}
      {run.error && (
        <p className="text-sm text-danger [overflow-wrap:anywhere]">
          <ServerText>{run.error.message}</ServerText>
        </p>
      )}
    </div>
  );
});
