import type { Receipt } from '@/api/client/types.gen.ts';
import { ServerText } from '@/components/server-text.tsx';
import { formatCount, formatMoney } from '@/format/money.ts';
import { describePrices } from '@/format/prices.ts';
import { t } from '@/strings.ts';

const words = t.receipt;
type Call = Receipt['calls'][number];

/**
 * Every call of a receipt: what was asked of whom, who paid, by which prices, what was set aside for it and what it cost.
 * The cost stands before the tokens, so that a phone shows it without scrolling.
 */
export function CallTable({ receipt: { calls, totals } }: { receipt: Receipt }) {
  return (
    <section
      aria-label={words.table}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
      tabIndex={0}
      className="max-h-96 overflow-auto border-t border-border focus-visible:-outline-offset-2"
    >
      <table className="w-full text-sm tabular-nums">
        <thead className="sticky top-0 bg-card text-left text-muted-foreground">
          <tr>
            <Head>{words.step}</Head>
            <Head>{words.model}</Head>
            <Head right>{words.cost}</Head>
            <Head right>{words.tokensIn}</Head>
            <Head right>{words.tokensOut}</Head>
          </tr>
        </thead>
        <tbody>
          {calls.map((call) => (
            <CallRow key={call.id} call={call} />
          ))}
        </tbody>
        <tfoot className="sticky bottom-0 bg-card shadow-[0_-1px_0_var(--border)]">
          <tr className="font-semibold">
            <th scope="row" colSpan={2} className="py-2 pr-2 pl-4 text-left">
              {words.sum}
            </th>
            <td className="px-2 py-2 text-right whitespace-nowrap sm:px-3">{formatMoney(totals.settledMicroUsd)}</td>
            <td colSpan={2} />
          </tr>
        </tfoot>
      </table>
    </section>
  );
}

function CallRow({ call }: { call: Call }) {
  const prices = describePrices(call.unitPrices);
  return (
    <tr className="border-t border-border align-top">
      <td className="py-2 pr-2 pl-4 sm:pr-3">
        <span className="whitespace-nowrap">{call.task}</span>
        {call.error && (
          <span className="block text-danger">
            <ServerText>{call.error.message}</ServerText>
          </span>
        )}
      </td>
      <td className="px-2 py-2 text-muted-foreground sm:px-3">
        {call.model}
        {call.answeredBy && <span className="block text-warning">{words.answeredBy(call.answeredBy)}</span>}
        <span className="block text-xs">{[words.payers[call.payer], prices].filter(Boolean).join(' · ')}</span>
      </td>
      <td className="px-2 py-2 text-right sm:px-3">
        <span className="whitespace-nowrap">
          {formatMoney(call.costMicroUsd)}
          {call.estimated && call.costMicroUsd !== null && <abbr title={words.estimated}> ≈</abbr>}
        </span>
        {call.reservedMicroUsd > 0 && (
          <span className="block text-xs text-muted-foreground sm:whitespace-nowrap">
            {words.reserved(formatMoney(call.reservedMicroUsd))}
          </span>
        )}
      </td>
      <td className="px-2 py-2 text-right sm:px-3">{formatCount(call.inputTokens)}</td>
      <td className="py-2 pr-4 pl-2 text-right sm:pl-3">{formatCount(call.outputTokens)}</td>
    </tr>
  );
}

function Head({ children, right }: { children: string; right?: boolean }) {
  return (
    <th
      scope="col"
      className={`px-2 py-2 font-medium sm:px-3 whitespace-nowrap first:pl-4 last:pr-4 ${right ? 'text-right' : ''}`}
    >
      {children}
    </th>
  );
}
