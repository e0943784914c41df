import type { CalendarItem } from '@/api/client/types.gen.ts';
import { Card } from '@/components/ui/card.tsx';
import { formatLongDay } from '@/format/month-grid.ts';
import { t } from '@/strings.ts';
import { ItemRow } from './item-row.tsx';

interface ListViewProps {
  days: string[];
  byDay: Map<string, CalendarItem[]>;
  today: string;
  timeZone: string;
  siteOf: (item: CalendarItem) => string | undefined;
  onOpen: (item: CalendarItem) => void;
}

/** The days of a month that have something, one below the other. */
export function ListView({ days, byDay, today, timeZone, siteOf, onOpen }: ListViewProps) {
  return (
    <div className="grid grid-cols-1 gap-5">
      {days.map((day) => {
        const items = byDay.get(day) ?? [];
        if (items.length === 0) return null;
        return (
          <section key={day} data-day={day} aria-label={formatLongDay(day)} className="scroll-mt-16">
            <h3 className="mb-2 text-sm font-semibold text-muted-foreground">
              {formatLongDay(day)}
              {day === today && ` · ${t.calendar.todayIs}`}
            </h3>
            <Card className="overflow-hidden">
              <ul className="divide-y divide-border">
                {items.map((item) => (
                  <li key={`${item.kind} ${item.id}`}>
                    <ItemRow item={item} timeZone={timeZone} site={siteOf(item)} onOpen={onOpen} />
                  </li>
                ))}
              </ul>
            </Card>
          </section>
        );
      })}
    </div>
  );
}
