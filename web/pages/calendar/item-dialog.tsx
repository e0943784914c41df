import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import type { CalendarItem } from '@/api/client/types.gen.ts';
import { ProblemNotice } from '@/components/notice.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { SiteTimeField } from '@/components/site-time-field.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog } from '@/components/ui/dialog.tsx';
import { formatOwnTime, formatSiteTime, readSiteTime, writeSiteTime } from '@/format/site-time.ts';
import { t } from '@/strings.ts';
import { describeItem, isMoved, titleOf, whyFixed } from './describe-item.ts';
import type { Change, Moves } from './use-moves.ts';

const words = t.calendar;

interface ItemDialogProps {
  item: CalendarItem;
  timeZone: string;
  site: string | undefined;
  moves: Moves;
  onClose: () => void;
}

/** One item: what it is, how it stands, and everything that can be done with it, also without a mouse. */
export function ItemDialog({ item, timeZone, site, moves, onClose }: ItemDialogProps) {
  const { icon: Icon, tone, word } = describeItem(item);
  const local = localOf(item.at, timeZone);
  const own = formatOwnTime(item.at, local);
  const fixed = whyFixed(item);
  const refusal = moves.refusal?.item.id === item.id ? moves.refusal : null;
  const act = async (change: Change) => {
    if (await moves.run(item, change)) onClose();
  };
  return (
    <Dialog title={titleOf(item)} onClose={onClose} narrow>
      <div className="grid grid-cols-1 gap-4 p-4 sm:p-6">
        <div className="flex flex-wrap items-center gap-2">
          <Badge tone={tone}>
            <Icon aria-hidden="true" />
            {word}
          </Badge>
          <span className="text-sm text-muted-foreground">
            {[words.kinds[item.kind], site].filter(Boolean).join(' · ')}
          </span>
        </div>
        <div>
          <p className="font-medium">{formatSiteTime(local)}</p>
          {own && <p className="text-sm text-muted-foreground">{t.queue.yourTime(own)}</p>}
          {item.note && (
            <p className="text-sm text-muted-foreground">
              <ServerText>{item.note}</ServerText>
            </p>
          )}
          {item.schedule && <p className="text-sm text-muted-foreground">{words.of(item.schedule)}</p>}
          {item.kind === 'slot' && item.state === 'planned' && (
            <p className="mt-1 text-sm">{item.title === null ? words.noTopic : words.willBe(item.title)}</p>
          )}
        </div>
        <Links item={item} />
        {refusal && <ProblemNotice problem={refusal.problem} />}
        {fixed && <p className="text-sm text-muted-foreground">{fixed}</p>}
        {item.movable && <TimeForm item={item} timeZone={timeZone} onMove={(to) => void act({ to })} />}
        {item.kind === 'slot' && item.state !== 'due' && (
          <div className="flex flex-wrap gap-2">
            {item.state === 'skipped' ? (
              Date.parse(item.at) > Date.now() && <Button onClick={() => void act('back')}>{words.bringBack}</Button>
            ) : (
              <Button onClick={() => void act('skip')}>{words.skip}</Button>
            )}
            {isMoved(item) && item.slotAt && Date.parse(item.slotAt) > Date.now() && (
              <Button onClick={() => void act('back')}>
                {words.putBack(formatSiteTime(localOf(item.slotAt, timeZone)).replace(/ \([^)]*\)$/, ''))}
              </Button>
            )}
          </div>
        )}
      </div>
    </Dialog>
  );
}

const localOf = (at: string, timeZone: string) => ({ time: writeSiteTime(new Date(at), timeZone), timeZone });

function TimeForm({ item, timeZone, onMove }: { item: CalendarItem; timeZone: string; onMove: (to: Date) => void }) {
  const [typed, setTyped] = useState(writeSiteTime(new Date(item.at), timeZone));
  const [mistake, setMistake] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const read = readSiteTime(typed, timeZone);
    const wrong = !read ? words.timeNeeded : read.at.getTime() <= Date.now() ? words.timePassed : undefined;
    setMistake(wrong);
    if (read && !wrong) onMove(read.at);
  };
  return (
    <form onSubmit={submit} noValidate className="grid grid-cols-1 gap-3 rounded-lg bg-muted p-3.5">
      <SiteTimeField
        label={words.timeAt(timeZone)}
        value={typed}
        onChange={setTyped}
        timeZone={timeZone}
        error={mistake}
      />
      <Button type="submit" variant="primary" className="justify-self-start">
        {words.move}
      </Button>
    </form>
  );
}

function Links({ item: { articleId, pipelineId, publicationId, kind } }: { item: CalendarItem }) {
  const look = 'text-accent underline underline-offset-4';
  if (!articleId && !pipelineId) return null;
  return (
    <div className="flex flex-wrap gap-x-4 gap-y-1 text-sm">
      {articleId && (
        <Link
          to="/articles/$articleId"
          params={{ articleId }}
          search={kind === 'run' ? {} : { tab: 'publish' }}
          className={look}
        >
          {words.article}
        </Link>
      )}
      {pipelineId && (
        <Link to="/runs/$runId" params={{ runId: pipelineId }} className={look}>
          {words.run}
        </Link>
      )}
      {publicationId && (
        <Link to="/publications/$publicationId" params={{ publicationId }} className={look}>
          {words.publication}
        </Link>
      )}
    </div>
  );
}
