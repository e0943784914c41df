import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Pause, Play, RefreshCw, Trash2 } from 'lucide-react';
import {
  checkSourceMutation,
  deleteSourceMutation,
  listSourcesQueryKey,
  updateSourceMutation,
} from '@/api/client/@tanstack/react-query.gen.ts';
import type { WatchedSource } from '@/api/client/types.gen.ts';
import { Figure } from '@/components/figure.tsx';
import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { toast } from '@/components/toaster.tsx';
import { Confirm } from '@/components/ui/alert-dialog.tsx';
import { Badge, type Tone } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { formatCount } from '@/format/money.ts';
import { t } from '@/strings.ts';
import { watchingWords } from '@/strings-topic-intake.ts';
import { useSites } from './use-sites.ts';

const words = watchingWords;
const tones: Record<WatchedSource['state'], Tone> = { active: 'success', paused: 'neutral', failing: 'warning' };

/** Whether a source is read now, or within a moment: its time has come. */
export const isBeingRead = ({ state, nextReadAt }: Pick<WatchedSource, 'state' | 'nextReadAt'>) =>
  state !== 'paused' && nextReadAt !== null && Date.parse(nextReadAt) <= Date.now();

/** A watched source: how it is, what it has brought, and what can be done with it. */
export function SourceRow({ source }: { source: WatchedSource }) {
  const { id, name, url, kind, state, problem, lastReadAt, entries, proposed } = source;
  const siteName = useSites().nameOf(source.siteId);
  const queries = useQueryClient();
  const onSettled = () => queries.invalidateQueries({ queryKey: listSourcesQueryKey() });
  const update = useMutation({ ...updateSourceMutation(), onSettled });
  const check = useMutation({ ...checkSourceMutation(), onSettled });
  const remove = useMutation({ ...deleteSourceMutation(), onSettled });
  const all = [update, check, remove];
  const refused = all.find(({ error }) => error)?.error;
  const busy = check.isPending || isBeingRead(source);
  const path = { id };
  const paused = state === 'paused';
  const act = (work: () => void) => {
    for (const command of all) command.reset();
    work();
  };
  const pause = () =>
    update.mutate(
      { path, body: { paused: !paused } },
      { onSuccess: () => toast(paused ? words.resumed(name) : words.paused(name)) },
    );
  return (
    <Card aria-label={name} className="grid grid-cols-1 gap-4 p-4 sm:p-5">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
        <div className="min-w-0">
          <h2 className="flex flex-wrap items-center gap-x-2.5 gap-y-1 font-semibold">
            <span dir="auto" className="min-w-0 break-words">
              {name}
            </span>
            <Badge tone={tones[state]}>{busy ? words.reading : words.states[state]}</Badge>
          </h2>
          <p className="mt-0.5 text-sm break-all text-muted-foreground">
            {words.kinds[kind]} ·{' '}
            <a href={url} target="_blank" rel="noopener noreferrer" className="underline-offset-4 hover:underline">
              {url.replace(/^https?:\/\//, '')}
            </a>
            {siteName && ` · ${siteName}`}
          </p>
        </div>
        <div className="flex flex-wrap sm:gap-1 max-sm:-ml-2 max-sm:[&>button]:px-2">
          <Button
            size="small"
            variant="ghost"
            aria-label={words.checkOf(name)}
            aria-disabled={busy || paused}
            onClick={() =>
              !busy && !paused && act(() => check.mutate({ path }, { onSuccess: () => toast(words.checkAsked(name)) }))
            }
          >
            <RefreshCw aria-hidden="true" className={busy ? 'animate-spin' : ''} />
            {words.check}
          </Button>
          <Button
            size="small"
            variant="ghost"
            aria-label={paused ? words.resumeOf(name) : words.pauseOf(name)}
            aria-disabled={update.isPending}
            onClick={() => !update.isPending && act(pause)}
          >
            {paused ? <Play aria-hidden="true" /> : <Pause aria-hidden="true" />}
            {paused ? words.resume : words.pause}
          </Button>
          <Confirm
            trigger={
              <Button size="small" variant="ghost" aria-label={words.removeOf(name)}>
                <Trash2 aria-hidden="true" />
                {words.remove}
              </Button>
            }
            title={words.removeTitle(name)}
            description={words.removeText}
            confirm={words.remove}
            keep={t.common.keep}
            onConfirm={() => act(() => remove.mutate({ path }, { onSuccess: () => toast(words.removed(name)) }))}
          />
        </div>
      </div>
      {problem && (
        <Notice tone="warning" title={words.problemTitle}>
          <p className="break-words">
            <ServerText>{problem.message}</ServerText>
          </p>
          <p>
            <ServerText>{problem.hint}</ServerText> {!paused && words.again}
          </p>
        </Notice>
      )}
      <dl className="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-4">
        <Figure label={words.lastRead}>{lastReadAt ? <RelativeTime at={lastReadAt} /> : words.never}</Figure>
        <Figure label={words.nextRead}>
          <NextRead source={source} />
        </Figure>
        <Figure label={words.entries}>{formatCount(entries)}</Figure>
        <Figure label={words.proposed}>
          {proposed > 0 ? (
            <Link
              to="/topics"
              search={{ show: 'proposed' }}
              aria-label={words.seeProposals(formatCount(proposed))}
              className="text-accent underline underline-offset-4"
            >
              {formatCount(proposed)}
            </Link>
          ) : (
            formatCount(proposed)
          )}
        </Figure>
      </dl>
      {refused && <ProblemNotice problem={refused} />}
    </Card>
  );
}

function NextRead({ source }: { source: WatchedSource }) {
  if (source.state === 'paused') return words.onHold;
  if (isBeingRead(source)) return words.soon;
  return source.nextReadAt ? <RelativeTime at={source.nextReadAt} /> : '–';
}
