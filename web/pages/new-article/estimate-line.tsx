import { useQuery } from '@tanstack/react-query';
import { createPipeline } from '@/api/client/sdk.gen.ts';
import { ApiProblem } from '@/api/problem.ts';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { useSettled } from '@/components/use-settled.ts';
import { formatMoney } from '@/format/money.ts';
import { t } from '@/strings.ts';
import type { BriefBody } from './draft.ts';

/** What the article is likely to cost, asked of the server a moment after the last change. */
export function EstimateLine({ brief, mistaken }: { brief: BriefBody; mistaken: boolean }) {
  // The estimate does not read the sources, so their texts need not travel with every change; that there are some
  // matters, because otherwise they are searched for.
  // A brief with mistakes settles to nothing: what was typed before it must not be asked about either.
  const body = useSettled(
    mistaken ? null : JSON.stringify({ ...brief, sources: brief.sources?.length ? [{ title: '-', text: '-' }] : [] }),
    350,
  );
  const estimate = useQuery({
    queryKey: ['estimate', body],
    queryFn: async ({ signal }) => {
      const { data } = await createPipeline({
        body: JSON.parse(body ?? '') as BriefBody,
        query: { dryRun: 'true' },
        signal,
      });
      if (!('likely' in data)) throw new Error('A dry run answered with a started pipeline.');
      return data;
    },
    enabled: body !== null,
    staleTime: 60_000,
    placeholderData: (before) => before,
  });
  if (mistaken && !estimate.data) return <p className="text-sm text-muted-foreground">{t.newArticle.estimateLater}</p>;
  if (estimate.isPending) return <Skeleton className="h-5 w-52" />;
  if (estimate.error) {
    const detail = estimate.error instanceof ApiProblem ? estimate.error.detail : estimate.error.message;
    return <p className="text-sm text-muted-foreground">{t.newArticle.noEstimate(detail)}</p>;
  }
  const { low, likely, high, basis, articles, model, payer, fits } = estimate.data;
  const words = t.newArticle;
  const doubts = (['pipeline', 'month', 'instance'] as const).filter((cap) => !fits[cap]);
  return (
    <div className="grid grid-cols-1 gap-1 text-sm" aria-live="polite">
      <p>
        {words.estimate} <strong className="font-semibold tabular-nums">{formatMoney(likely)}</strong>
        {high === 0 && <span className="text-muted-foreground"> {words.estimateFree}</span>}
        {low !== high && (
          <span className="text-muted-foreground"> {words.estimateRange(formatMoney(low), formatMoney(high))}</span>
        )}
      </p>
      {high > 0 && (
        <p className="text-muted-foreground [overflow-wrap:anywhere]">
          {basis === 'history' ? words.estimateFromHistory(articles, model) : words.estimateFromPrices(model)}
          {payer === 'user' && ` ${words.estimateOwnKey}`}
        </p>
      )}
      {doubts.map((cap) => (
        <p key={cap} className="text-warning">
          {words.mayNotFit[cap]}
        </p>
      ))}
    </div>
  );
}
