import type { SearchProviderName } from '../config.ts';
import { AppError, type AppErrorOptions } from '../errors.ts';
import type { KeyTrouble, OwnKey } from '../provider-keys/own-keys.ts';

/** A page that a provider found. Texts are a stranger's: they rank the page and are never shown to a model. */
export interface SearchResult {
  /** An http(s) address without fragment. */
  url: string;
  title: string;
  snippet: string;
  /** ISO 8601 in UTC; null when the provider does not say. */
  publishedAt: string | null;
}

/** How to search. */
export interface SearchOptions {
  /** ISO 639-1, or null for any. A provider that cannot search by language leaves it out. */
  language: string | null;
  /** How many results are wanted, at most 20. */
  count: number;
  /** Only pages of these domains are wanted; empty for all. A wish: results are checked again. */
  domains: readonly string[];
  signal: AbortSignal;
  /** Called right before the request goes out, after any wait for its turn; what it throws gives the search up. */
  ready(): Promise<void>;
}

/** A search engine that can be asked. */
export interface SearchProvider {
  name: SearchProviderName;
  /** Its name for people. */
  title: string;
  /** Micro-dollars a request. */
  priceMicroUsd: number;
  /** The user's key that it is asked with, where it is not the instance's. */
  ownKey?: OwnKey;
  /** Whether {@link check} tries the key. */
  triesKey: boolean;
  /** Results by relevance, best first. Throws {@link SearchError}, or the reason of `signal`. */
  search(query: string, options: SearchOptions): Promise<SearchResult[]>;
  /** Looks whether it can be used, at no cost; returns what was found out in words. Throws {@link SearchError}. */
  check(signal: AbortSignal): Promise<string>;
}

/** A search that failed: search_unavailable (try later) or search_rejected. */
export class SearchError extends AppError {
  /** False only when the provider certainly charged nothing: then the reservation is given back. */
  readonly billed: boolean;
  /** True when it was this request that was refused: another query may well be answered. */
  readonly ofRequest: boolean;
  /** What is wrong with the key that was used, when that is why. */
  readonly trouble: KeyTrouble | null;
  constructor(
    code: 'search_unavailable' | 'search_rejected',
    message: string,
    options: AppErrorOptions & { billed: boolean; ofRequest?: boolean; trouble?: KeyTrouble },
  ) {
    super(code, message, options);
    this.name = 'SearchError';
    this.billed = options.billed;
    this.ofRequest = options.ofRequest ?? false;
    this.trouble = options.trouble ?? null;
  }
}

const maxTitle = 300;
const maxSnippet = 1000;
const maxUrl = 2000;

/**
 * Brings one found page into its form: plain text of bounded length, an address that can be fetched. Null when it has
 * no usable address. A date that lies in the future or cannot be read is left out.
 */
export function toResult(
  found: { url: string; title?: string | null; snippet?: string | null; published?: string | null },
  now: Date,
): SearchResult | null {
  const url = found.url.length <= maxUrl ? URL.parse(found.url) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return null;
  url.hash = '';
  return {
    url: url.href,
    title: plain(found.title ?? '', maxTitle),
    snippet: plain(found.snippet ?? '', maxSnippet),
    publishedAt: dateOf(found.published ?? null, now),
  };
}

function plain(text: string, limit: number): string {
  return text
    .slice(0, limit * 4)
    .replace(/<[^>]*>/g, '')
    .replace(/[\s\p{Cc}\u200b\u202a-\u202e\u2066-\u2069\ufeff]+/gu, ' ')
    .trim()
    .slice(0, limit);
}

const dayMs = 24 * 60 * 60 * 1000;
/** Before this there was no web to publish on; such dates are mistakes of a parser. */
const firstPage = Date.UTC(1991, 0, 1);

function dateOf(text: string | null, now: Date): string | null {
  if (!text) return null;
  // Without a zone the providers mean UTC; Date.parse would take the machine's.
  const time = Date.parse(/^\d{4}-\d\d-\d\d[T ][\d:.]+$/.test(text) ? `${text.replace(' ', 'T')}Z` : text);
  if (!Number.isFinite(time) || time < firstPage || time > now.getTime() + dayMs) return null;
  return new Date(time).toISOString();
}
