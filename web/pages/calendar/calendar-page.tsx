import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { getCalendarOptions, listSitesOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import type { CalendarItem } from '@/api/client/types.gen.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { useMediaQuery } from '@/components/media-query.ts';
import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { useNow } from '@/components/now.ts';
import { Page } from '@/components/page.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Dialog } from '@/components/ui/dialog.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { formatMonth, isMonth } from '@/format/calendar.ts';
import { dayAfter, dayIn, firstWeekdayOf, formatLongDay, rangeOf, weeksOf } from '@/format/month-grid.ts';
import { locale } from '@/language.ts';
import { useUser } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { LoadProblem } from '../error-pages.tsx';
import { CalendarBar, type View, views } from './calendar-bar.tsx';
import { titleOf } from './describe-item.ts';
import { ItemDialog } from './item-dialog.tsx';
import { ItemRow } from './item-row.tsx';
import { ListView } from './list-view.tsx';
import { MonthView } from './month-view.tsx';
import { toDay } from './to-day.ts';
import { type Opened, useKeptFocus } from './use-kept-focus.ts';
import { useMoves } from './use-moves.ts';

const words = t.calendar;

/** What was written, what is planned and what goes out, by day; what is planned can be moved and skipped. */
export function CalendarPage() {
  const search = useSearch({ from: '/signed-in/calendar' });
  const navigate = useNavigate({ from: '/calendar' });
  const user = useUser();
  const narrow = useMediaQuery('(max-width: 39.99rem)');
  const sites = useQuery(listSitesOptions({ query: { limit: 100 } }));
  const known = sites.data?.items ?? [];
  const site = known.find(({ id }) => id === search.site);
  const timeZone = site?.timezone ?? user.timeZone;
  const today = dayIn(useNow(60_000).toISOString(), timeZone);
  const month = isMonth(search.month) ? search.month : today.slice(0, 7);
  const view: View = views.find((one) => one === search.view) ?? (narrow ? 'list' : 'month');
  const weeks = useMemo(() => weeksOf(month, firstWeekdayOf(locale)), [month]);
  const days = weeks.flat();
  const range = rangeOf(days[0] ?? today, dayAfter(days.at(-1) ?? today, 1), timeZone);
  const calendar = useQuery({
    ...getCalendarOptions({ query: { ...range, ...(site ? { siteId: site.id } : {}) } }),
    // A site that is not there (any more) is no filter; whether it is has to be known first.
    enabled: search.site === undefined || sites.isFetched,
    refetchInterval: 30_000,
  });
  const moves = useMoves(timeZone);
  const [opened, setOpened] = useState<Opened | null>(null);
  const close = useKeptFocus(opened, setOpened);
  const change = (part: Partial<typeof search>) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });

  const items = calendar.data?.items;
  const byDay = useMemo(() => Map.groupBy(items ?? [], ({ at }) => dayIn(at, timeZone)), [items, timeZone]);
  const siteOf = (item: CalendarItem) => (site ? undefined : known.find(({ id }) => id === item.siteId)?.name);
  const ofMonth = days.filter((day) => day.startsWith(month));
  const empty = items !== undefined && ofMonth.every((day) => !byDay.has(day));
  const item =
    opened && 'id' in opened ? items?.find(({ id, kind }) => id === opened.id && kind === opened.kind) : null;
  const day = opened && 'day' in opened ? opened.day : null;
  const open = useCallback(
    ({ kind, id }: CalendarItem) => {
      moves.forget();
      setOpened({ kind, id });
    },
    [moves.forget],
  );

  return (
    <Page title={words.title} heading={words.title} intro={words.intro} className="max-w-7xl">
      <CalendarBar
        month={month}
        view={view}
        sites={known}
        siteId={site?.id}
        onMonth={(chosen) => change({ month: chosen === today.slice(0, 7) ? undefined : chosen })}
        onToday={() => {
          change({ month: undefined });
          toDay(today);
        }}
        onView={(chosen) => change({ view: chosen })}
        onSite={(chosen) => change({ site: chosen })}
      />
      <p className="mb-4 text-sm text-muted-foreground">
        {site ? words.siteZone(site.name, timeZone) : words.zone(timeZone)}
        {view === 'month' && <span className="hidden sm:inline"> {words.howTo}</span>}
      </p>
      {moves.refusal && !item && (
        <ProblemNotice
          className="mb-4"
          title={words.stays(titleOf(moves.refusal.item))}
          problem={moves.refusal.problem}
        />
      )}
      {calendar.data?.truncated && (
        <Notice tone="warning" title={words.truncated} className="mb-4">
          {!site && <p>{words.truncatedHint}</p>}
        </Notice>
      )}
      {calendar.isPending ? (
        <Card>
          <SkeletonRows rows={6} />
        </Card>
      ) : calendar.error ? (
        <LoadProblem problem={calendar.error} onRetry={calendar.refetch} />
      ) : (
        <>
          {empty && (
            <Card className="mb-4">
              <EmptyState
                title={words.empty(formatMonth(month))}
                action={
                  <div className="flex flex-wrap justify-center gap-2">
                    <Button variant="primary" asChild>
                      <Link to="/new">{t.shell.newArticle}</Link>
                    </Button>
                    <Button asChild>
                      <Link to="/schedules">{t.shell.schedules}</Link>
                    </Button>
                  </div>
                }
              >
                {site ? words.emptySiteHint : words.emptyHint}
              </EmptyState>
            </Card>
          )}
          {view === 'month' ? (
            <MonthView
              month={month}
              weeks={weeks}
              byDay={byDay}
              today={today}
              timeZone={timeZone}
              onOpen={open}
              onOpenDay={(chosen) => setOpened({ day: chosen })}
              onDrop={moves.drop}
            />
          ) : (
            <ListView days={ofMonth} byDay={byDay} today={today} timeZone={timeZone} siteOf={siteOf} onOpen={open} />
          )}
        </>
      )}
      {day && (
        <Dialog title={formatLongDay(day)} onClose={close} narrow>
          <ul className="divide-y divide-border">
            {(byDay.get(day) ?? []).map((one) => (
              <li key={`${one.kind} ${one.id}`}>
                <ItemRow item={one} timeZone={timeZone} site={siteOf(one)} onOpen={open} />
              </li>
            ))}
          </ul>
        </Dialog>
      )}
      {item && (
        <ItemDialog
          key={`${item.kind} ${item.id}`}
          item={item}
          timeZone={timeZone}
          site={known.find(({ id }) => id === item.siteId)?.name}
          moves={moves}
          onClose={close}
        />
      )}
    </Page>
  );
}
