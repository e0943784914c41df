import type { UsageLimits } from '@/api/client/types.gen.ts';
import { Figure } from '@/components/figure.tsx';
import { closeShare, LimitBar, shareOf } from '@/components/limit-bar.tsx';
import { Notice } from '@/components/notice.tsx';
import { Card } from '@/components/ui/card.tsx';
import { daysOf, formatDay } from '@/format/calendar.ts';
import { formatCount, formatMoney } from '@/format/money.ts';
import { t } from '@/strings.ts';

const words = t.usage.limits;

/** The present month against its limits, with what they mean for the work. */
export function LimitsCard({ limits }: { limits: UsageLimits }) {
  const { spentMicroUsd: spent, reservedMicroUsd: reserved, limitMicroUsd: limit, forecastMicroUsd: forecast } = limits;
  return (
    <Card className="grid grid-cols-1 gap-5 p-4 sm:p-6">
      <div>
        <h2 className="text-lg font-semibold">{words.title}</h2>
        <p className="text-2xl font-semibold tracking-tight tabular-nums">
          {limit === 0 ? words.nothingAllowed(formatMoney(spent)) : words.spent(formatMoney(spent), formatMoney(limit))}
        </p>
        <p className="text-sm text-muted-foreground">
          {words.until(formatDay(daysOf(limits.month).to), limits.timeZone)}
        </p>
      </div>
      <LimitBar used={spent + reserved} limit={limit} label={words.bar} percent={words.percent} />
      {reserved > 0 && <p className="text-sm text-muted-foreground">{words.reserved(formatMoney(reserved))}</p>}
      <Standing limits={limits} />
      <dl className="grid grid-cols-1 gap-x-6 gap-y-4 sm:grid-cols-3">
        <Figure label={words.forecast} hint={forecast === null ? words.forecastUnknown : words.forecastHint}>
          {formatMoney(forecast)}
        </Figure>
        <Figure label={words.articles}>
          {words.articlesOf(formatCount(limits.articles), formatCount(limits.articlesLimit))}
        </Figure>
        <OwnKeys limits={limits} />
      </dl>
    </Card>
  );
}

function Standing({ limits }: { limits: UsageLimits }) {
  const share = shareOf(limits.spentMicroUsd + limits.reservedMicroUsd, limits.limitMicroUsd);
  if (limits.instance.limitReached) {
    return (
      <Notice tone="warning" title={words.instanceReached}>
        <p>{words.instanceReachedText}</p>
      </Notice>
    );
  }
  if (share < closeShare) return null;
  return (
    <Notice tone="warning" title={share >= 1 ? words.reached : words.close}>
      <p>{share >= 1 ? words.reachedText : words.closeText}</p>
    </Notice>
  );
}

/** What was paid with one's own keys, which is nobody else's limit. */
function OwnKeys({ limits }: { limits: UsageLimits }) {
  const { ownSpentMicroUsd: spent, ownReservedMicroUsd: reserved, ownLimitMicroUsd: limit } = limits;
  return (
    <Figure label={words.own} hint={words.ownHint}>
      {limit === null ? (
        formatMoney(spent)
      ) : (
        <>
          {words.ownOf(formatMoney(spent), formatMoney(limit))}
          <LimitBar used={spent + reserved} limit={limit} label={words.ownBar} percent={words.percent} />
        </>
      )}
    </Figure>
  );
}
