import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { listTopSpendersOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import type { TopSpenders } from '@/api/client/types.gen.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { Figure } from '@/components/figure.tsx';
import { closeShare, LimitBar, shareOf } from '@/components/limit-bar.tsx';
import { MonthSelect } from '@/components/month-select.tsx';
import { Notice } from '@/components/notice.tsx';
import { SectionPage } from '@/components/sections.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { formatMonth, isMonth } from '@/format/calendar.ts';
import { formatMoney } from '@/format/money.ts';
import { t } from '@/strings.ts';
import { LoadProblem } from '../error-pages.tsx';
import { SpenderRow } from './spender-row.tsx';

const words = t.spending;

/** The instance's month, and who spends it. */
export function SpendingPage() {
  const search = useSearch({ from: '/signed-in/admin/spending' });
  const navigate = useNavigate({ from: '/admin/spending' });
  // The instance's months are those of UTC.
  const present = new Date().toISOString().slice(0, 7);
  const month = isMonth(search.month) ? search.month : present;
  const top = useQuery(listTopSpendersOptions({ query: { month, limit: 50 } }));
  return (
    <SectionPage
      title={words.title}
      intro={words.intro}
      actions={
        <MonthSelect
          label={words.month}
          last={present}
          value={month}
          onChange={(chosen) => void navigate({ search: chosen === present ? {} : { month: chosen }, replace: true })}
        />
      }
    >
      {top.isPending ? (
        <Card>
          <SkeletonRows rows={5} />
        </Card>
      ) : top.error ? (
        <LoadProblem problem={top.error} onRetry={top.refetch} />
      ) : (
        <>
          <InstanceCard instance={top.data.instance} isPresent={month === present} />
          <Card>
            <h2 className="border-b border-border px-4 py-3.5 font-semibold sm:px-5">{words.list}</h2>
            {top.data.items.length === 0 ? (
              <EmptyState title={words.empty(formatMonth(month))}>{words.emptyHint}</EmptyState>
            ) : (
              <ul className="divide-y divide-border">
                {top.data.items.map((spender) => (
                  <SpenderRow key={spender.user.id} spender={spender} />
                ))}
              </ul>
            )}
          </Card>
        </>
      )}
    </SectionPage>
  );
}

function InstanceCard({ instance, isPresent }: { instance: TopSpenders['instance']; isPresent: boolean }) {
  const { spentMicroUsd: spent, reservedMicroUsd: reserved, limitMicroUsd: limit } = instance;
  const share = shareOf(spent + reserved, limit);
  return (
    <Card className="grid grid-cols-1 gap-5 p-4 sm:p-6">
      <p className="text-2xl font-semibold tracking-tight tabular-nums">
        {words.spentOf(formatMoney(spent), formatMoney(limit))}
      </p>
      <LimitBar used={spent + reserved} limit={limit} label={words.bar} percent={words.percent} />
      {isPresent && share >= closeShare && (
        <Notice tone="warning" title={share >= 1 ? words.reached : words.close}>
          <p>{words.limitHint}</p>
        </Notice>
      )}
      <dl className="grid grid-cols-2 gap-x-6 gap-y-4 sm:grid-cols-4">
        <Figure label={words.reserved}>{formatMoney(reserved)}</Figure>
        <Figure label={words.forecast} hint={words.forecastHint}>
          {formatMoney(instance.forecastMicroUsd)}
        </Figure>
        <Figure label={words.departed}>{formatMoney(instance.departedMicroUsd)}</Figure>
        <Figure label={words.own} hint={words.ownHint}>
          {formatMoney(instance.ownSpentMicroUsd)}
        </Figure>
      </dl>
    </Card>
  );
}
