import { AppError } from '../errors.ts';
import { fetchPage } from '../knowledge/fetch-page.ts';
import type { GatherContext, Gathering } from '../knowledge/gathering.ts';
import type { Reading } from '../knowledge/read-source.ts';
import { feedsOf, findEntries } from '../knowledge/site-entries.ts';
import { oneLine } from '../storable.ts';
import type { SourceKind } from './schema.ts';

/** What an address turned out to be. */
export interface FoundSource {
  url: string;
  kind: SourceKind;
  /** Where its entries are read; null for a site that has only sitemaps. */
  feedUrl: string | null;
  /** Its own title, or its host. */
  name: string;
}

/**
 * Finds out whether an address is a feed, or a site, and where the feed of the site is. Throws what fetching throws, and
 * `extraction_failed` for a site that names none of its pages in a feed or sitemap.
 */
export async function findOut(ctx: GatherContext, address: string, signal: AbortSignal): Promise<FoundSource> {
  const url = toAddress(address);
  const gathering: Gathering = { ctx, signal, topic: null, log: () => Promise.resolve() };
  const page = await fetchPage(ctx, url, signal);
  const reading = await readOrNull(() =>
    ctx.extractor.read({ content: page.body, contentType: page.contentType, url: page.url }),
  );
  const host = new URL(page.url).host;
  if (reading && 'feed' in reading) {
    return { url, kind: 'feed', feedUrl: page.url, name: nameOf(reading.feed.title) || host };
  }
  if (reading && 'sitemap' in reading) return { url, kind: 'site', feedUrl: null, name: host };
  const title = reading && 'document' in reading ? nameOf(reading.document.siteName ?? '') : '';
  for (const feed of await feedsOf(gathering, page.url)) {
    const found = await feedAt(ctx, feed, signal);
    if (found) return { url, kind: 'site', feedUrl: found.url, name: title || found.title || host };
  }
  // Throws when it names none.
  await findEntries(gathering, page.url);
  return { url, kind: 'site', feedUrl: null, name: title || host };
}

/** An address as people type it, whole. Throws `invalid_request`. */
export function toAddress(typed: string): string {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `https://${typed}`;
  const url = URL.parse(whole);
  if (url && /^https?:$/.test(url.protocol) && url.hostname.length > 0) {
    url.hash = '';
    return url.href;
  }
  throw new AppError('invalid_request', 'url: must be the address of a feed or of a site', {
    errors: [{ path: 'url', message: 'must be the address of a feed or of a site' }],
    hint: 'Write it as in the browser, for example https://example.com/blog or https://example.com/feed/.',
  });
}

const nameOf = (title: string) => oneLine(title).slice(0, 200);

/** A feed with something in it; null for what is none. Sites announce feeds that are not there. */
async function feedAt(ctx: GatherContext, url: string, signal: AbortSignal) {
  try {
    const page = await fetchPage(ctx, url, signal);
    const reading = await ctx.extractor.read({ content: page.body, contentType: page.contentType, url: page.url });
    if (!('feed' in reading) || reading.feed.items.length === 0) return null;
    return { url: page.url, title: nameOf(reading.feed.title) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AppError && error.code !== 'shutting_down') return null;
    throw error;
  }
}

/** Why a home page may have no text that can be read, and still name a feed. */
const withoutText = ['no_text', 'script_only', 'forwards', 'too_deep', 'too_complex'];

/** What a page is; null for one without a text of its own. */
export async function readOrNull(read: () => Promise<Reading>): Promise<Reading | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof AppError && withoutText.includes(String(error.details?.cause))) return null;
    throw error;
  }
}
