import { XMLParser } from 'fast-xml-parser';
import { chooseEntries, type Entry, isPageOf, isSameSite, type Ranked, type Topic } from './choose-entries.ts';
import { parseDate } from './document.ts';
import { isDeeperThan } from './html-depth.ts';
import { type Refusal, refuse } from './refusal.ts';

/** A sitemap: the pages that it names, or the sitemaps; those that fit the topic best first. */
export interface Sitemap {
  pages: (Entry & Ranked)[];
  /** Addresses of child sitemaps, the most promising first. */
  children: string[];
  /** How many pages it names altogether. */
  total: number;
}

/** A few times what is read in the end, because some will turn out to be unreadable. */
const maxPages = 50;
const maxChildren = 20;
/** The protocol's own limit (sitemaps.org). */
const maxEntries = 50_000;

/** Whether a text is a sitemap: by its root element, or because every line of it is an address (plain text form). */
export function looksLikeSitemap(text: string): boolean {
  const start = text
    .slice(0, 3000)
    .replace(/<!--[\s\S]*?-->|<[?!][^>]*>/g, '')
    .trimStart();
  if (/^<([a-z0-9]+:)?(urlset|sitemapindex)[\s>]/i.test(start)) return true;
  const lines = text.slice(0, 20_000).split(/\r?\n/, 100).slice(0, -1);
  const addresses = lines.filter((line) => line.trim() !== '');
  return addresses.length > 1 && addresses.every((line) => /^https?:\/\/\S+\s*$/i.test(line));
}

/** Reads a sitemap of any form; `url` is where it came from: pages and sitemaps elsewhere are passed over. */
export function readSitemap(text: string, url: string, topic: Topic | null): { sitemap: Sitemap } | Refusal {
  if (/<!(ENTITY|DOCTYPE)\s/i.test(text)) {
    return refuse(
      'entities',
      'The sitemap declares XML entities, which can be nested into gigabytes and are not read.',
    );
  }
  if (isDeeperThan(text, 20)) return refuse('too_deep', 'The sitemap nests its elements deeper than sitemaps do.');
  const { urls, sitemaps } = /^\s*(\uFEFF)?\s*</.test(text) ? fromXml(text) : fromLines(text);
  const pages = urls.filter((entry) => entry.url !== null && isPageOf(entry.url, url));
  const children = sitemaps.filter(
    (entry) => entry.url !== null && URL.canParse(entry.url) && isSameSite(entry.url, url),
  );
  return {
    sitemap: {
      pages: chooseEntries(pages, topic, maxPages),
      children: promising(children, topic).slice(0, maxChildren),
      total: pages.length,
    },
  };
}

interface Named {
  urls: Entry[];
  sitemaps: Entry[];
}

function fromLines(text: string): Named {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return { urls: lines.slice(0, maxEntries).map((line) => entryOf({ loc: line })), sitemaps: [] };
}

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  removeNSPrefix: true,
  parseTagValue: false,
  // The five of XML; no others exist, a text with a document type was refused.
  processEntities: true,
  htmlEntities: false,
  isArray: (name) => name === 'url' || name === 'sitemap',
});

function fromXml(text: string): Named {
  const root = parser.parse(text) as Record<string, unknown>;
  return {
    urls: listOf(root.urlset, 'url').slice(0, maxEntries).map(entryOf),
    sitemaps: listOf(root.sitemapindex, 'sitemap').slice(0, maxEntries).map(entryOf),
  };
}

function listOf(parent: unknown, name: string): unknown[] {
  if (typeof parent !== 'object' || parent === null) return [];
  const list = (parent as Record<string, unknown>)[name];
  return Array.isArray(list) ? list : [];
}

function entryOf(value: unknown): Entry {
  const { loc, lastmod, news } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const { title, publication_date: date } = (typeof news === 'object' && news !== null ? news : {}) as Record<
    string,
    unknown
  >;
  const text = (part: unknown) => (typeof part === 'string' ? part.trim() : '');
  return {
    url: text(loc) === '' ? null : text(loc),
    title: text(title).slice(0, 500),
    publishedAt: parseDate(text(date) || text(lastmod)),
  };
}

/** Sitemaps that list no articles, by the names that the usual plugins give them. */
const others = /(categor|tag|taxonom|author|user|image|video|attachment|product|event)/i;

function promising(children: Entry[], topic: Topic | null): string[] {
  const isOther = (entry: Entry) => others.test(new URL(entry.url ?? '').pathname);
  const groups = [children.filter((entry) => !isOther(entry)), children.filter(isOther)];
  // Addresses that fit the topic come first, but none is left out: the name of a sitemap says little.
  return groups.flatMap((group) => {
    const best = chooseEntries(group, topic, group.length).map((entry) => entry.url);
    const rest = chooseEntries(group, null, group.length).map((entry) => entry.url);
    return [...new Set([...best, ...rest])].filter((url) => url !== null);
  });
}
