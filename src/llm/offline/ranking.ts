import type { Candidate } from './candidates.ts';

/** A text as weighted terms of length one, so that a dot product is a cosine. */
export type TermVector = Map<string, number>;

/** Weights of terms over a set of texts: rare terms say more (inverse document frequency, K. Spärck Jones 1972). */
export function termWeights(texts: string[][]): Map<string, number> {
  const frequency = new Map<string, number>();
  for (const terms of texts) for (const term of new Set(terms)) frequency.set(term, (frequency.get(term) ?? 0) + 1);
  return new Map([...frequency].map(([term, count]) => [term, Math.log(1 + texts.length / count)]));
}

export function toVector(terms: string[], weights: Map<string, number>): TermVector {
  const vector: TermVector = new Map();
  for (const term of terms) vector.set(term, (vector.get(term) ?? 0) + (weights.get(term) ?? 0));
  const norm = Math.sqrt([...vector.values()].reduce((sum, value) => sum + value * value, 0)) || 1;
  for (const [term, value] of vector) vector.set(term, value / norm);
  return vector;
}

export function similarity(a: TermVector, b: TermVector): number {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  let sum = 0;
  for (const [term, value] of small) sum += value * (large.get(term) ?? 0);
  return sum;
}

/** Share of the smaller set of terms that the other has too: 1 for a sentence that says nothing new. */
export function overlap(a: string[], b: string[]): number {
  const [left, right] = [new Set(a), new Set(b)];
  const common = [...left].filter((term) => right.has(term)).length;
  return common / Math.max(1, Math.min(left.size, right.size));
}

/** A candidate with how much it is worth here. */
export interface Ranked extends Candidate {
  vector: TermVector;
  score: number;
}

/**
 * Ranks candidates by how well they fit what is asked for and how central they are among themselves: the mean
 * similarity to all others, which is LexRank's degree centrality (G. Erkan, D. Radev, JAIR 22, 2004) without its
 * threshold. A sentence early in its passage gets a little more, because writers put the point first.
 */
export function rank(candidates: Candidate[], wanted: string[]): Ranked[] {
  const weights = termWeights(candidates.map((candidate) => candidate.terms));
  const query = toVector(wanted, weights);
  const vectors = candidates.map((candidate) => toVector(candidate.terms, weights));
  const central = vectors.map((vector, index) => {
    const sum = vectors.reduce((total, other, at) => (at === index ? total : total + similarity(vector, other)), 0);
    return sum / Math.max(1, vectors.length - 1);
  });
  const most = Math.max(...central, 1e-9);
  return candidates
    .map((candidate, index) => {
      const vector = vectors[index] ?? new Map();
      const score =
        0.55 * similarity(vector, query) +
        0.3 * ((central[index] ?? 0) / most) +
        0.15 / (1 + candidate.at) -
        awkwardness(candidate);
      return { ...candidate, vector, score };
    })
    .sort((a, b) => b.score - a.score || a.passage - b.passage || a.at - b.at);
}

/** Long sentences and those with many figures or asides read badly one after another. */
function awkwardness({ texts, words }: Candidate): number {
  const text = texts.join(' ');
  const asides = (text.match(/[(;:]/g) ?? []).length;
  return 0.03 * asides + 0.004 * Math.max(0, words / texts.length - 26);
}

/**
 * Takes the best candidates that say something new, until the words are full: maximal marginal relevance
 * (J. Carbonell, J. Goldstein, SIGIR 1998). `said` is what the reader has already read.
 */
export function choose(ranked: Ranked[], words: number, said: string[][]): Ranked[] {
  const chosen: Ranked[] = [];
  const rest = [...ranked];
  let total = 0;
  while (rest.length > 0 && total < words) {
    let best = -1;
    let bestValue = Number.NEGATIVE_INFINITY;
    for (const [index, candidate] of rest.entries()) {
      const repeated = Math.max(0, ...chosen.map((other) => similarity(candidate.vector, other.vector)));
      const value = 0.7 * candidate.score - 0.3 * repeated;
      if (value > bestValue) [best, bestValue] = [index, value];
    }
    const [candidate] = rest.splice(best, 1);
    if (!candidate) break;
    if (saysAgain(candidate.terms, [...said, ...chosen.map((other) => other.terms)])) continue;
    // The last sentence may pass the limit by a little, not by a paragraph.
    if (total > 0 && total + candidate.words > words * 1.15) continue;
    chosen.push(candidate);
    total += candidate.words;
  }
  return chosen;
}

/** Most of its terms have stood in one sentence before. */
export function saysAgain(terms: string[], said: string[][]): boolean {
  return said.some((other) => other.length > 2 && overlap(terms, other) >= 0.72);
}
