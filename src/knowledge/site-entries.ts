import { AppError } from '../errors.ts';
import { type Entry, isSameSite, type Ranked } from './choose-entries.ts';
import type { Feed, FeedItem } from './feeds.ts';
import { fetchPage } from './fetch-page.ts';
import type { Gathering } from './gathering.ts';
import type { Reading } from './read-source.ts';
import { refusedError } from './refusal.ts';
import type { Sitemap } from './sitemaps.ts';

/** Pages to choose from, the best first, and what was met on the way to them. */
export interface Entries {
  /** With the text that a feed carries of the page, where it does. */
  list: (Entry & Ranked & Partial<FeedItem>)[];
  /** Where the feed or sitemap stands. */
  from: string;
  /** "feed", "sitemap" or "site", for messages. */
  what: string;
}

/** Sitemaps that are opened of those that an index names. */
const maxChildren = 5;
const maxFeeds = 3;
const usualSitemaps = ['/sitemap.xml', '/wp-sitemap.xml', '/sitemap_index.xml'];
const usualFeed = '/feed/';

export function entriesOfFeed(feed: Feed, from: string): Entries {
  return { list: feed.items, from, what: 'feed' };
}

/** The pages of a sitemap, or of the most promising sitemaps that it names; an index in an index is passed over. */
export async function entriesOfSitemap(gathering: Gathering, sitemap: Sitemap, from: string): Promise<Entries> {
  const list = [...sitemap.pages];
  let firstError: unknown = null;
  for (const child of sitemap.children.slice(0, maxChildren)) {
    try {
      const reading = await readBytes(gathering, child);
      if ('sitemap' in reading) list.push(...reading.sitemap.pages);
    } catch (error) {
      gathering.signal.throwIfAborted();
      // The other sitemaps may do; when none does, the first reason is told.
      firstError ??= error;
    }
  }
  if (list.length === 0 && firstError !== null) throw firstError;
  return { list: merge(list), from, what: 'sitemap' };
}

/**
 * The pages that a site names in its sitemaps (those of robots.txt, else at the usual places) and feeds (those that its
 * page announces, else at the usual place).
 * @throws AppError no_entries when it has neither; fetch_failed or fetch_blocked when the site cannot be reached
 */
export async function findEntries(gathering: Gathering, site: string): Promise<Entries> {
  const { ctx, log } = gathering;
  await log(`Looking for sitemaps and feeds of ${new URL(site).host}.`);
  const named = (await ctx.robots.sitemaps(site)).filter((url) => URL.canParse(url) && isSameSite(url, site));
  const list: Entries['list'] = [];
  const usual = usualSitemaps.map((path) => new URL(path, site).href);
  for (const url of [...named.slice(0, maxChildren), ...usual]) {
    // Those that the site names may each hold a part; the usual places hold the same.
    if (list.length > 0 && usual.includes(url)) break;
    const reading = await attempt(gathering, () => readBytes(gathering, url));
    if (reading === null || !('sitemap' in reading)) continue;
    const { sitemap } = reading;
    list.push(...((await attempt(gathering, () => entriesOfSitemap(gathering, sitemap, url)))?.list ?? []));
  }
  // That the page of a site cannot be had is told where nothing else of it was found.
  const feeds =
    list.length > 0 ? await attempt(gathering, () => feedsOf(gathering, site)) : await feedsOf(gathering, site);
  for (const url of feeds ?? []) {
    const reading = await attempt(gathering, () => readBytes(gathering, url));
    if (reading !== null && 'feed' in reading) list.push(...reading.feed.items);
  }
  if (list.length === 0) {
    throw refusedError('no_entries', 'The site has neither a sitemap nor a feed that names pages of its own.');
  }
  return { list: merge(list), from: site, what: 'site' };
}

/** The feeds that the site's page announces, else the usual place of one. Throws when the page cannot be had. */
export async function feedsOf(gathering: Pick<Gathering, 'ctx' | 'signal'>, site: string): Promise<string[]> {
  const page = await fetchPage(gathering.ctx, site, gathering.signal);
  const announced = await gathering.ctx.extractor.announcedFeeds({
    content: page.body,
    contentType: page.contentType,
    url: page.url,
  });
  const own = announced.filter((url) => isSameSite(url, site) && !/\/comments\/|[?&]feed=comments/i.test(url));
  return own.length > 0 ? own.slice(0, maxFeeds) : [new URL(usualFeed, site).href];
}

async function readBytes(gathering: Gathering, url: string): Promise<Reading> {
  const { ctx, signal, topic } = gathering;
  const page = await fetchPage(ctx, url, signal);
  return ctx.extractor.read({ content: page.body, contentType: page.contentType, url: page.url }, { topic });
}

/** Null for what is not there or is no feed or sitemap: a site is asked for several and has one or two. */
async function attempt<T>({ ctx, signal }: Gathering, read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AppError) || error.code === 'shutting_down') throw error;
    ctx.log.debug({ code: error.code, reason: error.message }, 'no sitemap or feed there');
    return null;
  }
}

/** One entry for each page: feeds know titles and texts, sitemaps know more pages. */
function merge(list: Entries['list']): Entries['list'] {
  const byUrl = new Map<string, Entries['list'][number]>();
  const withoutUrl: Entries['list'] = [];
  for (const entry of list) {
    if (entry.url === null) {
      withoutUrl.push(entry);
      continue;
    }
    const key = entry.url.replace(/#.*$/, '').replace(/\/$/, '');
    const known = byUrl.get(key);
    if (known === undefined) byUrl.set(key, entry);
    else {
      byUrl.set(key, {
        ...known,
        ...(known.title === '' ? entry : {}),
        publishedAt: known.publishedAt ?? entry.publishedAt,
        fit: Math.max(known.fit, entry.fit),
      });
    }
  }
  return sortEntries([...byUrl.values(), ...withoutUrl]);
}

function sortEntries(list: Entries['list']): Entries['list'] {
  const sorted = list.toSorted((a, b) => b.fit - a.fit || (b.publishedAt ?? '').localeCompare(a.publishedAt ?? ''));
  return (sorted[0]?.fit ?? 0) > 0 ? sorted.filter((entry) => entry.fit > 0) : sorted;
}
