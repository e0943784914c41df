import { Link } from '@tanstack/react-router';
import type { Overview } from '@/api/client/types.gen.ts';
import { RelativeTime } from '@/components/relative-time.tsx';
import { RunBadge } from '@/components/status-badge.tsx';
import { Progress } from '@/components/ui/progress.tsx';
import { t } from '@/strings.ts';
import { Panel } from './panel.tsx';

const words = t.dashboard;

/** What is being written now, and what has its turn before it. */
export function WorkPanel({ work }: { work: Overview['work'] }) {
  return (
    <Panel
      title={words.work}
      count={work.total > work.items.length ? String(work.total) : undefined}
      all={{ to: '/runs', label: t.common.showAll, name: words.allWork }}
    >
      {work.items.length === 0 ? (
        <p className="px-4 py-3.5 text-muted-foreground sm:px-5">{words.noWork}</p>
      ) : (
        <ul className="divide-y divide-border">
          {work.items.map((run) => (
            <li
              key={run.id}
              className="relative grid grid-cols-1 gap-1.5 px-4 py-3.5 transition-colors hover:bg-muted/60 sm:px-5"
            >
              <div className="flex items-start justify-between gap-4">
                <Link
                  to="/runs/$runId"
                  params={{ runId: run.id }}
                  className="min-w-0 font-medium after:absolute after:inset-0 focus-visible:-outline-offset-2"
                >
                  <span className="line-clamp-2" dir="auto">
                    {run.topic}
                  </span>
                </Link>
                <RunBadge run={run} />
              </div>
              {run.status === 'running' && (
                <Progress value={run.progress} label={words.progressOf(run.topic)} className="my-0.5" />
              )}
              <p className="flex flex-wrap gap-x-3 text-sm text-muted-foreground">
                {run.status === 'running' && run.currentStep && <span>{t.steps[run.currentStep].doing}</span>}
                <RelativeTime at={run.startedAt ?? run.createdAt} />
                {run.site && <span>{words.goesTo(run.site)}</span>}
              </p>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
