import { useId } from 'react';
import type { UsageGroup } from '@/api/client/types.gen.ts';
import { Folding } from '@/components/folding.tsx';
import { everyDayOf, formatDay, formatMonth } from '@/format/calendar.ts';
import { formatCount, formatMoney } from '@/format/money.ts';
import { t } from '@/strings.ts';

const words = t.usage.chart;
const height = 100;
const slot = 10;
const gap = 2;

/**
 * What each day of a month cost, as bars: what the instance paid below, own keys hatched on top of it. The picture has one
 * sentence for those who do not see it, and the figures in a table below it.
 */
export function DayChart({ month, days, total }: { month: string; days: UsageGroup[]; total: number | null }) {
  const hatch = useId();
  const names = everyDayOf(month);
  const byName = new Map(days.map((day) => [day.day, day]));
  const most = days.reduce<UsageGroup | null>(
    (top, day) => ((day.costMicroUsd ?? 0) > (top?.costMicroUsd ?? 0) ? day : top),
    null,
  );
  const highest = most?.costMicroUsd ?? 0;
  const sum = most?.day
    ? words.summary(formatMoney(total), formatMonth(month), formatDay(most.day), formatMoney(highest))
    : total === 0
      ? words.free
      : words.nothing;
  const anyOwn = days.some(({ ownCostMicroUsd }) => (ownCostMicroUsd ?? 0) > 0);
  const tall = (amount: number | null | undefined) => (highest === 0 ? 0 : ((amount ?? 0) / highest) * height);
  return (
    <figure className="px-4 pb-4 sm:px-6 sm:pb-6">
      {highest > 0 ? (
        <>
          <p
            aria-hidden="true"
            className="border-b border-dashed border-border text-right text-xs text-muted-foreground"
          >
            {formatMoney(highest)}
          </p>
          <svg
            role="img"
            aria-label={sum}
            viewBox={`0 0 ${names.length * slot} ${height}`}
            preserveAspectRatio="none"
            className="block h-40 w-full border-b border-input"
          >
            <defs>
              <pattern id={hatch} width="4" height="4" patternUnits="userSpaceOnUse">
                <rect width="4" height="4" className="fill-accent-soft" />
                <path d="M0 4 L4 0" className="stroke-accent" strokeWidth="1" />
              </pattern>
            </defs>
            {names.map((name, index) => {
              const day = byName.get(name);
              const instance = tall(day?.instanceCostMicroUsd);
              const own = tall(day?.ownCostMicroUsd);
              const box = { x: index * slot + gap / 2, width: slot - gap };
              return (
                <g key={name}>
                  <title>{`${formatDay(name)}: ${formatMoney(day?.costMicroUsd)}`}</title>
                  {/* Wide and empty, so that the figure appears over the whole day. */}
                  <rect x={index * slot} width={slot} y={0} height={height} fill="transparent" />
                  <rect {...box} y={height - instance} height={instance} className="fill-accent" />
                  <rect
                    {...box}
                    y={height - instance - own}
                    height={own}
                    fill={`url(#${hatch})`}
                    className="stroke-accent"
                    strokeWidth={own > 0 ? 0.5 : 0}
                  />
                </g>
              );
            })}
          </svg>
          <div aria-hidden="true" className="flex justify-between text-xs text-muted-foreground">
            {[names[0], names[Math.floor(names.length / 2)], names.at(-1)].map((name) => (
              <span key={name}>{name && formatDay(name)}</span>
            ))}
          </div>
          {anyOwn && <Legend />}
        </>
      ) : (
        <p className="text-muted-foreground">{sum}</p>
      )}
      <Figures days={days} />
    </figure>
  );
}

function Legend() {
  return (
    <ul className="mt-2 flex flex-wrap gap-x-5 gap-y-1 text-sm text-muted-foreground">
      <li className="flex items-center gap-2">
        <span aria-hidden="true" className="size-3 rounded-sm bg-accent" />
        {words.instance}
      </li>
      <li className="flex items-center gap-2">
        <span
          aria-hidden="true"
          className="size-3 rounded-sm border border-accent bg-[repeating-linear-gradient(135deg,var(--accent)_0_1px,var(--accent-soft)_1px_4px)]"
        />
        {words.own}
      </li>
    </ul>
  );
}

/** The same in figures: days on which something was used. */
function Figures({ days }: { days: UsageGroup[] }) {
  const { columns } = t.usage.table;
  return (
    <Folding title={words.figures} titleClassName="w-fit" className="mt-3">
      <section
        aria-label={words.figures}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
        tabIndex={0}
        className="mt-2 overflow-x-auto"
      >
        <table className="w-full text-sm tabular-nums">
          <thead className="text-left text-muted-foreground">
            <tr>
              <th scope="col" className="py-1.5 pr-3 font-medium">
                {columns.day}
              </th>
              {[columns.calls, words.instance, words.own, columns.costMicroUsd].map((name) => (
                <th key={name} scope="col" className="px-3 py-1.5 text-right font-medium">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {days.map((day) => (
              <tr key={day.day} className="border-t border-border">
                <th scope="row" className="py-1.5 pr-3 text-left font-normal whitespace-nowrap">
                  {day.day && formatDay(day.day)}
                </th>
                <td className="px-3 py-1.5 text-right">{formatCount(day.calls)}</td>
                <td className="px-3 py-1.5 text-right">{formatMoney(day.instanceCostMicroUsd)}</td>
                <td className="px-3 py-1.5 text-right">{formatMoney(day.ownCostMicroUsd)}</td>
                <td className="px-3 py-1.5 text-right">{formatMoney(day.costMicroUsd)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Folding>
  );
}
