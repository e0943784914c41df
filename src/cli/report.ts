import type { z } from 'zod';
import type { articleSummarySchema } from '../articles/present.ts';
import type { receiptSchema } from '../pipeline/receipt.ts';

type Receipt = z.infer<typeof receiptSchema>;

/** Micro-dollars in dollars, with as many digits as a small amount needs. */
export function formatUsd(microUsd: number): string {
  const digits = microUsd > 0 && microUsd < 1_000_000 ? 4 : 2;
  return `$${(microUsd / 1_000_000).toFixed(digits)}`;
}

/** Milliseconds as seconds or minutes; an unknown duration is said to be unknown. */
export function formatDuration(ms: number | null): string {
  if (ms === null) return 'unknown';
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** What became of the claims, in one phrase: how many were checked, and with which verdicts. */
export function claimsPhrase(claims: Receipt['claims']): string {
  if (claims.length === 0) return 'no claims';
  const verdicts = (['supported', 'unsupported', 'contradicted'] as const)
    .map((verdict) => [verdict, claims.filter((claim) => claim.verdict === verdict).length] as const)
    .filter(([, count]) => count > 0)
    .map(([verdict, count]) => `${count} ${verdict}`);
  const removed = claims.filter((claim) => claim.outcome === 'removed').length;
  return `${claims.length} checked: ${verdicts.join(', ')}${removed > 0 ? `; ${removed} removed` : ''}`;
}

/**
 * The receipt of a finished article in a few aligned lines: title, words, sources, claims, cost, duration and, where
 * it is known, the address to read it at.
 */
export function reportLines(
  article: Pick<z.infer<typeof articleSummarySchema>, 'title' | 'wordCount' | 'sources' | 'seo'>,
  receipt: Receipt,
  address: string | null,
): string[] {
  const models = [...new Set(receipt.calls.map((call) => call.model))];
  const unsettled = receipt.calls.some((call) => call.costMicroUsd === null);
  const cost = `${unsettled ? 'at least ' : ''}${formatUsd(receipt.costMicroUsd)}`;
  const rows: [string, string][] = [
    ['title', article.title],
    ...(address === null ? [] : [['address', address] as [string, string]]),
    ['words', String(article.wordCount)],
    ['sources', `${article.sources.length}: ${article.sources.map((source) => source.title).join('; ')}`],
    ['claims', claimsPhrase(receipt.claims)],
    ...(article.seo ? [['seo score', `${article.seo.score} of 100`] as [string, string]] : []),
    ['cost', `${cost}, ${receipt.calls.length} calls of ${models.join(', ') || 'no model'}`],
    ['duration', formatDuration(receipt.durationMs)],
  ];
  return rows.map(([name, value]) => `${name.padEnd(10)}${value}`);
}
