import { type AnyFeed, parseFeed as parseAnyFeed } from 'feedsmith';
import { chooseEntries, type Entry, type Ranked, type Topic } from './choose-entries.ts';
import { cleanText, parseDate } from './document.ts';
import { refusedError } from './refusal.ts';

/** An entry of a feed; its title is plain text. */
export interface FeedItem extends Entry {
  author: string | null;
  /** The text that the feed itself carries, as HTML from a stranger; null when there is none. */
  contentHtml: string | null;
}

/** A feed with the entries that fit the topic best, newest first among equals. */
export interface Feed {
  title: string;
  siteUrl: string | null;
  items: (FeedItem & Ranked)[];
}

/** A feed as it stands. */
interface WholeFeed extends Omit<Feed, 'items'> {
  items: FeedItem[];
}

/** Feeds put the newest first; of the entries behind these many not even the title is looked at. */
const maxRead = 5_000;
/** In characters; longer texts of an entry are cut, in the middle of a paragraph if need be. */
const maxContent = 200_000;

const feedTypes = /^application\/(rss|atom|rdf|feed)\+(xml|json)\b/i;

/** Whether a text can be a feed, judged by its first bytes and its content type; cheap, and no promise. */
export function looksLikeFeed(text: string, contentType: string | null): boolean {
  const head = text.slice(0, 2000);
  if (/^\s*\{/.test(head)) return /"version"\s*:\s*"https?:\\?\/\\?\/jsonfeed\.org\\?\/version/i.test(head);
  // Comments and declarations may stand before the root element.
  const root = head
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/<!DOCTYPE[^>[]*(\[[\s\S]*?\]\s*)?>/i, '')
    .replace(/<[?!][^>]*>/g, '')
    .trimStart();
  if (/^<([a-z0-9]+:)?(rss|feed|rdf)[\s>]/i.test(root)) return true;
  return feedTypes.test(contentType ?? '') && !/^<(!doctype html|html)/i.test(root);
}

/**
 * Reads RSS, Atom, RDF or JSON Feed: at most `maxItems` (50) of its entries, chosen by `topic` when there is one, else
 * the newest; null when the text is not a feed.
 * @throws AppError extraction_failed when an XML feed declares entities of its own: no honest feed does, and they can
 * be nested into gigabytes
 */
export function parseFeed(
  text: string,
  contentType: string | null,
  topic: Topic | null = null,
  maxItems = 50,
): Feed | null {
  if (!looksLikeFeed(text, contentType)) return null;
  if (/<!ENTITY\s/i.test(text)) {
    throw refusedError(
      'entities',
      'The feed declares XML entities, which can be nested into gigabytes and are not read.',
    );
  }
  const parsed = tryParse(text) ?? tryParse(completeEntries(text));
  if (parsed === null) return null;
  const feed = read(parsed);
  const items = chooseEntries(feed.items, topic, maxItems).map((item) => ({
    ...item,
    contentHtml: item.contentHtml?.slice(0, maxContent) ?? null,
  }));
  return { ...feed, items };
}

/** Null for whatever feedsmith does not recognise as a feed, for which it throws; the caller then treats it as a page. */
function tryParse(text: string): AnyFeed | null {
  try {
    return parseAnyFeed(text, { maxItems: maxRead }) as AnyFeed;
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}

/** A feed that was cut off in the middle of an entry, without that entry. */
function completeEntries(text: string): string {
  const end = Math.max(text.lastIndexOf('</item>'), text.lastIndexOf('</entry>'));
  return end === -1 ? '' : text.slice(0, text.indexOf('>', end) + 1);
}

function read(parsed: AnyFeed): WholeFeed {
  switch (parsed.format) {
    case 'rss': {
      const { feed } = parsed;
      const siteUrl = absolute(feed.link, null);
      return {
        title: plain(feed.title),
        siteUrl,
        items: (feed.items ?? []).map((item) => ({
          url: absolute(item.link ?? (item.guid?.isPermaLink === false ? undefined : item.guid?.value), siteUrl),
          title: plain(item.title),
          publishedAt: parseDate(item.pubDate ?? item.dc?.dates?.[0]),
          author: plain(item.dc?.creators?.[0] ?? item.authors?.[0]?.name) || null,
          contentHtml: item.content?.encoded || item.description || null,
        })),
      };
    }
    case 'atom': {
      const { feed } = parsed;
      const siteUrl = absolute(alternate(feed.links), null);
      return {
        title: plain(feed.title?.value),
        siteUrl,
        items: (feed.entries ?? []).map((entry) => ({
          url: absolute(alternate(entry.links), siteUrl),
          title: plain(entry.title?.value),
          publishedAt: parseDate(entry.published ?? entry.updated),
          author: plain(entry.authors?.[0]?.name ?? feed.authors?.[0]?.name) || null,
          contentHtml: asHtml(entry.content) ?? asHtml(entry.summary),
        })),
      };
    }
    case 'rdf': {
      const { feed } = parsed;
      const siteUrl = absolute(feed.link, null);
      return {
        title: plain(feed.title),
        siteUrl,
        items: (feed.items ?? []).map((item) => ({
          url: absolute(item.link, siteUrl),
          title: plain(item.title),
          publishedAt: parseDate(item.dc?.dates?.[0]),
          author: plain(item.dc?.creators?.[0]) || null,
          contentHtml: item.content?.encoded || item.description || null,
        })),
      };
    }
    case 'json': {
      const { feed } = parsed;
      const siteUrl = absolute(feed.home_page_url, null);
      return {
        title: plain(feed.title),
        siteUrl,
        items: (feed.items ?? []).map((item) => ({
          url: absolute(item.url ?? item.external_url, siteUrl),
          title: plain(item.title),
          publishedAt: parseDate(item.date_published ?? item.date_modified),
          author: plain(item.authors?.[0]?.name ?? feed.authors?.[0]?.name) || null,
          contentHtml: item.content_html || (item.content_text ? paragraphs(item.content_text) : null),
        })),
      };
    }
  }
}

/** An absolute http(s) address, or null. */
function absolute(href: string | undefined, base: string | null): string | null {
  if (!href || !URL.canParse(href.trim(), base ?? undefined)) return null;
  const url = new URL(href.trim(), base ?? undefined);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : null;
}

/** The link to the page itself among those of an Atom feed or entry (RFC 4287, 4.2.7.2: no `rel` means alternate). */
function alternate(links: { href?: string; rel?: string }[] | undefined): string | undefined {
  return links?.find((link) => link.rel === undefined || link.rel === 'alternate')?.href ?? undefined;
}

/** A title or name without the tags that some feeds put into it. */
function plain(value: string | undefined): string {
  return cleanText((value ?? '').replace(/<\/?[a-z][^<>]*>/gi, ' ')).slice(0, 500);
}

/** Atom's text is plain unless it says otherwise; many feeds put markup into it without saying so. */
function asHtml(content: { value?: string; type?: string } | undefined): string | null {
  const value = content?.value;
  if (!value?.trim()) return null;
  const isMarkup = /html/i.test(content?.type ?? '') || /<(p|br|div|a|ul|h[1-6])[\s/>]/i.test(value);
  return isMarkup ? value : paragraphs(value);
}

function paragraphs(text: string): string {
  const escaped = text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
  return `<p>${escaped.split(/\n\s*\n/).join('</p><p>')}</p>`;
}
