import { useEffect, useRef } from 'react';
import { fromServer, langOf } from '@/api/server-text.ts';
import { Card } from '@/components/ui/card.tsx';
import { formatClock } from '@/format/time.ts';
import { t } from '@/strings.ts';
import type { Activity } from './run-events.ts';

/** Everything the run has said, newest at the end; follows the end until someone scrolls up. */
export function ActivityLog({ activity }: { activity: Activity[] }) {
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const { length } = activity;
  useEffect(() => {
    if (length > 0 && follows.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [length]);
  return (
    <Card className="overflow-hidden">
      <h2 className="border-b border-border px-4 py-3 font-semibold">{t.run.activity}</h2>
      <div
        ref={box}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={t.run.activity}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          follows.current = scrollHeight - scrollTop - clientHeight < 24;
        }}
        className="max-h-80 overflow-y-auto px-4 py-3 focus-visible:-outline-offset-2"
      >
        {length === 0 && <p className="text-sm text-muted-foreground">{t.run.noActivity}</p>}
        <ol className="grid gap-1.5 text-sm">
          {activity.map((line) => (
            <li key={line.id} className="grid grid-cols-[auto_minmax(0,1fr)] gap-3">
              <time dateTime={line.at} className="text-muted-foreground tabular-nums">
                {line.at ? formatClock(new Date(line.at)) : ''}
              </time>
              <span
                lang={langOf(line.message)}
                className={line.kind === 'failed' ? 'text-danger' : line.kind === 'log' ? '' : 'text-muted-foreground'}
              >
                {sentenceOf(line)}
              </span>
            </li>
          ))}
        </ol>
      </div>
    </Card>
  );
}

function sentenceOf({ kind, step, message, status }: Activity): string {
  if (kind === 'log') return fromServer(message ?? '');
  if (kind === 'ended') return t.run.endings[status as keyof typeof t.run.endings] ?? t.run.endings.other;
  const name = step ? t.steps[step].name : '';
  return kind === 'failed' ? `${t.run.stepFailed(name)} ${fromServer(message ?? '')}` : t.run.stepFinished(name);
}
