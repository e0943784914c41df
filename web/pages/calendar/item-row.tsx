import type { CalendarItem } from '@/api/client/types.gen.ts';
import { cn } from '@/components/class-names.ts';
import { ServerText } from '@/components/server-text.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { formatTimeOfDay } from '@/format/month-grid.ts';
import { t } from '@/strings.ts';
import { describeItem, titleOf } from './describe-item.ts';

interface ItemRowProps {
  item: CalendarItem;
  timeZone: string;
  /** The name of its site; none where only one site is shown. */
  site: string | undefined;
  onOpen: (item: CalendarItem) => void;
}

/** An item as a line of a day: when, how it stands, what it is. */
export function ItemRow({ item, timeZone, site, onOpen }: ItemRowProps) {
  const { icon: Icon, tone, word } = describeItem(item);
  const lacksTopic = item.kind === 'slot' && item.state === 'planned' && item.title === null;
  const beside = [
    t.calendar.kinds[item.kind],
    item.title === null ? null : item.schedule,
    site,
    lacksTopic ? t.calendar.noTopicYet : null,
  ].filter(Boolean);
  return (
    <button
      id={`row-${item.id}`}
      type="button"
      aria-haspopup="dialog"
      onClick={() => onOpen(item)}
      className="grid w-full grid-cols-[4.75rem_minmax(0,1fr)] items-start gap-x-3 px-4 py-3 text-left hover:bg-muted focus-visible:-outline-offset-2 sm:grid-cols-[5rem_minmax(0,1fr)_auto]"
    >
      <span className="text-sm tabular-nums text-muted-foreground">{formatTimeOfDay(item.at, timeZone)}</span>
      <span className="min-w-0">
        <span className={cn('block font-medium break-words', item.state === 'skipped' && 'line-through')} dir="auto">
          {titleOf(item)}
        </span>
        <span className="block text-sm text-muted-foreground">{beside.join(' · ')}</span>
        {item.note && (
          <span className="mt-0.5 block text-sm text-muted-foreground">
            <ServerText>{item.note}</ServerText>
          </span>
        )}
      </span>
      <span className="col-start-2 mt-1.5 sm:col-start-3 sm:mt-0">
        <Badge tone={tone}>
          <Icon aria-hidden="true" />
          {word}
        </Badge>
      </span>
    </button>
  );
}
