import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { getAutopilotOptions, setAutopilotMutation } from '@/api/client/@tanstack/react-query.gen.ts';
import type { Autopilot } from '@/api/client/types.gen.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { ProblemNotice } from '@/components/notice.tsx';
import { Page } from '@/components/page.tsx';
import { toast } from '@/components/toaster.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { keptForm } from '@/session/kept-forms.ts';
import { scheduleWords, autopilotWords as words } from '@/strings-schedules.ts';
import { LoadProblem } from '../error-pages.tsx';
import { keptScheduleForm, ScheduleForm } from '../schedules/schedule-form.tsx';
import { AutopilotSummary } from './autopilot-summary.tsx';
import { HeldList } from './held-list.tsx';

const tones = { off: 'neutral', on: 'success', paused: 'warning' } as const;

/** The autopilot of a site: everything about it at once, and all of it turned on, paused and resumed. */
export function AutopilotPage() {
  const { siteId } = useParams({ from: '/signed-in/sites/$siteId/autopilot' });
  const autopilot = useQuery({ ...getAutopilotOptions({ path: { id: siteId } }), refetchInterval: 20_000 });
  if (autopilot.isPending) {
    return (
      <Page title={words.link}>
        <SkeletonRows rows={6} />
      </Page>
    );
  }
  if (autopilot.error) {
    return (
      <Page title={words.link}>
        <LoadProblem problem={autopilot.error} onRetry={autopilot.refetch} />
      </Page>
    );
  }
  return <Loaded autopilot={autopilot.data} />;
}

function Loaded({ autopilot }: { autopilot: Autopilot }) {
  const { siteId, siteName, state } = autopilot;
  const [choosing, setChoosing] = useState(() => keptForm(keptScheduleForm(undefined, siteId)) !== undefined);
  const [editing, setEditing] = useState<string | null>(
    () => autopilot.schedules.find(({ id }) => keptForm(keptScheduleForm(id)))?.id ?? null,
  );
  const edited = autopilot.schedules.find(({ id }) => id === editing);
  const queries = useQueryClient();
  const set = useMutation({
    ...setAutopilotMutation(),
    onSuccess: (answer) => queries.setQueryData(getAutopilotOptions({ path: { id: siteId } }).queryKey, answer),
    onSettled: () => void queries.invalidateQueries(),
  });
  const put = (body: { paused?: boolean }, said: string) =>
    set.mutate({ path: { id: siteId }, body }, { onSuccess: () => toast(said) });
  return (
    <Page
      title={words.title(siteName)}
      heading={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <span className="[overflow-wrap:anywhere]">{words.title(siteName)}</span>
          <Badge tone={tones[state]}>{words.states[state]}</Badge>
        </span>
      }
      intro={words.intro}
      actions={
        <>
          <Button variant="ghost" asChild>
            <Link to="/sites">{words.back}</Link>
          </Button>
          {state === 'on' && (
            <Button disabled={set.isPending} onClick={() => put({ paused: true }, words.pausedAll)}>
              {words.pauseAll}
            </Button>
          )}
          {state === 'paused' && (
            <Button variant="primary" disabled={set.isPending} onClick={() => put({ paused: false }, words.resumedAll)}>
              {words.resumeAll}
            </Button>
          )}
        </>
      }
    >
      <div className="grid grid-cols-1 gap-5">
        {set.error && <ProblemNotice problem={set.error} />}
        {choosing && (
          <ScheduleForm
            siteId={siteId}
            onDone={() => {
              setChoosing(false);
              toast(words.turnedOn);
            }}
            onCancel={() => setChoosing(false)}
          />
        )}
        {state === 'off' && !choosing && (
          <Card>
            <EmptyState
              title={words.offTitle}
              action={
                <div className="flex flex-wrap justify-center gap-2">
                  <Button variant="primary" disabled={set.isPending} onClick={() => put({}, words.turnedOn)}>
                    {set.isPending ? words.turningOn : words.turnOn}
                  </Button>
                  <Button onClick={() => setChoosing(true)}>{words.choose}</Button>
                </div>
              }
            >
              {words.offText}
            </EmptyState>
          </Card>
        )}
        {edited && (
          <ScheduleForm
            key={edited.id}
            schedule={edited}
            onDone={() => {
              setEditing(null);
              toast(scheduleWords.saved);
            }}
            onCancel={() => setEditing(null)}
          />
        )}
        {(state !== 'off' || autopilot.held.length > 0) && <HeldList held={autopilot.held} />}
        {state !== 'off' && <AutopilotSummary autopilot={autopilot} onEdit={setEditing} />}
      </div>
    </Page>
  );
}
