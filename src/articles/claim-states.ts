import { normaliseForMatch } from '../text/match.ts';
import { remember } from '../text/remember.ts';
import { contentTerms } from '../text/terms.ts';
import type { claims } from './schema.ts';
import { type PlacedSentence, type ReadText, rangeOf, sentencesOf, type TextBlock } from './text-blocks.ts';

/** Whether a claim stands in a text: word for word, in other words, or not at all. */
export const claimStates = ['unchanged', 'changed', 'missing'] as const;
export type ClaimState = (typeof claimStates)[number];

/** A claim as it was checked. */
export type CheckedSentence = Pick<typeof claims.$inferSelect, 'id' | 'text' | 'outcome'>;

/** Where a claim stands in a text. */
export interface StandingClaim {
  id: string;
  state: ClaimState;
  /** Null where it is missing. */
  at: { start: number; end: number } | null;
  /** The sentence that stands in its place now, where it was changed. */
  now: string | null;
}

const folded = remember(5_000, normaliseForMatch);

/** Share of words in common from which a sentence is taken for the changed wording of a claim and not for another one. */
const minLikeness = 0.5;

/**
 * Finds each claim in a text: its sentence word for word (white space and kinds of quotation marks aside), else the
 * sentence that shares most words with it and is no other claim's. What the check removed is missing.
 */
export function findClaims(
  read: ReadText,
  claims: readonly CheckedSentence[],
  language: string | null,
): StandingClaim[] {
  const free = new Map<string, PlacedSentence[]>();
  for (const block of read.blocks) {
    for (const sentence of sentencesOf(block, language)) {
      const key = folded(sentence.text);
      const same = free.get(key);
      if (same) same.push(sentence);
      else free.set(key, [sentence]);
    }
  }
  const texts = read.blocks.map((block) => ({ block, plain: folded(block.text) }));
  const found = new Map<string, StandingClaim>();
  const open: CheckedSentence[] = [];
  for (const claim of claims) {
    const key = folded(claim.text);
    const standing = claim.outcome === 'removed' ? undefined : (free.get(key)?.shift() ?? findWhole(texts, key));
    if (standing) {
      const { start, end } = standing;
      found.set(claim.id, { id: claim.id, state: 'unchanged', at: { start, end }, now: null });
    } else if (claim.outcome !== 'removed') open.push(claim);
  }
  for (const [claim, { text, start, end }] of matchChanged(open, [...free.values()].flat(), language)) {
    found.set(claim.id, { id: claim.id, state: 'changed', at: { start, end }, now: text });
  }
  return claims.map(({ id }) => found.get(id) ?? { id, state: 'missing', at: null, now: null });
}

/** A claim of several sentences, or one that the splitting cuts elsewhere, as a stretch of a block. */
function findWhole(texts: { block: TextBlock; plain: string }[], key: string) {
  if (key === '') return undefined;
  const hit = texts.find(({ plain }) => plain.includes(key));
  if (!hit) return undefined;
  const { block } = hit;
  // Where the folding has changed the length of nothing, the place is exact; else the whole block stands for it.
  const from = block.text.indexOf(key);
  return from < 0 ? block : rangeOf(block, from, from + key.length);
}

/** Pairs of claims and the sentences they have become, the likest first, each used once. */
function matchChanged(
  claims: readonly CheckedSentence[],
  sentences: readonly PlacedSentence[],
  language: string | null,
): [CheckedSentence, PlacedSentence][] {
  if (claims.length === 0 || sentences.length === 0) return [];
  // By word, so that a text of ten thousand sentences is not compared with every claim.
  const holders = new Map<string, number[]>();
  const sizes = sentences.map(({ text }, index) => {
    const terms = new Set(contentTerms(text, language));
    for (const term of terms) {
      const others = holders.get(term);
      if (others) others.push(index);
      else holders.set(term, [index]);
    }
    return terms.size;
  });
  const pairs = claims.flatMap((claim) => {
    const terms = new Set(contentTerms(claim.text, language));
    const common = new Map<number, number>();
    for (const term of terms) {
      for (const index of holders.get(term) ?? []) common.set(index, (common.get(index) ?? 0) + 1);
    }
    return [...common].flatMap(([index, count]) => {
      const likeness = (2 * count) / (terms.size + (sizes[index] ?? 0));
      return likeness >= minLikeness ? [{ claim, index, likeness }] : [];
    });
  });
  pairs.sort((a, b) => b.likeness - a.likeness);
  const usedClaims = new Set<string>();
  const usedSentences = new Set<number>();
  return pairs.flatMap(({ claim, index }): [CheckedSentence, PlacedSentence][] => {
    const sentence = sentences[index];
    if (!sentence || usedClaims.has(claim.id) || usedSentences.has(index)) return [];
    usedClaims.add(claim.id);
    usedSentences.add(index);
    return [[claim, sentence]];
  });
}
