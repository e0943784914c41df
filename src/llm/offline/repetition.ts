import { normaliseForMatch } from '../../text/match.ts';
import { contentTerms } from '../../text/terms.ts';
import type { Unit } from './units.ts';

/** Share of terms in common (of the shorter sentence) from which two sentences count as one said twice. */
const nearly = 0.8;

/** Remembers what an article has said, so that no sentence and no near copy of one is said again. */
export class Said {
  readonly #exact = new Set<string>();
  readonly #terms: Set<string>[] = [];
  readonly #language: string | null;

  constructor(sentences: readonly string[], language: string | null) {
    this.#language = language;
    for (const sentence of sentences) this.add(sentence);
  }

  add(sentence: string): void {
    this.#exact.add(key(sentence));
    this.#terms.push(new Set(contentTerms(sentence, this.#language)));
  }

  has(sentence: string): boolean {
    if (this.#exact.has(key(sentence))) return true;
    const terms = new Set(contentTerms(sentence, this.#language));
    if (terms.size < 3) return false;
    return this.#terms.some((other) => {
      const least = Math.min(terms.size, other.size);
      if (least < 3 || least / Math.max(terms.size, other.size) < 0.6) return false;
      let common = 0;
      for (const term of terms) if (other.has(term)) common++;
      return common / least >= nearly;
    });
  }

  /** Whether any sentence of a unit was said already. */
  hasAnyOf(unit: Unit): boolean {
    return [...unit.sentences, ...unit.items].some(({ text }) => this.has(text));
  }

  addUnit(unit: Unit): void {
    for (const { text } of [...unit.sentences, ...unit.items]) this.add(text);
  }
}

const key = (sentence: string) => normaliseForMatch(sentence).toLowerCase();

/** Units that repeat nothing said before, nor each other: of two copies the first stays. */
export function withoutRepetition(units: readonly Unit[], said: Said): Unit[] {
  const kept: Unit[] = [];
  for (const unit of units) {
    if (said.hasAnyOf(unit)) continue;
    said.addUnit(unit);
    kept.push(unit);
  }
  return kept;
}
