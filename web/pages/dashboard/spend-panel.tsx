import type { UsageLimits } from '@/api/client/types.gen.ts';
import { LimitBar } from '@/components/limit-bar.tsx';
import { daysOf, formatDay } from '@/format/calendar.ts';
import { formatCount, formatMoney } from '@/format/money.ts';
import { t } from '@/strings.ts';
import { Panel } from './panel.tsx';

const words = t.dashboard;

/** The month against its limit. What is not known is a dash, and says why. */
export function SpendPanel({ limits }: { limits: UsageLimits }) {
  const { spentMicroUsd: spent, reservedMicroUsd: reserved, limitMicroUsd: limit, forecastMicroUsd: forecast } = limits;
  return (
    <Panel title={words.spending} all={{ to: '/usage', label: words.usage }}>
      <div className="grid grid-cols-1 gap-3.5 p-4">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className="text-2xl font-semibold tracking-tight tabular-nums">{formatMoney(spent)}</span>
          <span className="text-muted-foreground tabular-nums">{words.of(formatMoney(limit))}</span>
        </p>
        <LimitBar used={spent + reserved} limit={limit} label={words.bar} percent={words.percent} />
        {reserved > 0 && <p className="text-sm text-muted-foreground">{words.reserved(formatMoney(reserved))}</p>}
        <dl className="grid grid-cols-1 gap-2 border-t border-border pt-3.5 text-sm">
          <Line
            name={words.forecast}
            value={formatMoney(forecast)}
            hint={forecast === null ? words.forecastUnknown : undefined}
          />
          <Line
            name={words.articles}
            value={words.articlesOf(formatCount(limits.articles), formatCount(limits.articlesLimit))}
            hint={words.untilDay(formatDay(daysOf(limits.month).to))}
          />
          {limits.ownSpentMicroUsd > 0 && <Line name={words.own} value={formatMoney(limits.ownSpentMicroUsd)} />}
        </dl>
      </div>
    </Panel>
  );
}

function Line({ name, value, hint }: { name: string; value: string; hint?: string | undefined }) {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_auto] items-baseline gap-x-4">
      <dt className="text-muted-foreground">{name}</dt>
      <dd className="text-right font-medium tabular-nums">{value}</dd>
      {hint && <dd className="col-span-2 text-xs text-muted-foreground">{hint}</dd>}
    </div>
  );
}
