import { ArrowDown, ArrowUp } from 'lucide-react';
import { useState } from 'react';
import type { Usage, UsageFigures, UsageGroup } from '@/api/client/types.gen.ts';
import { cn } from '@/components/class-names.ts';
import { formatCount, formatMoney } from '@/format/money.ts';
import { t } from '@/strings.ts';
import { type Column, nameIn, type Order, sortGroups } from './sort-groups.ts';

const words = t.usage.table;
const counts = ['calls', 'failedCalls', 'articles', 'inputTokens', 'outputTokens'] as const satisfies Column[];

/** Groups of calls with their figures, in the order of the column that is chosen; unknown is a dash. */
export function UsageTable({ usage: { groupBy, groups, totals } }: { usage: Usage }) {
  const [order, setOrder] = useState<Order>({ column: 'costMicroUsd', descending: true });
  // The cost comes first, so that it is there on a phone before one scrolls.
  const amounts: Column[] = [
    'costMicroUsd',
    ...(totals.ownCostMicroUsd === null ? [] : (['ownCostMicroUsd'] as const)),
    ...(totals.reservedMicroUsd === 0 ? [] : (['reservedMicroUsd'] as const)),
  ];
  const names: Column[] = groupBy;
  const columns = [...names, ...amounts, ...counts];
  const sorted = sortGroups(
    groups,
    columns.includes(order.column) ? order : { column: 'costMicroUsd', descending: true },
  );
  const choose = (column: Column) =>
    setOrder((before) => ({
      column,
      // Names begin with A, figures with the greatest.
      descending: before.column === column ? !before.descending : !names.includes(column),
    }));
  return (
    <section
      aria-label={words.title}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
      tabIndex={0}
      className="overflow-x-auto border-t border-border focus-visible:-outline-offset-2"
    >
      <table className="w-full text-sm tabular-nums">
        <thead className="text-left text-muted-foreground">
          <tr>
            {columns.map((column) => (
              <Head key={column} column={column} right={!names.includes(column)} order={order} onChoose={choose} />
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((group) => (
            <tr key={names.map((name) => JSON.stringify(group[name])).join()} className="border-t border-border">
              {names.map((name, index) =>
                index === 0 ? (
                  <th key={name} scope="row" className="px-3 py-2 text-left font-normal first:pl-4 sm:first:pl-6">
                    <bdi>{nameIn(group, name)}</bdi>
                  </th>
                ) : (
                  <td key={name} className="px-3 py-2">
                    <bdi>{nameIn(group, name)}</bdi>
                  </td>
                ),
              )}
              <Figures figures={group} amounts={amounts} />
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr className="border-t border-input font-semibold">
            <th scope="row" colSpan={names.length} className="px-3 py-2 pl-4 text-left sm:pl-6">
              {words.total}
            </th>
            <Figures figures={totals} amounts={amounts} />
          </tr>
        </tfoot>
      </table>
    </section>
  );
}

function Figures({ figures, amounts }: { figures: UsageFigures | UsageGroup; amounts: Column[] }) {
  const { estimatedMicroUsd: estimated } = figures;
  return (
    <>
      {amounts.map((name) => (
        <td key={name} className="px-3 py-2 text-right whitespace-nowrap">
          {formatMoney(figures[name as 'costMicroUsd'])}
          {name === 'costMicroUsd' && estimated !== null && estimated > 0 && (
            <abbr title={words.estimated(formatMoney(estimated))}> ≈</abbr>
          )}
        </td>
      ))}
      {counts.map((name) => (
        <td key={name} className="px-3 py-2 text-right last:pr-4 sm:last:pr-6">
          {formatCount(figures[name])}
        </td>
      ))}
    </>
  );
}

function Head({
  column,
  right,
  order,
  onChoose,
}: {
  column: Column;
  right: boolean;
  order: Order;
  onChoose: (column: Column) => void;
}) {
  const chosen = order.column === column;
  const Arrow = order.descending ? ArrowDown : ArrowUp;
  return (
    <th
      scope="col"
      aria-sort={chosen ? (order.descending ? 'descending' : 'ascending') : undefined}
      className={cn('px-1 py-1 font-medium first:pl-2 last:pr-2 sm:first:pl-4 sm:last:pr-4', right && 'text-right')}
    >
      <button
        type="button"
        onClick={() => onChoose(column)}
        className={cn(
          'inline-flex h-8 items-center gap-1 rounded-md px-2 whitespace-nowrap hover:bg-muted hover:text-foreground',
          chosen && 'text-foreground',
        )}
      >
        {words.columns[column]}
        {chosen && <Arrow aria-hidden="true" className="size-3.5" />}
      </button>
    </th>
  );
}
