import { useQuery } from '@tanstack/react-query';
import { getPipelineReceiptOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import type { Receipt } from '@/api/client/types.gen.ts';
import { ApprovalList } from '@/components/approval-list.tsx';
import { Figure } from '@/components/figure.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { formatCount, formatMoney, unknown } from '@/format/money.ts';
import { formatDuration } from '@/format/time.ts';
import { t } from '@/strings.ts';
import { LoadProblem } from '../error-pages.tsx';
import { CallTable } from './call-table.tsx';

const words = t.receipt;

/** The bill: every model call with its tokens and its cost, and who approved. Unknown is a dash. */
export function ReceiptCard({ runId }: { runId: string }) {
  const receipt = useQuery(getPipelineReceiptOptions({ path: { id: runId } }));
  return (
    <Card className="overflow-hidden">
      <h2 className="border-b border-border px-4 py-3 font-semibold">{words.title}</h2>
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
  const { calls, claims, approvals, totals } = receipt;
  const supported = claims.filter((claim) => claim.verdict === 'supported').length;
  return (
    <div>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-3 px-4 py-4 sm:grid-cols-4">
        <Figure label={words.total}>{formatMoney(receipt.costMicroUsd)}</Figure>
        <Figure label={words.duration}>{formatDuration(receipt.durationMs)}</Figure>
        <Figure label={words.calls}>{formatCount(calls.length)}</Figure>
        <Figure label={words.claims}>
          {claims.length === 0 ? unknown : words.supported(formatCount(supported), formatCount(claims.length))}
        </Figure>
        {totals.ownMicroUsd > 0 && <Figure label={words.own}>{formatMoney(totals.ownMicroUsd)}</Figure>}
        {totals.estimatedMicroUsd > 0 && (
          <Figure label={words.estimatedSum}>{formatMoney(totals.estimatedMicroUsd)}</Figure>
        )}
        {totals.reservedMicroUsd > 0 && <Figure label={words.underWay}>{formatMoney(totals.reservedMicroUsd)}</Figure>}
      </dl>
      {approvals.length > 0 && (
        <div className="px-4 pb-4">
          <ApprovalList approvals={approvals} />
        </div>
      )}
      {calls.length > 0 && <CallTable receipt={receipt} />}
    </div>
  );
}
