import { ChevronLeft, ChevronRight } from 'lucide-react';
import type { Site } from '@/api/client/types.gen.ts';
import { cn } from '@/components/class-names.ts';
import { SiteSelect } from '@/components/site-select.tsx';
import { Button } from '@/components/ui/button.tsx';
import { formatMonth } from '@/format/calendar.ts';
import { monthAfter } from '@/format/month-grid.ts';
import { t } from '@/strings.ts';

const words = t.calendar;
export const views = ['month', 'list'] as const;
export type View = (typeof views)[number];

interface CalendarBarProps {
  month: string;
  view: View;
  sites: Site[];
  siteId: string | undefined;
  onMonth: (month: string) => void;
  onToday: () => void;
  onView: (view: View) => void;
  onSite: (siteId: string | undefined) => void;
}

/** Which month, of which site, and in which form. */
export function CalendarBar({ month, view, sites, siteId, onMonth, onToday, onView, onSite }: CalendarBarProps) {
  return (
    <div className="mb-4 flex flex-wrap items-center gap-x-3 gap-y-2.5">
      <div className="flex items-center">
        <Button size="icon" variant="ghost" aria-label={words.previous} onClick={() => onMonth(monthAfter(month, -1))}>
          <ChevronLeft aria-hidden="true" className="rtl:-scale-x-100" />
        </Button>
        <Button size="icon" variant="ghost" aria-label={words.next} onClick={() => onMonth(monthAfter(month, 1))}>
          <ChevronRight aria-hidden="true" className="rtl:-scale-x-100" />
        </Button>
        <h2 aria-live="polite" className="ml-1.5 text-lg font-semibold whitespace-nowrap">
          {formatMonth(month)}
        </h2>
      </div>
      <Button size="small" onClick={onToday}>
        {words.today}
      </Button>
      <div className="ml-auto flex flex-wrap items-center gap-2.5">
        {sites.length > 0 && (
          <div className="w-36 sm:w-44">
            <SiteSelect
              aria-label={words.site}
              sites={sites}
              value={siteId ?? ''}
              none={words.allSites}
              onSite={(id) => onSite(id || undefined)}
            />
          </div>
        )}
        <fieldset className="flex gap-1 rounded-lg border border-border bg-muted p-1">
          <legend className="sr-only">{words.view}</legend>
          {views.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={one === view}
              onClick={() => onView(one)}
              className={cn(
                'h-8 rounded-md px-3 text-sm text-muted-foreground hover:text-foreground',
                one === view && 'bg-card font-medium text-foreground shadow-sm',
              )}
            >
              {words[one]}
            </button>
          ))}
        </fieldset>
      </div>
    </div>
  );
}
