import { baseLanguage } from '../text/language.ts';
import { cleanText, type ExtractedDocument, parseDate } from './document.ts';
import type { DomElement } from './html-blocks.ts';

/** The part of a document that metadata are read from. */
export interface DomDocument {
  documentElement: DomElement;
  body: DomElement | null;
  querySelector(selector: string): DomElement | null;
  querySelectorAll(selector: string): ArrayLike<DomElement>;
}

export type PageMetadata = Omit<ExtractedDocument, 'blocks'>;

/** What a page says of itself in <meta>, JSON-LD and <html lang>; read before anything is removed from it. */
export function readMetadata(document: DomDocument, url: string | null): PageMetadata {
  const metas = new Map<string, string>();
  for (const meta of Array.from(document.querySelectorAll('meta[content]'))) {
    const name = (
      meta.getAttribute('property') ??
      meta.getAttribute('name') ??
      meta.getAttribute('itemprop')
    )?.toLowerCase();
    const content = cleanText(meta.getAttribute('content') ?? '');
    if (name && content !== '' && !metas.has(name)) metas.set(name, content);
  }
  const first = (...names: string[]) =>
    names.map((name) => metas.get(name)).find((value) => value !== undefined) ?? null;
  const linked = linkedData(document);
  const html = document.documentElement;
  return {
    title: short(first('og:title', 'twitter:title') ?? document.querySelector('title')?.textContent ?? '') ?? '',
    siteName: short(first('og:site_name', 'application-name') ?? linked.publisher),
    author: person(
      first('author', 'dc.creator', 'dcterms.creator', 'citation_author', 'article:author') ?? linked.author,
    ),
    publishedAt:
      [
        first('article:published_time', 'datepublished'),
        linked.datePublished,
        first('date', 'pubdate', 'dc.date', 'dcterms.created', 'citation_publication_date', 'parsely-pub-date'),
        document
          .querySelector('time[itemprop="datePublished"], time[pubdate], article time[datetime]')
          ?.getAttribute('datetime'),
      ]
        .map((value) => parseDate(value))
        .find((value) => value !== null) ?? null,
    language: baseLanguage(
      html.getAttribute('lang') || html.getAttribute('xml:lang') || first('og:locale', 'language'),
    ),
    canonicalUrl: canonical(
      document.querySelector('link[rel~="canonical"]')?.getAttribute('href') ?? first('og:url'),
      url,
    ),
  };
}

/**
 * Only an address on the page's own host counts: a page that names somebody else's address would otherwise be cited as
 * that somebody.
 */
function canonical(href: string | null, url: string | null): string | null {
  if (!href || !URL.canParse(href, url ?? undefined)) return null;
  const target = new URL(href, url ?? undefined);
  if (target.protocol !== 'http:' && target.protocol !== 'https:') return null;
  const host = (address: URL) => address.host.replace(/^www\./, '');
  if (url !== null && host(target) !== host(new URL(url))) return null;
  target.hash = '';
  return target.href;
}

function short(text: string | null): string | null {
  const clean = cleanText(text ?? '');
  return clean === '' ? null : clean.slice(0, 300);
}

/** A name without "By"; null for an address of a profile, which some sites put in its place. */
export function person(text: string | null): string | null {
  const name = short(text)?.replace(/^(by|von|par|por|di|door)\s+/i, '') ?? null;
  return name === null || name === '' || /^(https?:)?\/\//.test(name) ? null : name.slice(0, 200);
}

interface LinkedData {
  author: string | null;
  publisher: string | null;
  datePublished: string | null;
}

/** The first author, publisher and date in the page's JSON-LD; scripts that are not JSON are passed over. */
function linkedData(document: DomDocument): LinkedData {
  const found: LinkedData = { author: null, publisher: null, datePublished: null };
  for (const script of Array.from(document.querySelectorAll('script[type="application/ld+json"]')).slice(0, 10)) {
    for (const item of items(parseJson(script.textContent ?? ''))) {
      found.author ??= nameOf(item.author);
      found.publisher ??= nameOf(item.publisher);
      if (typeof item.datePublished === 'string') found.datePublished ??= item.datePublished;
    }
  }
  return found;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function items(value: unknown): Record<string, unknown>[] {
  const list = Array.isArray(value) ? value : [value];
  return list.slice(0, 50).flatMap((item: unknown) => {
    if (typeof item !== 'object' || item === null) return [];
    const record = item as Record<string, unknown>;
    return [record, ...(Array.isArray(record['@graph']) ? items(record['@graph']) : [])];
  });
}

function nameOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) {
    const names = value.map(nameOf).filter((name) => name !== null);
    return names.length > 0 ? names.join(', ') : null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const name = (value as Record<string, unknown>).name;
  return typeof name === 'string' ? name : null;
}
