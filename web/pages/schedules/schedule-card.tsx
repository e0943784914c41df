import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { deleteScheduleMutation, updateScheduleMutation } from '@/api/client/@tanstack/react-query.gen.ts';
import type { Schedule, Site } from '@/api/client/types.gen.ts';
import { Figure } from '@/components/figure.tsx';
import { ProblemNotice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { toast } from '@/components/toaster.tsx';
import { Confirm } from '@/components/ui/alert-dialog.tsx';
import { Badge, type Tone } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { formatCount } from '@/format/money.ts';
import { ruleWords } from '@/format/schedule-rule.ts';
import { formatSiteTime, writeSiteTime } from '@/format/site-time.ts';
import { keptForm } from '@/session/kept-forms.ts';
import { t } from '@/strings.ts';
import { scheduleWords as words } from '@/strings-schedules.ts';
import { keptScheduleForm, ScheduleForm } from './schedule-form.tsx';
import { ScheduleRuns } from './schedule-runs.tsx';

const tones: Record<Schedule['state'], Tone> = {
  active: 'success',
  paused: 'neutral',
  site_deleted: 'danger',
  over: 'warning',
};

/** One schedule: when it runs, how it stands, and what can be done with it. */
export function ScheduleCard({ schedule, site }: { schedule: Schedule; site: Site | undefined }) {
  const { id, name, state, rule, timeZone, nextSlotAt, openTopics, lastRun, warnings } = schedule;
  const [editing, setEditing] = useState(() => keptForm(keptScheduleForm(id)) !== undefined);
  const [history, setHistory] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const queries = useQueryClient();
  // Not waited for: the command is done, and its button can be used again.
  const onSettled = () => void queries.invalidateQueries();
  const update = useMutation({ ...updateScheduleMutation(), onSettled });
  const remove = useMutation({
    ...deleteScheduleMutation(),
    onSuccess: () => toast(words.removed(name)),
    onSettled,
  });
  const problem = update.error ?? remove.error;
  const close = () => {
    setEditing(false);
    requestAnimationFrame(() => heading.current?.focus());
  };
  const stored = () => {
    toast(words.saved);
    close();
  };
  if (editing) return <ScheduleForm schedule={schedule} onDone={stored} onCancel={close} />;
  const pause = (paused: boolean) =>
    update.mutate(
      { path: { id }, body: { paused } },
      { onSuccess: () => toast(paused ? words.paused(name) : words.resumed(name)) },
    );
  return (
    <Card aria-label={name} className="overflow-hidden">
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3 p-4 sm:p-5">
        <div className="min-w-0">
          <h2
            ref={heading}
            tabIndex={-1}
            className="flex flex-wrap items-center gap-x-3 gap-y-1 rounded font-semibold [overflow-wrap:anywhere]"
          >
            <bdi className="min-w-0">{name}</bdi>
            <Badge tone={tones[state]}>{words.states[state]}</Badge>
          </h2>
          <p className="text-sm text-muted-foreground">
            {ruleWords(rule)} ({timeZone.replaceAll('_', ' ')})
          </p>
          {site && (
            <p className="text-sm text-muted-foreground">
              {words.forSite}{' '}
              <Link
                to="/sites/$siteId/autopilot"
                params={{ siteId: site.id }}
                dir="auto"
                className="text-accent underline underline-offset-4 [overflow-wrap:anywhere]"
              >
                {site.name}
              </Link>
            </p>
          )}
        </div>
        <div className="flex flex-wrap gap-2">
          {state === 'paused' || state === 'site_deleted' ? (
            <Button
              size="small"
              aria-label={words.resumeOf(name)}
              disabled={state === 'site_deleted'}
              onClick={() => pause(false)}
            >
              {words.resume}
            </Button>
          ) : (
            <Button size="small" aria-label={words.pauseOf(name)} onClick={() => pause(true)}>
              {words.pause}
            </Button>
          )}
          <Button size="small" aria-label={words.editOf(name)} onClick={() => setEditing(true)}>
            {words.edit}
          </Button>
          <Button
            size="small"
            variant="ghost"
            aria-label={words.runsOf(name)}
            aria-expanded={history}
            onClick={() => setHistory(!history)}
          >
            {words.runsButton}
          </Button>
          <Confirm
            trigger={
              <Button size="small" variant="ghost" aria-label={words.removeOf(name)}>
                {words.remove}
              </Button>
            }
            title={words.removeTitle(name)}
            description={words.removeText}
            confirm={words.remove}
            keep={t.common.keep}
            onConfirm={() => remove.mutate({ path: { id } })}
          />
        </div>
      </div>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-3 px-4 pb-4 sm:grid-cols-3 sm:px-5">
        <Figure
          label={words.next}
          hint={nextSlotAt && formatSiteTime({ time: writeSiteTime(new Date(nextSlotAt), timeZone), timeZone })}
        >
          {nextSlotAt ? <RelativeTime at={nextSlotAt} /> : words.nextNone}
        </Figure>
        <Figure label={words.topics}>{formatCount(openTopics)}</Figure>
        <Figure label={words.lastResult} hint={lastRun && <RelativeTime at={lastRun.slotAt} />}>
          {lastRun ? words.outcomes[lastRun.outcome] : words.never}
        </Figure>
      </dl>
      {warnings.length > 0 && (
        <ul className="grid gap-1 px-4 pb-4 text-sm text-warning sm:px-5">
          {warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
      {problem && <ProblemNotice problem={problem} className="mx-4 mb-4 sm:mx-5" />}
      {history && <ScheduleRuns schedule={schedule} />}
    </Card>
  );
}
