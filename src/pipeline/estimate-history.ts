import type { Range } from './estimate.ts';

/** An article that was written: how many words were asked for, and what it cost in micro-dollars. */
export interface PastArticle {
  words: number;
  costMicroUsd: number;
}

/** With fewer articles than this the outermost ones are the range; with more, the tenth and the ninetieth in a hundred. */
const fewArticles = 10;

/**
 * Estimates an article of `words` words from past ones. What an article costs is a part that does not depend on its length
 * (reading the sources, outline, texts for search) and a price for each word. The price of a word is the median slope
 * between any two past articles of different length (Theil-Sen), because a median does not follow the one run that was
 * repaired three times, which a least-squares line does. Where all had the same length nothing can be learnt of it: then
 * the cost grows as the table of prices lets it grow, by `growth` of itself for each word. The part that is left of each
 * article gives the rest: its median is likely, its ends are low and high.
 */
export function fromHistory(past: PastArticle[], words: number, growth: number): Range {
  const costs = past.map(({ costMicroUsd }) => costMicroUsd);
  const slopes = past.flatMap((one, index) =>
    past
      .slice(index + 1)
      .filter((other) => other.words !== one.words)
      .map((other) => (other.costMicroUsd - one.costMicroUsd) / (other.words - one.words)),
  );
  const perWord = Math.max(0, slopes.length > 0 ? median(slopes) : median(costs) * growth);
  // Nothing costs less than nothing before its first word.
  const price = Math.min(perWord, median(past.map((article) => article.costMicroUsd / article.words)));
  const fixed = past.map((article) => article.costMicroUsd - price * article.words).sort((a, b) => a - b);
  const few = past.length < fewArticles;
  const at = (part: number) => Math.max(0, Math.round(quantile(fixed, part) + price * words));
  return { low: at(few ? 0 : 0.1), likely: at(0.5), high: at(few ? 1 : 0.9) };
}

const median = (values: number[]) =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );

/** The value below which `part` of the values lie, between two of them in proportion. */
function quantile(ascending: number[], part: number): number {
  const place = (ascending.length - 1) * part;
  const below = ascending[Math.floor(place)] ?? 0;
  const above = ascending[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - Math.floor(place));
}
