import { useQuery } from '@tanstack/react-query';
import { getPipelineReceiptOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import type { Receipt } from '@/api/client/types.gen.ts';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { formatCount, formatMoney, unknown } from '@/format/money.ts';
import { formatDateTime, formatDuration } from '@/format/time.ts';
import { t } from '@/strings.ts';
import { LoadProblem } from '../error-pages.tsx';

/** The bill: every model call with its tokens and its cost, and who approved. Unknown is a dash. */
export function ReceiptCard({ runId }: { runId: string }) {
  const receipt = useQuery(getPipelineReceiptOptions({ path: { id: runId } }));
  return (
    <Card className="overflow-hidden">
      <h2 className="border-b border-border px-4 py-3 font-semibold">{t.receipt.title}</h2>
      {receipt.isPending ? (
        <SkeletonRows rows={3} />
      ) : receipt.error ? (
        <LoadProblem problem={receipt.error} onRetry={receipt.refetch} />
      ) : (
        <ReceiptBody receipt={receipt.data} />
      )}
    </Card>
  );
}

function ReceiptBody({ receipt }: { receipt: Receipt }) {
  const { calls, claims, approval } = receipt;
  const supported = claims.filter((claim) => claim.verdict === 'supported').length;
  return (
    <div>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-3 px-4 py-4 sm:grid-cols-4">
        <Figure label={t.receipt.total} value={formatMoney(receipt.costMicroUsd)} />
        <Figure label={t.receipt.duration} value={formatDuration(receipt.durationMs)} />
        <Figure label={t.receipt.calls} value={formatCount(calls.length)} />
        <Figure
          label={t.receipt.claims}
          value={
            claims.length === 0 ? unknown : t.receipt.supported(formatCount(supported), formatCount(claims.length))
          }
        />
      </dl>
      {approval && (
        <p className="px-4 pb-4 text-sm text-muted-foreground">
          {t.receipt.approved(approval.by, formatDateTime(new Date(approval.at)))}
        </p>
      )}
      {calls.length > 0 && (
        <section
          aria-label={t.receipt.table}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
          tabIndex={0}
          className="max-h-96 overflow-auto border-t border-border focus-visible:-outline-offset-2"
        >
          <table className="w-full text-sm tabular-nums">
            <thead className="sticky top-0 bg-card text-left text-muted-foreground">
              <tr>
                <Head>{t.receipt.step}</Head>
                <Head>{t.receipt.model}</Head>
                <Head right>{t.receipt.tokensIn}</Head>
                <Head right>{t.receipt.tokensOut}</Head>
                <Head right>{t.receipt.cost}</Head>
              </tr>
            </thead>
            <tbody>
              {calls.map((call) => (
                <tr key={call.id} className="border-t border-border">
                  <td className="py-2 pr-2 pl-4 sm:pr-3">
                    <span className="whitespace-nowrap">{call.task}</span>
                    {call.error && <span className="block text-danger">{call.error.message}</span>}
                  </td>
                  <td className="px-2 py-2 text-muted-foreground sm:px-3">{call.model}</td>
                  <td className="px-2 py-2 text-right sm:px-3">{formatCount(call.inputTokens)}</td>
                  <td className="px-2 py-2 text-right sm:px-3">{formatCount(call.outputTokens)}</td>
                  <td className="py-2 pr-4 pl-2 sm:pl-3 text-right whitespace-nowrap">
                    {formatMoney(call.costMicroUsd)}
                    {call.estimated && call.costMicroUsd !== null && <abbr title={t.receipt.estimated}> ≈</abbr>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </div>
  );
}

function Figure({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <dt className="text-sm text-muted-foreground">{label}</dt>
      <dd className="font-semibold tabular-nums">{value}</dd>
    </div>
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
