import { Link } from '@tanstack/react-router';
import type { Overview } from '@/api/client/types.gen.ts';
import { formatDayAndTime } from '@/format/month-grid.ts';
import { t } from '@/strings.ts';
import { Panel } from './panel.tsx';

const words = t.dashboard;

/** What comes next, on the clocks of the account. */
export function ComingPanel({ coming, timeZone }: { coming: Overview['coming']; timeZone: string }) {
  return (
    <Panel title={words.coming} all={{ to: '/calendar', label: words.calendar }}>
      {coming.length === 0 ? (
        <p className="px-4 py-3.5 text-muted-foreground">
          {words.nothingComes}{' '}
          <Link to="/schedules" className="text-accent underline underline-offset-4">
            {words.nothingComesHint}
          </Link>
        </p>
      ) : (
        <ol className="divide-y divide-border">
          {coming.map((item) => (
            <li key={item.id} className="relative px-4 py-3 transition-colors hover:bg-muted/60">
              <p className="text-sm text-muted-foreground tabular-nums">
                <time dateTime={item.at}>{formatDayAndTime(item.at, timeZone)}</time>
                {' · '}
                {t.calendar.states[item.state]}
              </p>
              <Link
                to="/calendar"
                search={{ month: item.at.slice(0, 7) }}
                className="font-medium after:absolute after:inset-0 focus-visible:-outline-offset-2"
              >
                <span className="line-clamp-2" dir="auto">
                  {item.title ?? item.schedule ?? t.calendar.untitled}
                </span>
              </Link>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
