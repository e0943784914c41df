import { Link } from '@tanstack/react-router';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import type { Publication } from '@/api/client/types.gen.ts';
import { PublicationTime, PublicationWait } from '@/components/publication-wait.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { SiteTimeField } from '@/components/site-time-field.tsx';
import { PublicationBadge } from '@/components/status-badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Select } from '@/components/ui/input.tsx';
import { t } from '@/strings.ts';
import { publicationWords } from '@/strings-publication.ts';
import type { QueueCommands } from './use-queue.ts';

interface QueueItemProps {
  publication: Publication;
  timeZone: string;
  commands: QueueCommands;
  /** Where it stands among those that wait, from 1. */
  place?: number;
  last?: boolean;
  onMove?: (by: -1 | 1) => void;
}

/** One publication in a queue: how it stands, and what can be done with it. */
export function QueueItem({ publication, timeZone, commands, place, last, onMove }: QueueItemProps) {
  const [timing, setTiming] = useState(false);
  const { id, status, error } = publication;
  const title = publication.title ?? t.queue.untitled;
  const path = { id };
  const waits = status === 'queued' || status === 'scheduled';
  const timed = publication.waiting?.reason === 'time';
  const act = (work: () => void) => {
    commands.forget();
    work();
  };
  return (
    <div className="grid grid-cols-1 gap-2 text-sm">
      <div className="flex items-start justify-between gap-3">
        <div className="flex min-w-0 items-start gap-2">
          {onMove && (
            <span className="flex shrink-0">
              <Button
                id={`up-${id}`}
                size="icon-small"
                variant="ghost"
                aria-label={t.queue.up(title)}
                aria-disabled={place === 1}
                onClick={() => onMove(-1)}
              >
                <ArrowUp aria-hidden="true" />
              </Button>
              <Button
                id={`down-${id}`}
                size="icon-small"
                variant="ghost"
                aria-label={t.queue.down(title)}
                aria-disabled={last}
                onClick={() => onMove(1)}
              >
                <ArrowDown aria-hidden="true" />
              </Button>
            </span>
          )}
          <div className="min-w-0 self-center">
            <Link
              to="/articles/$articleId"
              params={{ articleId: publication.articleId }}
              search={{ tab: 'publish' }}
              className="font-medium break-words underline-offset-4 hover:underline"
              dir="auto"
            >
              {title}
            </Link>
          </div>
        </div>
        <PublicationBadge publication={publication} />
      </div>
      <Standing publication={publication} />
      {error && status !== 'published' && (
        <div>
          <p className="text-danger">
            <ServerText>{error.message}</ServerText>
          </p>
          <p>
            <ServerText>{error.hint}</ServerText>
          </p>
        </div>
      )}
      {timing && (
        <TimeForm
          publication={publication}
          timeZone={timeZone}
          onSubmit={(publishAt) => {
            setTiming(false);
            act(() => commands.update.mutate({ path, body: { publishAt } }));
          }}
        />
      )}
      <div className="flex flex-wrap items-center gap-2">
        {status === 'queued' && (
          <div className="w-32">
            <Select
              aria-label={t.queue.priorityOf(title)}
              value={publication.priority}
              onChange={(event) => {
                const priority = event.target.value as Publication['priority'];
                act(() => commands.update.mutate({ path, body: { priority } }));
              }}
            >
              {(['high', 'normal', 'low'] as const).map((priority) => (
                <option key={priority} value={priority}>
                  {t.queue.priorities[priority]}
                </option>
              ))}
            </Select>
          </div>
        )}
        {waits && publication.task === 'place' && (
          <Button
            size="small"
            aria-label={t.queue.rescheduleOf(title)}
            aria-expanded={timing}
            onClick={() => setTiming(!timing)}
          >
            {t.queue.reschedule}
          </Button>
        )}
        {(publication.waiting?.reason === 'retry' || publication.waiting?.reason === 'time' || status === 'failed') && (
          <Button
            size="small"
            aria-label={timed ? t.queue.sendNowOf(title) : t.queue.tryNowOf(title)}
            onClick={() => act(() => commands.retry.mutate({ path }))}
          >
            {timed ? t.queue.sendNow : t.queue.tryNow}
          </Button>
        )}
        {status === 'conflict' && (
          <Button size="small" asChild>
            <Link to="/publications/$publicationId" params={{ publicationId: id }}>
              {t.queue.compare}
            </Link>
          </Button>
        )}
        {(waits || status === 'failed' || status === 'conflict') && (
          <Button
            size="small"
            variant="ghost"
            aria-label={t.queue.cancelOf(title)}
            onClick={() => act(() => commands.cancel(publication))}
          >
            {t.queue.cancel}
          </Button>
        )}
        {status !== 'conflict' && (
          <Link
            to="/publications/$publicationId"
            params={{ publicationId: id }}
            className="text-accent underline underline-offset-4"
          >
            {t.queue.details}
          </Link>
        )}
        {status === 'published' && publication.remoteUrl && (
          <a
            href={publication.remoteUrl}
            target="_blank"
            rel="noopener noreferrer"
            className="text-accent underline underline-offset-4"
          >
            {t.queue.openPost}
          </a>
        )}
      </div>
    </div>
  );
}

/** How a publication stands, in words. */
function Standing({ publication }: { publication: Publication }) {
  const { status, publishedAt } = publication;
  if (status === 'publishing')
    return <p className="text-muted-foreground">{publicationWords.working[publication.task]}</p>;
  if (status === 'published') {
    return publishedAt ? (
      <p className="text-muted-foreground">
        <RelativeTime at={publishedAt} />
      </p>
    ) : null;
  }
  return (
    <>
      <PublicationTime publication={publication} />
      <PublicationWait publication={publication} />
      {publication.warnings.map((warning) => (
        <p key={warning} dir="auto" className="text-warning [overflow-wrap:anywhere]">
          {warning}
        </p>
      ))}
    </>
  );
}

function TimeForm({
  publication,
  timeZone,
  onSubmit,
}: {
  publication: Publication;
  timeZone: string;
  onSubmit: (publishAt: string) => void;
}) {
  const [typed, setTyped] = useState(publication.publishAtLocal?.time.slice(0, 16) ?? '');
  const [missing, setMissing] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setMissing(typed === '');
    if (typed !== '') onSubmit(typed);
  };
  return (
    <form onSubmit={submit} noValidate className="grid grid-cols-1 gap-3 rounded-lg bg-muted p-3.5">
      <SiteTimeField
        label={t.queue.timeAt(timeZone)}
        value={typed}
        onChange={setTyped}
        timeZone={timeZone}
        error={missing ? t.queue.timeNeeded : undefined}
      />
      <Button type="submit" variant="primary" className="justify-self-start">
        {t.queue.saveTime}
      </Button>
    </form>
  );
}
