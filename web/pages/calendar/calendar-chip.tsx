import { draggable } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { useEffect, useRef, useState } from 'react';
import type { CalendarItem } from '@/api/client/types.gen.ts';
import { cn } from '@/components/class-names.ts';
import { formatTimeOfDay } from '@/format/month-grid.ts';
import { describeItem, titleOf } from './describe-item.ts';

/** The colours beside the word and the icon. */
const inks = {
  neutral: 'bg-muted text-muted-foreground',
  accent: 'bg-accent-soft text-accent',
  success: 'bg-success-soft text-success',
  warning: 'bg-warning-soft text-warning',
  danger: 'bg-danger-soft text-danger',
};

interface CalendarChipProps {
  item: CalendarItem;
  timeZone: string;
  onOpen: (item: CalendarItem) => void;
}

/** An item in a day of the month: opened by a click or Enter, and dragged to another day where it can be moved. */
export function CalendarChip({ item, timeZone, onOpen }: CalendarChipProps) {
  const ref = useRef<HTMLButtonElement>(null);
  const [dragged, setDragged] = useState(false);
  useEffect(() => {
    const element = ref.current;
    if (!element || !item.movable) return;
    return draggable({
      element,
      getInitialData: () => ({ calendarItem: item }),
      onDragStart: () => setDragged(true),
      onDrop: () => setDragged(false),
    });
  }, [item]);
  const { icon: Icon, tone, word } = describeItem(item);
  const time = formatTimeOfDay(item.at, timeZone);
  const title = titleOf(item);
  return (
    <button
      ref={ref}
      id={`item-${item.id}`}
      type="button"
      aria-haspopup="dialog"
      onClick={() => onOpen(item)}
      className={cn(
        'block w-full min-w-0 rounded-md px-1.5 py-1 text-left text-xs',
        inks[tone],
        item.movable && 'cursor-grab active:cursor-grabbing',
        dragged && 'opacity-50',
      )}
    >
      <span className="flex min-w-0 items-center gap-1">
        <Icon aria-hidden="true" className="size-3.5 shrink-0" />
        <span className="shrink-0 tabular-nums">{time}</span> <span className="truncate font-medium">{word}</span>
      </span>{' '}
      <span className={cn('block truncate text-foreground', item.state === 'skipped' && 'line-through')} dir="auto">
        {title}
      </span>
    </button>
  );
}
