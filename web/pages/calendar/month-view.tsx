import { dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { useEffect, useRef, useState } from 'react';
import type { CalendarItem } from '@/api/client/types.gen.ts';
import { cn } from '@/components/class-names.ts';
import { formatMonth } from '@/format/calendar.ts';
import { formatLongDay, weekdayNames } from '@/format/month-grid.ts';
import { t } from '@/strings.ts';
import { CalendarChip } from './calendar-chip.tsx';

const words = t.calendar;
/** Of a day with more, the rest is behind “n more”. */
const mostShown = 3;

interface MonthViewProps {
  month: string;
  weeks: string[][];
  byDay: Map<string, CalendarItem[]>;
  today: string;
  timeZone: string;
  onOpen: (item: CalendarItem) => void;
  onOpenDay: (day: string) => void;
  onDrop: (item: CalendarItem, day: string) => void;
}

/** A month as a table of weeks; what is planned is dragged from day to day. */
export function MonthView({ month, weeks, ...day }: MonthViewProps) {
  const [week = []] = weeks;
  const long = weekdayNames(week, 'long');
  return (
    <div className="overflow-hidden rounded-xl border border-border bg-card">
      <table className="w-full table-fixed border-collapse">
        <caption className="sr-only">{formatMonth(month)}</caption>
        <thead>
          <tr>
            {weekdayNames(week, 'short').map((name, index) => (
              <th
                key={name}
                scope="col"
                abbr={long[index]}
                className="border-b border-border px-1 py-2 text-xs font-medium text-muted-foreground"
              >
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks.map((days) => (
            <tr key={days[0]}>
              {days.map((name) => (
                <DayCell key={name} day={name} inside={name.startsWith(month)} {...day} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function DayCell({
  day,
  inside,
  byDay,
  today,
  timeZone,
  onOpen,
  onOpenDay,
  onDrop,
}: Omit<MonthViewProps, 'month' | 'weeks'> & { day: string; inside: boolean }) {
  const ref = useRef<HTMLTableCellElement>(null);
  const [over, setOver] = useState(false);
  const drop = useRef(onDrop);
  useEffect(() => {
    drop.current = onDrop;
  });
  // Not anew with each rendering: one may come while something is dragged.
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    return dropTargetForElements({
      element,
      canDrop: ({ source }) => 'calendarItem' in source.data,
      onDragEnter: () => setOver(true),
      onDragLeave: () => setOver(false),
      onDrop: ({ source }) => {
        setOver(false);
        drop.current(source.data.calendarItem as CalendarItem, day);
      },
    });
  }, [day]);
  const items = byDay.get(day) ?? [];
  const shown = items.length > mostShown + 1 ? items.slice(0, mostShown) : items;
  const name = formatLongDay(day);
  return (
    <td
      ref={ref}
      data-day={day}
      className={cn(
        'h-16 border-t border-l border-border p-1 align-top first:border-l-0 sm:h-32',
        !inside && 'bg-muted/45',
        over && 'bg-accent-soft outline-2 -outline-offset-2 outline-accent',
      )}
    >
      <div className="mb-1 flex justify-center sm:justify-start">
        <time
          dateTime={day}
          aria-current={day === today ? 'date' : undefined}
          className={cn(
            'grid size-6 place-items-center rounded-full text-xs tabular-nums',
            inside ? 'text-foreground' : 'text-muted-foreground',
            day === today && 'bg-primary font-semibold text-primary-foreground',
          )}
        >
          <span aria-hidden="true">{Number(day.slice(8))}</span>
          <span className="sr-only">{day === today ? `${name}, ${words.todayIs}` : name}</span>
        </time>
      </div>
      {items.length > 0 && (
        <>
          <ul className="hidden gap-1 sm:grid">
            {shown.map((item) => (
              <li key={`${item.kind} ${item.id}`} className="min-w-0">
                <CalendarChip item={item} timeZone={timeZone} onOpen={onOpen} />
              </li>
            ))}
          </ul>
          {shown.length < items.length && (
            <button
              type="button"
              aria-haspopup="dialog"
              aria-label={words.moreOf(items.length - shown.length, name)}
              onClick={() => onOpenDay(day)}
              className="mt-1 hidden w-full rounded-md px-1.5 py-1 text-left text-xs font-medium text-muted-foreground hover:bg-muted hover:text-foreground sm:block"
            >
              {words.more(items.length - shown.length)}
            </button>
          )}
          <button
            type="button"
            aria-haspopup="dialog"
            aria-label={words.countOf(items.length, name)}
            onClick={() => onOpenDay(day)}
            className="mx-auto grid h-7 min-w-7 place-items-center rounded-md bg-accent-soft px-1 text-xs font-semibold text-accent sm:hidden"
          >
            {items.length}
          </button>
        </>
      )}
    </td>
  );
}
