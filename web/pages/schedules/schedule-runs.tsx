import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listScheduleRunsInfiniteOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import type { Schedule, ScheduleRun } from '@/api/client/types.gen.ts';
import { ServerText } from '@/components/server-text.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { formatSiteTime, writeSiteTime } from '@/format/site-time.ts';
import { t } from '@/strings.ts';
import { scheduleWords as words } from '@/strings-schedules.ts';
import { LoadProblem } from '../error-pages.tsx';

/** What the times of a schedule have led to, newest first. */
export function ScheduleRuns({ schedule }: { schedule: Schedule }) {
  const runs = useInfiniteQuery({
    ...listScheduleRunsInfiniteOptions({ path: { id: schedule.id }, query: { limit: 10 } }),
    initialPageParam: { path: { id: schedule.id } },
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });
  const items = runs.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section aria-label={words.runs} className="border-t border-border px-4 py-4 sm:px-5">
      <h3 className="mb-2 text-sm font-semibold text-muted-foreground">{words.runs}</h3>
      {runs.isPending ? (
        <SkeletonRows rows={3} />
      ) : runs.error ? (
        <LoadProblem problem={runs.error} onRetry={runs.refetch} />
      ) : items.length === 0 ? (
        <p className="text-sm text-muted-foreground">{words.noRuns}</p>
      ) : (
        <ul className="grid divide-y divide-border rounded-lg border border-border">
          {items.map((run) => (
            <li key={run.id} className="p-3.5">
              <RunLine run={run} timeZone={schedule.timeZone} />
            </li>
          ))}
        </ul>
      )}
      {runs.hasNextPage && (
        <Button size="small" className="mt-3" onClick={() => void runs.fetchNextPage()}>
          {t.common.more}
        </Button>
      )}
    </section>
  );
}

/** One time: an article, or why there was none. */
export function RunLine({
  run,
  timeZone,
  topic,
}: {
  run: Pick<ScheduleRun, 'slotAt' | 'outcome' | 'reason' | 'missed' | 'pipelineId' | 'proposalScore'>;
  timeZone: string;
  /** What the article is about, where that is known. */
  topic?: string | null;
}) {
  const { slotAt, outcome, reason, missed, pipelineId, proposalScore } = run;
  return (
    <div className="grid gap-1 text-sm">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <time dateTime={slotAt} className="tabular-nums">
          {formatSiteTime({ time: writeSiteTime(new Date(slotAt), timeZone), timeZone })}
        </time>
        <Badge tone={outcome === 'started' ? 'success' : 'warning'}>{words.outcomes[outcome]}</Badge>
      </div>
      {pipelineId && (
        <Link
          to="/runs/$runId"
          params={{ runId: pipelineId }}
          className="justify-self-start text-accent underline underline-offset-4 [overflow-wrap:anywhere]"
        >
          {topic ?? words.seeRun}
        </Link>
      )}
      {reason && (
        <p>
          <ServerText>{reason.message}</ServerText>{' '}
          <span className="text-muted-foreground">
            <ServerText>{reason.hint}</ServerText>
          </span>
        </p>
      )}
      {proposalScore !== null && <p className="text-muted-foreground">{words.proposal(proposalScore)}</p>}
      {missed > 0 && <p className="text-muted-foreground">{words.missed(missed)}</p>}
    </div>
  );
}
