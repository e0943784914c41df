import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { getUsageLimitsOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import { MonthSelect } from '@/components/month-select.tsx';
import { Page } from '@/components/page.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { isMonth } from '@/format/calendar.ts';
import { t } from '@/strings.ts';
import { LoadProblem } from '../error-pages.tsx';
import { LimitsCard } from './limits-card.tsx';
import { MonthUsage } from './month-usage.tsx';

const words = t.usage;

/** What one's articles cost: this month against the limit, day by day, and by what it was spent on. */
export function UsagePage() {
  const search = useSearch({ from: '/signed-in/usage' });
  const navigate = useNavigate({ from: '/usage' });
  const limits = useQuery(getUsageLimitsOptions());
  const present = limits.data?.month;
  const month = isMonth(search.month) ? search.month : present;
  const narrow = (part: { month?: string | undefined; by?: string | undefined }) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  return (
    <Page
      title={words.title}
      heading={words.title}
      intro={words.intro}
      actions={
        present &&
        month && (
          <MonthSelect
            label={words.month}
            last={present}
            value={month}
            onChange={(chosen) => narrow({ month: chosen === present ? undefined : chosen })}
          />
        )
      }
    >
      <div className="grid grid-cols-1 gap-5">
        {limits.isPending && (
          <Card>
            <SkeletonRows rows={3} />
          </Card>
        )}
        {limits.error && <LoadProblem problem={limits.error} onRetry={limits.refetch} />}
        {limits.data && month === present && <LimitsCard limits={limits.data} />}
        {month && <MonthUsage month={month} by={search.by} onBy={(by) => narrow({ by })} />}
      </div>
    </Page>
  );
}
