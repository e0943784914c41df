import { contentTerms } from '../../text/terms.ts';
import type { PassageInput, TaskInput, TaskOutput } from '../tasks.ts';
import { findQuestions } from './faq.ts';
import { cleanHeading, frequentWords, headingsFor, sameHeading } from './headings.ts';
import { bestOpening } from './opening.ts';
import { type Aim, aimAt, cosine, inverseFrequencies, relevance, scoreUnits, type Vector, vectorOf } from './rank.ts';
import { Said, withoutRepetition } from './repetition.ts';
import { NothingToSay } from './section.ts';
import { type Unit, unitsOf } from './units.ts';

/** Introduction and conclusion take a sixth of the words; the sections share the rest. */
const sectionShare = 5 / 6;
const wordsPerSection = 165;
const sectionLimits = { min: 3, max: 9, refs: 8 };
/** Not all that can be quoted gets picked: overlap and lengths that do not fit leave a rest. */
const yieldOfMaterial = 0.75;
/**
 * A group joins the section it is closest to only above this cosine; below it speaks of something else. The lower one
 * counts where the words would not be reached otherwise.
 */
const sameMatter = [0.15, 0.05];
/** Less than this is no section. */
const leastWords = 45;
/** Less than this is merged with a neighbour. */
const smallSection = 85;

/** Passages of one source under one heading, or some of several that speak of the same. */
interface Group {
  passages: number[];
  sources: Set<string>;
  words: number;
  score: number;
  vector: Vector;
  rank: number;
}

/** Sections from the sources' own headings; what other sources say on the same goes to the section it is closest to. */
export function writeOutline(input: TaskInput<'outline'>, sourceLanguage: string | null): TaskOutput<'outline'> {
  const { passages } = input;
  const units = withoutRepetition(unitsOf(passages, sourceLanguage), new Said([], sourceLanguage));
  if (units.length === 0) throw new NothingToSay('None of the passages holds a sentence that could be quoted.');
  const wanted = ((input.words.min + input.words.max) / 2) * sectionShare;
  const aim = aimOf(input, sourceLanguage);
  const reserved = openingPassage(units, input.keyword, aim, wanted, sourceLanguage);
  const material = units.filter((unit) => unit.passage !== reserved);
  const groups = groupPassages(passages, material, aim, sourceLanguage);

  const first = Math.min(sectionLimits.max, Math.max(sectionLimits.min, Math.round(wanted / wordsPerSection)));
  const chosen = mergeSmall(spreadSources(chooseGroups(groups, first, wanted), groups));
  const sections = toSections(chosen, wanted, input, sourceLanguage);
  return { sections, wantsFaq: findQuestions(passages, new Said([], sourceLanguage), sourceLanguage).length >= 2 };
}

function aimOf(input: TaskInput<'outline'>, language: string | null): Aim {
  return aimAt(
    [contentTerms(input.title, language), 1],
    [contentTerms(input.keyword, language), 1.2],
    [contentTerms(input.angle, language), 0.4],
  );
}

/**
 * The passage with the best opening is left to the introduction, which is written last: the sections would have used it
 * up. None is held back where there is little to write from.
 */
function openingPassage(
  units: readonly Unit[],
  keyword: string,
  aim: Aim,
  wanted: number,
  language: string | null,
): number | null {
  const material = units.reduce((sum, unit) => sum + unit.words, 0) * yieldOfMaterial;
  const best = bestOpening(units, keyword, aim, language);
  if (!best) return null;
  const held = units.filter((unit) => unit.passage === best.unit.passage).reduce((sum, unit) => sum + unit.words, 0);
  return material - held > wanted * 1.05 ? best.unit.passage : null;
}

/** As few sections as hold the words that are wanted, each of one matter. */
function chooseGroups(groups: readonly Group[], least: number, wanted: number): Group[] {
  let chosen: Group[] = [];
  for (const closeness of sameMatter) {
    for (let count = least; count <= Math.max(least, sectionLimits.max); count++) {
      chosen = attach(seeds(groups, count), groups, wanted / count, closeness);
      const offered = chosen.reduce((sum, group) => sum + group.words, 0) * yieldOfMaterial;
      if (offered >= wanted) return chosen;
      if (chosen.length >= groups.length) break;
    }
  }
  return chosen;
}

/** One heading of one source, or the same heading of several: then they answer the same question. */
function groupKey(unit: Unit, passage: PassageInput | undefined, language: string | null): string {
  const terms = [...new Set(contentTerms(cleanHeading(unit.heading) ?? '', language))].sort();
  if (terms.length >= 2) return terms.join(' ');
  return `${unit.source}\n${passage?.heading ?? `#${unit.passage}`}`;
}

function groupPassages(passages: readonly PassageInput[], units: Unit[], aim: Aim, language: string | null): Group[] {
  const idf = inverseFrequencies(units.map(({ terms }) => terms));
  const scores = new Map(scoreUnits(units, aim).map(({ unit, score }) => [unit, score]));
  const byKey = new Map<string, Unit[]>();
  for (const unit of units) {
    const passage = passages[unit.passage];
    const key = groupKey(unit, passage, language);
    byKey.set(key, [...(byKey.get(key) ?? []), unit]);
  }
  return [...byKey.values()].map((members) => {
    const best = members.map((unit) => scores.get(unit) ?? 0).sort((a, b) => b - a);
    const terms = members.flatMap((unit) => unit.terms);
    const headingTerms = members[0]?.headingTerms ?? [];
    const top = best.slice(0, 3);
    return {
      passages: [...new Set(members.map((unit) => unit.passage))],
      sources: new Set(members.map((unit) => unit.source)),
      words: members.reduce((sum, unit) => sum + unit.words, 0),
      score:
        top.reduce((sum, value) => sum + value, 0) / top.length + 0.5 * relevance({ terms, headingTerms }, aim, idf),
      // Without the words of the topic: all sources share those, so they tell no groups apart.
      vector: vectorOf(
        [...terms, ...headingTerms].filter((term) => !aim.terms.has(term)),
        idf,
      ),
      rank: Math.min(...members.map((unit) => unit.passage)),
    };
  });
}

/** The groups that the sections are built on: relevant, different from each other, of at least three sources if possible. */
function seeds(groups: readonly Group[], count: number): Group[] {
  const picked: Group[] = [];
  const sources = new Set<string>();
  const available = new Set(groups.flatMap((group) => [...group.sources]));
  const left = new Set(groups.filter((group) => group.words >= leastWords));
  if (left.size === 0) for (const group of groups) left.add(group);
  while (picked.length < count && left.size > 0) {
    // The last free places belong to sources that have none yet, up to three sources in all.
    const missing = Math.min(3, available.size) - sources.size;
    const reserve = missing > 0 && count - picked.length <= missing;
    let best: Group | undefined;
    let bestValue = Number.NEGATIVE_INFINITY;
    for (const group of left) {
      const fresh = [...group.sources].some((source) => !sources.has(source));
      const overlap = Math.max(0, ...picked.map((other) => cosine(other.vector, group.vector)));
      const value =
        group.score -
        0.5 * overlap +
        (fresh ? 0.12 : 0) +
        Math.min(0.15, group.words / 1500) +
        (reserve && fresh ? 1 : 0);
      if (value > bestValue) {
        best = group;
        bestValue = value;
      }
    }
    if (!best) break;
    left.delete(best);
    picked.push(best);
    for (const source of best.sources) sources.add(source);
  }
  return picked;
}

/** Gives every seed, as copies, the groups closest to it until each has about twice the words it may take. */
function attach(picked: readonly Group[], groups: readonly Group[], wordsEach: number, closeness: number): Group[] {
  const grown = picked.map((group) => ({
    ...group,
    passages: group.passages.slice(0, sectionLimits.refs),
    sources: new Set(group.sources),
  }));
  const used = new Set(picked);
  const rest = groups.filter((group) => !used.has(group)).sort((a, b) => b.score - a.score);
  for (const group of rest) {
    let best: Group | undefined;
    let bestValue = closeness;
    grown.forEach((candidate, index) => {
      if (candidate.words >= wordsEach * 2.2 && candidate.sources.size > 1) return;
      if (candidate.passages.length + group.passages.length > sectionLimits.refs) return;
      const seed = picked[index];
      const value = seed ? cosine(seed.vector, group.vector) : 0;
      if (value > bestValue) {
        best = candidate;
        bestValue = value;
      }
    });
    if (!best) continue;
    best.passages.push(...group.passages);
    best.words += group.words;
    for (const source of group.sources) best.sources.add(source);
  }
  return grown;
}

/** Where fewer than three sources have a place, the best group of a missing one joins the section closest to it. */
function spreadSources(chosen: Group[], groups: readonly Group[]): Group[] {
  const present = new Set(chosen.flatMap((group) => [...group.sources]));
  for (const group of [...groups].sort((a, b) => b.score - a.score)) {
    if (present.size >= 3) return chosen;
    if ([...group.sources].every((source) => present.has(source))) continue;
    const home = [...chosen].sort((a, b) => cosine(b.vector, group.vector) - cosine(a.vector, group.vector))[0];
    if (!home) return chosen;
    home.passages.push(...group.passages.slice(0, 2));
    home.words += group.words;
    for (const source of group.sources) {
      home.sources.add(source);
      present.add(source);
    }
  }
  return chosen;
}

/** A section of two sentences is none: it joins the one it is closest to, as long as three are left. */
function mergeSmall(groups: Group[]): Group[] {
  let merged = [...groups];
  while (merged.length > sectionLimits.min) {
    const small = merged.find((group) => group.words * yieldOfMaterial < smallSection);
    if (!small) break;
    const others = merged.filter((group) => group !== small);
    const home = others.sort((a, b) => cosine(b.vector, small.vector) - cosine(a.vector, small.vector))[0];
    if (!home) break;
    home.passages.push(...small.passages);
    home.words += small.words;
    for (const source of small.sources) home.sources.add(source);
    merged = merged.filter((group) => group !== small);
  }
  return merged;
}

/** Words by what each section has to say: nobody gets more than the material gives, the rest goes to the others. */
function shareWords(groups: readonly Group[], wanted: number): number[] {
  const all = groups.reduce((sum, group) => sum + group.words, 0);
  // Where there is too little anyway, each section may say all it has.
  const most = groups.map((group) => group.words * (all < wanted ? 1 : yieldOfMaterial));
  const shares = groups.map(() => 0);
  let left = wanted;
  for (let round = 0; round < groups.length && left > 1; round++) {
    const open = groups.map((_, index) => index).filter((index) => (shares[index] ?? 0) < (most[index] ?? 0) - 1);
    if (open.length === 0) break;
    const each = left / open.length;
    for (const index of open) {
      const more = Math.min(each, (most[index] ?? 0) - (shares[index] ?? 0));
      shares[index] = (shares[index] ?? 0) + more;
      left -= more;
    }
  }
  return shares;
}

const opensArticle =
  /^(?:what (?:is|are)|why|introducing|the basics|basics|was ist|was sind|warum|grundlagen|qu['’]est-ce|pourquoi|qué es|por qué|che cos|perché|o que é|por que|wat is|waarom|co to jest|dlaczego|что такое|зачем|почему)/iu;

function toSections(chosen: readonly Group[], wanted: number, input: TaskInput<'outline'>, language: string | null) {
  const shares = shareWords(chosen, wanted);
  const used: string[] = [input.title];
  const sections = chosen.map((group, index) => {
    const members = group.passages.flatMap((at) => input.passages[at] ?? []);
    const offers = headingsFor(members, language);
    const fresh = offers.find((offer) => !used.some((heading) => sameHeading(offer, heading, language)));
    const heading =
      fresh ??
      offers.find((offer) => !used.includes(offer)) ??
      frequentWords(members, language) ??
      `${input.keyword} ${index + 1}`;
    used.push(heading);
    const path = members[0]?.heading?.replaceAll(' > ', ', ') ?? members[0]?.sourceTitle ?? heading;
    return {
      rank: -group.score + (opensArticle.test(heading) ? -1000 : 0),
      section: {
        heading,
        goal: path,
        refs: members.map(({ ref }) => ref),
        words: Math.max(1, Math.round(shares[index] ?? wanted / chosen.length)),
      },
    };
  });
  return sections.sort((a, b) => a.rank - b.rank).map(({ section }) => section);
}
