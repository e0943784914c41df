import type { Unit } from './units.ts';

/** A text as weighted terms. */
export type Vector = Map<string, number>;

/** How rare each term is among the texts given: rare terms tell texts apart (idf, smoothed so that it is never zero). */
export function inverseFrequencies(texts: readonly string[][]): (term: string) => number {
  const seen = new Map<string, number>();
  for (const terms of texts) for (const term of new Set(terms)) seen.set(term, (seen.get(term) ?? 0) + 1);
  return (term) => Math.log(1 + texts.length / (seen.get(term) ?? 0.5));
}

export function vectorOf(terms: readonly string[], idf: (term: string) => number): Vector {
  const vector: Vector = new Map();
  for (const term of terms) vector.set(term, (vector.get(term) ?? 0) + idf(term));
  return vector;
}

/** Cosine of two term vectors, 0 to 1. */
export function cosine(a: Vector, b: Vector): number {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a];
  let dot = 0;
  for (const [term, weight] of small) dot += weight * (large.get(term) ?? 0);
  if (dot === 0) return 0;
  return dot / (norm(a) * norm(b));
}

const norm = (vector: Vector) => Math.sqrt([...vector.values()].reduce((sum, weight) => sum + weight * weight, 0));

/**
 * How central each text is among the others: PageRank over their similarities, with damping 0.85 (LexRank: G. Erkan,
 * D. Radev, JAIR 22, 2004). Scaled so that the most central text has 1.
 */
export function centrality(vectors: readonly Vector[]): number[] {
  const count = vectors.length;
  if (count === 0) return [];
  const rows = vectors.map((a, i) => vectors.map((b, j) => (i === j ? 0 : cosine(a, b))));
  const sums = rows.map((row) => row.reduce((sum, value) => sum + value, 0));
  let ranks = vectors.map(() => 1 / count);
  // Thirty rounds: 0.85^30 is below 1 %, and the order has long settled.
  for (let round = 0; round < 30; round++) {
    ranks = ranks.map((_, j) => {
      let rank = 0.15 / count;
      for (let i = 0; i < count; i++) {
        const sum = sums[i] ?? 0;
        const share = sum === 0 ? 1 / count : (rows[i]?.[j] ?? 0) / sum;
        rank += 0.85 * (ranks[i] ?? 0) * share;
      }
      return rank;
    });
  }
  const most = Math.max(...ranks);
  return ranks.map((rank) => rank / most);
}

/** What a unit is measured against: terms with a weight each. */
export interface Aim {
  terms: Map<string, number>;
}

/** Builds an aim from texts' terms; the later of two weights for one term counts if it is higher. */
export function aimAt(...parts: [terms: readonly string[], weight: number][]): Aim {
  const terms = new Map<string, number>();
  for (const [list, weight] of parts) for (const term of list) terms.set(term, Math.max(terms.get(term) ?? 0, weight));
  return { terms };
}

/** Share of the aim's weight that the unit meets, 0 to 1; its headings count less than its own words. */
export function relevance(unit: Pick<Unit, 'terms' | 'headingTerms'>, aim: Aim, idf: (term: string) => number): number {
  const own = new Set(unit.terms);
  const heading = new Set(unit.headingTerms);
  let met = 0;
  let all = 0;
  for (const [term, weight] of aim.terms) {
    const value = weight * idf(term);
    all += value;
    if (own.has(term)) met += value;
    else if (heading.has(term)) met += value * 0.5;
  }
  return all === 0 ? 0 : met / all;
}

export interface Scored {
  unit: Unit;
  score: number;
  vector: Vector;
}

/** Scores units for an aim: relevance first, then centrality, then how early the passage was ranked by the search. */
export function scoreUnits(units: readonly Unit[], aim: Aim): Scored[] {
  const idf = inverseFrequencies(units.map((unit) => unit.terms));
  const vectors = units.map((unit) => vectorOf(unit.terms, idf));
  const central = centrality(vectors);
  const passages = Math.max(1, ...units.map((unit) => unit.passage + 1));
  return units.map((unit, index) => ({
    unit,
    vector: vectors[index] ?? new Map(),
    score:
      0.55 * relevance(unit, aim, idf) +
      0.2 * (central[index] ?? 0) +
      0.2 * (1 - unit.passage / passages) +
      (unit.opens ? 0.1 : 0) -
      // One short sentence from the middle of a paragraph is a splinter.
      (unit.kind === 'text' && unit.sentences.length === 1 && unit.words < 30 ? (unit.opens ? 0.1 : 0.25) : 0) -
      (unit.kind === 'text' && unit.words < 14 ? 0.2 : 0) -
      (unit.leans ? 0.3 : 0),
  }));
}

/** Above this cosine two texts say the same; copies with a changed word or two lie above 0.8. */
export const sameThing = 0.62;

/**
 * Picks units until `words` are together: always the one with the best score less its overlap with what is picked
 * already (maximal marginal relevance: J. Carbonell, J. Goldstein, SIGIR 1998). A source that has not spoken yet gets a
 * small advance. Never picks more than a tenth over the limit, except for one unit of up to 60 words.
 */
export function pick(scored: readonly Scored[], words: number, options: { lists?: number } = {}): Scored[] {
  const picked: Scored[] = [];
  const left = new Set(scored);
  let total = 0;
  let lists = 0;
  while (total < words * 0.93) {
    let best: Scored | undefined;
    let bestValue = Number.NEGATIVE_INFINITY;
    for (const candidate of left) {
      if (candidate.unit.kind === 'list' && lists >= (options.lists ?? 1)) continue;
      // A first unit that is too long still says more than nothing.
      if (picked.length > 0 && total + candidate.unit.words > words * 1.1) continue;
      if (picked.length === 0 && candidate.unit.words > Math.max(60, words * 1.1)) continue;
      const overlap = Math.max(0, ...picked.map((other) => cosine(other.vector, candidate.vector)));
      if (overlap > sameThing) continue;
      const fresh = picked.length > 0 && picked.every((other) => other.unit.source !== candidate.unit.source);
      const neighbour = picked.some((other) => other.unit.passage === candidate.unit.passage);
      const value = 0.75 * candidate.score - 0.25 * overlap + (fresh ? 0.05 : 0) + (neighbour ? 0.04 : 0);
      if (value > bestValue) {
        best = candidate;
        bestValue = value;
      }
    }
    if (!best) break;
    left.delete(best);
    picked.push(best);
    total += best.unit.words;
    if (best.unit.kind === 'list') lists++;
  }
  return picked;
}
