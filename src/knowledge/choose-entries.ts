import { getDomain } from 'tldts';
import { contentTerms } from '../text/terms.ts';

/** What the sources are wanted for. */
export interface Topic {
  text: string;
  /** ISO 639-1; null when it is not known. */
  language: string | null;
}

/** A page that a feed or sitemap names. */
export interface Entry {
  /** Absolute; null when the entry names no page. */
  url: string | null;
  /** Empty when it has none, as in sitemaps. */
  title: string;
  /** When it was published or changed: ISO 8601 in UTC. */
  publishedAt: string | null;
}

/** How many of the topic's words an entry names, 0 to 1. */
export interface Ranked {
  fit: number;
}

/** Taking a text apart into words costs far more than looking for one in it; beyond this only the looking is done. */
const maxCompared = 5_000;

/**
 * The entries that fit the topic best, newest first among equals, those without a date last. What counts is how many of
 * the topic's words stand in title and address. Entries that name none are chosen only when no entry names any: titles
 * do not always tell, but where some do, the others are about something else.
 */
export function chooseEntries<E extends Entry>(entries: E[], topic: Topic | null, max: number): (E & Ranked)[] {
  const wanted = [...new Set(topic === null ? [] : contentTerms(topic.text, topic.language))];
  let compared = 0;
  const ranked = entries.map((entry, position) => {
    const text = `${entry.title} ${slugOf(entry.url)}`.toLowerCase();
    let fit = 0;
    if (compared < maxCompared && wanted.some((term) => text.includes(term))) {
      compared++;
      const terms = new Set(contentTerms(text, topic?.language ?? null));
      fit = wanted.filter((term) => terms.has(term)).length / wanted.length;
    }
    return { entry: { ...entry, fit }, position };
  });
  ranked.sort(
    (a, b) =>
      b.entry.fit - a.entry.fit ||
      (b.entry.publishedAt ?? '').localeCompare(a.entry.publishedAt ?? '') ||
      a.position - b.position,
  );
  const best = ranked.map(({ entry }) => entry).slice(0, max);
  return (best[0]?.fit ?? 0) > 0 ? best.filter((entry) => entry.fit > 0) : best;
}

/** The words of an address: its path, decoded, without the marks between them. */
function slugOf(url: string | null): string {
  if (url === null || !URL.canParse(url)) return '';
  const { pathname } = new URL(url);
  return decoded(pathname)
    .replace(/\.\w{1,5}$/, '')
    .replace(/[-_/+.~]+/g, ' ');
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return path;
    throw error;
  }
}

/**
 * Whether two addresses belong to one owner, as far as their names tell: the same registrable domain by the public
 * suffix list, its private part included (two blogs on one blog host are not the same site); the same host where there
 * is no such domain.
 */
export function isSameSite(url: string, other: string): boolean {
  const [a, b] = [new URL(url), new URL(other)];
  const domain = (address: URL) => getDomain(address.hostname, { allowPrivateDomains: true });
  const [first, second] = [domain(a), domain(b)];
  return first === null || second === null ? a.host === b.host : first === second;
}

/** Files that a page of text never is; PDF is read. */
const otherFiles =
  /\.(jpe?g|png|gif|webp|avif|svg|ico|bmp|tiff?|mp[34]|m4[av]|webm|mov|avi|ogg|wav|zip|gz|tgz|bz2|xz|7z|rar|exe|dmg|apk|deb|rpm|iso|css|js|json|docx?|xlsx?|pptx?|epub)$/i;

/** True for an http(s) address of bounded length that may be a page on the site of `base`. */
export function isPageOf(url: string, base: string): boolean {
  if (url.length > 2000 || !URL.canParse(url)) return false;
  const { protocol, pathname } = new URL(url);
  return (protocol === 'http:' || protocol === 'https:') && !otherFiles.test(pathname) && isSameSite(url, base);
}
