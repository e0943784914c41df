import { contentTerms } from '../text/terms.ts';
import { wordsIn } from '../text/words.ts';
import { hostOf, partyOf } from './domains.ts';
import type { SearchResult } from './provider.ts';
import { refusal, type SiteRules } from './site-rules.ts';

/** What one query found, best first. */
export interface ResultList {
  query: string;
  results: readonly SearchResult[];
}

/** A page worth reading. */
export interface Candidate {
  url: string;
  title: string;
  publishedAt: string | null;
  /** The query that ranked it highest. */
  query: string;
  /** 0..1; see {@link rankResults}. */
  score: number;
}

/** A page that will not be read, and why, in words. */
export interface SkippedResult {
  url: string;
  reason: string;
}

/** What the ranking goes by. */
export interface RankOptions {
  /** Topic and keyword: their terms are looked for in titles and snippets. */
  about: string;
  /** Of `about`, ISO 639-1, or null when it is not known. */
  language: string | null;
  now: Date;
  rules: SiteRules;
  /** Addresses that are sources already. */
  known: readonly string[];
}

/** Shares of the parts of a score; they sum up to 1. Chosen by us: agreement and relevance weigh about the same. */
const weights = { agreement: 0.45, relevance: 0.4, freshness: 0.15 };
/** The constant of reciprocal rank fusion, as its authors recommend. */
const fusionK = 60;
const halfLifeDays = 730;
/** Of unknown age: as if it were one half-life old. */
const neutralFreshness = 0.5;
/** Pages of one party that may be sources of one article. */
export const maxPerParty = 2;
/** A second page of a party is worth this much of its score: other voices come first when they are nearly as good. */
const secondOfParty = 0.75;

/**
 * Ranks what several queries found.
 *
 * score = 0.45 agreement + 0.40 relevance + 0.15 freshness, each 0..1:
 * - agreement: reciprocal rank fusion, sum over the queries of 1 / (60 + rank), divided by its maximum (G. Cormack,
 *   C. Clarke, S. Buettcher: "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods",
 *   SIGIR 2009);
 * - relevance: 0.4 of the share of the topic's terms in the title, 0.6 of their share in title and snippet;
 * - freshness: 2 ^ (-age / 730 days); 0.5 when the age is unknown.
 *
 * Independence: copies of one text (the same title or nearly the same words, wherever they stand) collapse to the best
 * of them, and of one party (registrable domain) at most two pages stay, the second at three quarters of its score.
 * The order does not depend on chance: equal scores go by rank, then by address.
 */
export function rankResults(
  lists: readonly ResultList[],
  options: RankOptions,
): { candidates: Candidate[]; skipped: SkippedResult[] } {
  const skipped: SkippedResult[] = [];
  const known = new Set(options.known.map(pageKey));
  const terms = new Set(contentTerms(options.about, options.language));
  const scored: Scored[] = [];
  for (const page of fuse(lists)) {
    const reason = known.has(page.key) ? 'it is a source already' : refusal(page.url, options.rules);
    if (reason) skipped.push({ url: page.url, reason });
    else scored.push(score(page, lists.length, terms, options));
  }
  scored.sort(byScore);

  const kept: Scored[] = [];
  const perParty = new Map<string, number>();
  for (const page of scored) {
    const original = kept.find((other) => isCopy(other.words, page.words));
    if (original) {
      skipped.push({ url: page.url, reason: `it says the same as ${original.url}` });
      continue;
    }
    const before = perParty.get(page.party) ?? 0;
    if (before >= maxPerParty) {
      skipped.push({ url: page.url, reason: `there are ${maxPerParty} pages of ${page.party} before it` });
      continue;
    }
    perParty.set(page.party, before + 1);
    kept.push(before === 0 ? page : { ...page, score: page.score * secondOfParty });
  }
  kept.sort(byScore);
  return {
    candidates: kept.map(({ url, title, publishedAt, query, score }) => ({ url, title, publishedAt, query, score })),
    skipped,
  };
}

/**
 * One key for the addresses under which one page is known: scheme, "www.", a final slash, fragments and the parameters
 * of advertising say nothing about the page.
 */
export function pageKey(address: string): string {
  const url = URL.parse(address);
  if (!url) return address;
  for (const name of [...url.searchParams.keys()]) {
    if (/^(utm_.*|gclid|fbclid|msclkid|mc_[ce]id|igshid|yclid)$/i.test(name)) url.searchParams.delete(name);
  }
  url.searchParams.sort();
  const host = url.host.replace(/^www\./, '').replace(/\.$/, '');
  return `${host}${url.pathname.replace(/\/+$/, '')}${url.search}`;
}

interface Fused extends SearchResult {
  key: string;
  query: string;
  bestRank: number;
  fusion: number;
}

function fuse(lists: readonly ResultList[]): Fused[] {
  const pages = new Map<string, Fused>();
  for (const { query, results } of lists) {
    const inThisList = new Set<string>();
    for (const result of results) {
      const key = pageKey(result.url);
      if (inThisList.has(key)) continue;
      inThisList.add(key);
      const rank = inThisList.size;
      const share = 1 / (fusionK + rank);
      const before = pages.get(key);
      if (!before) {
        pages.set(key, { ...result, key, query, bestRank: rank, fusion: share });
        continue;
      }
      before.fusion += share;
      before.publishedAt ??= result.publishedAt;
      // The fuller of two snippets of a page says more about it.
      if (result.snippet.length > before.snippet.length) before.snippet = result.snippet;
      if (rank < before.bestRank) Object.assign(before, { bestRank: rank, query });
    }
  }
  return [...pages.values()];
}

interface Scored extends Fused {
  party: string;
  score: number;
  words: PageWords;
}

function score(page: Fused, queries: number, terms: ReadonlySet<string>, options: RankOptions): Scored {
  const agreement = (page.fusion * (fusionK + 1)) / Math.max(1, queries);
  const title = coverage(page.title, terms, options.language);
  const both = coverage(`${page.title} ${page.snippet}`, terms, options.language);
  const relevance = 0.4 * title + 0.6 * both;
  const freshness = freshnessOf(page.publishedAt, options.now);
  return {
    ...page,
    party: partyOf(hostOf(page.url) ?? page.url),
    score: weights.agreement * agreement + weights.relevance * relevance + weights.freshness * freshness,
    words: pageWords(page),
  };
}

/** The share of the terms that a text holds, 0..1; 0 when there are no terms. */
export function coverage(text: string, terms: ReadonlySet<string>, language: string | null): number {
  if (terms.size === 0) return 0;
  const held = new Set(contentTerms(text, language));
  return [...terms].filter((term) => held.has(term)).length / terms.size;
}

/** 1 for today, 0.5 after two years, 0.25 after four; 0.5 for an unknown date. */
export function freshnessOf(publishedAt: string | null, now: Date): number {
  if (!publishedAt) return neutralFreshness;
  const days = Math.max(0, now.getTime() - Date.parse(publishedAt)) / 86_400_000;
  return 2 ** (-days / halfLifeDays);
}

function byScore(a: Scored, b: Scored): number {
  return b.score - a.score || a.bestRank - b.bestRank || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}

interface PageWords {
  title: string;
  titleLength: number;
  shingles: ReadonlySet<string>;
}

/** Titles of fewer words are too common to give a copy away ("About us", "Sourdough starter"). */
const minTitleWords = 5;
/** Snippets with fewer shingles than this are too short to compare. */
const minShingles = 8;
/** Resemblance from which two snippets are one text (A. Broder: "On the resemblance and containment of documents", 1997). */
const copyResemblance = 0.7;

function pageWords({ title, snippet }: SearchResult): PageWords {
  // A site's name often follows the title: "How to feed a starter | Example News".
  const own = title.split(/ [|–—·-] /)[0] ?? title;
  const titleWords = plainWords(own);
  const words = plainWords(snippet);
  const shingles = new Set<string>();
  for (let at = 0; at + 3 <= words.length; at++) shingles.add(words.slice(at, at + 3).join(' '));
  return { title: titleWords.join(' '), titleLength: titleWords.length, shingles };
}

const plainWords = (text: string) => wordsIn(text.normalize('NFKC').toLowerCase());

function isCopy(a: PageWords, b: PageWords): boolean {
  if (a.titleLength >= minTitleWords && a.title === b.title) return true;
  if (a.shingles.size < minShingles || b.shingles.size < minShingles) return false;
  let shared = 0;
  for (const shingle of a.shingles) if (b.shingles.has(shingle)) shared++;
  return shared / (a.shingles.size + b.shingles.size - shared) >= copyResemblance;
}
