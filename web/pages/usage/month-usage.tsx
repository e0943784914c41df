import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Download } from 'lucide-react';
import { getUsageOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import type { UsageFigures } from '@/api/client/types.gen.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { Figure } from '@/components/figure.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Select } from '@/components/ui/input.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { daysOf, formatMonth } from '@/format/calendar.ts';
import { formatCount, formatMoney } from '@/format/money.ts';
import { t } from '@/strings.ts';
import { LoadProblem } from '../error-pages.tsx';
import { DayChart } from './day-chart.tsx';
import { UsageTable } from './usage-table.tsx';

const words = t.usage;
type Choice = keyof typeof words.table.choices;
const choices = Object.keys(words.table.choices) as Choice[];

/** What was used in a month: together, by day, and by what one asks for. */
export function MonthUsage({ month, by, onBy }: { month: string; by: string | undefined; onBy: (by: string) => void }) {
  const period = daysOf(month);
  const days = useQuery(getUsageOptions({ query: { ...period, groupBy: 'day' } }));
  if (days.error) return <LoadProblem problem={days.error} onRetry={days.refetch} />;
  if (days.isPending) {
    return (
      <Card>
        <SkeletonRows rows={5} />
      </Card>
    );
  }
  const { groups, totals } = days.data;
  if (totals.calls === 0) return <NothingUsed month={month} />;
  return (
    <>
      <Card>
        <h2 className="px-4 pt-4 text-lg font-semibold sm:px-6 sm:pt-6">{words.chart.title}</h2>
        <Totals totals={totals} />
        <DayChart month={month} days={groups} total={totals.costMicroUsd} />
      </Card>
      <Details month={month} by={choices.find((choice) => choice === by) ?? 'model,step'} onBy={onBy} />
    </>
  );
}

function NothingUsed({ month }: { month: string }) {
  return (
    <Card>
      <EmptyState
        title={words.empty(formatMonth(month))}
        action={
          <Button asChild>
            <Link to="/new">{words.emptyAction}</Link>
          </Button>
        }
      >
        {words.emptyHint}
      </EmptyState>
    </Card>
  );
}

function Totals({ totals }: { totals: UsageFigures }) {
  const { failedCalls, estimatedMicroUsd, ownCostMicroUsd, reservedMicroUsd } = totals;
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-3 px-4 py-4 sm:grid-cols-4 sm:px-6">
      <Figure label={words.totals.cost}>{formatMoney(totals.costMicroUsd)}</Figure>
      <Figure label={words.totals.own}>{formatMoney(ownCostMicroUsd)}</Figure>
      <Figure label={words.totals.calls} hint={failedCalls > 0 && words.totals.failed(formatCount(failedCalls))}>
        {formatCount(totals.calls)}
      </Figure>
      <Figure label={words.totals.articles}>{formatCount(totals.articles)}</Figure>
      {estimatedMicroUsd !== null && estimatedMicroUsd > 0 && (
        <Figure label={words.totals.estimated}>{formatMoney(estimatedMicroUsd)}</Figure>
      )}
      {reservedMicroUsd > 0 && <Figure label={words.totals.reserved}>{formatMoney(reservedMicroUsd)}</Figure>}
    </dl>
  );
}

function Details({ month, by, onBy }: { month: string; by: Choice; onBy: (by: string) => void }) {
  const period = daysOf(month);
  const usage = useQuery(getUsageOptions({ query: { ...period, groupBy: by } }));
  const query = new URLSearchParams(period);
  return (
    <Card className="overflow-hidden">
      <div className="flex flex-wrap items-center justify-between gap-3 px-4 py-4 sm:px-6">
        <h2 className="text-lg font-semibold">{words.table.title}</h2>
        <div className="w-48">
          <Select aria-label={words.table.by} value={by} onChange={(event) => onBy(event.target.value)}>
            {choices.map((choice) => (
              <option key={choice} value={choice}>
                {words.table.choices[choice]}
              </option>
            ))}
          </Select>
        </div>
      </div>
      {usage.isPending ? (
        <SkeletonRows rows={4} />
      ) : usage.error ? (
        <LoadProblem problem={usage.error} onRetry={usage.refetch} />
      ) : (
        <UsageTable usage={usage.data} />
      )}
      <div className="flex flex-wrap gap-2 border-t border-border px-4 py-4 sm:px-6">
        <DownloadLink href={`/api/v1/usage.csv?${query}&groupBy=${by}`}>{words.download.groups}</DownloadLink>
        <DownloadLink href={`/api/v1/usage/calls.csv?${query}`}>{words.download.calls}</DownloadLink>
      </div>
    </Card>
  );
}

function DownloadLink({ href, children }: { href: string; children: string }) {
  return (
    <Button asChild size="small">
      <a href={href} download>
        <Download aria-hidden="true" />
        {children}
      </a>
    </Button>
  );
}
