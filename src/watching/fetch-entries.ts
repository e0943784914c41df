import { AppError } from '../errors.ts';
import type { Entry } from '../knowledge/choose-entries.ts';
import { fetchIfChanged, fetchPage, type Validators } from '../knowledge/fetch-page.ts';
import type { GatherContext, Gathering } from '../knowledge/gathering.ts';
import { entriesOfSitemap, findEntries } from '../knowledge/site-entries.ts';
import { findOut, readOrNull } from './find-out.ts';
import type { WatchedSource } from './schema.ts';

/** What a source lists at present, newest first; null when nothing has changed since it was read last. */
export interface Listing extends Validators {
  entries: Entry[] | null;
  feedUrl: string | null;
}

/** Asks a source what it has. Of a site whose feed is gone another way is looked for. Throws what fetching throws. */
export async function fetchEntries(ctx: GatherContext, source: WatchedSource, signal: AbortSignal): Promise<Listing> {
  const { feedUrl } = source;
  if (feedUrl === null) return readSite(ctx, source.url, signal);
  try {
    return await readFeed(ctx, feedUrl, source, signal);
  } catch (error) {
    if (source.kind === 'feed' || signal.aborted || !isGone(error)) throw error;
    const found = await findOut(ctx, source.url, signal);
    const anew: Validators = { etag: null, lastModified: null };
    return found.feedUrl === null ? readSite(ctx, source.url, signal) : readFeed(ctx, found.feedUrl, anew, signal);
  }
}

function isGone(error: unknown): boolean {
  if (!(error instanceof AppError)) return false;
  return error.code === 'extraction_failed' || error.details?.cause === 'not_found';
}

async function readFeed(ctx: GatherContext, url: string, known: Validators, signal: AbortSignal): Promise<Listing> {
  const { etag, lastModified } = known;
  const page = await fetchIfChanged(ctx, url, { etag, lastModified }, signal);
  if (page === null) return { entries: null, feedUrl: url, etag, lastModified };
  const reading = await ctx.extractor.read({ content: page.body, contentType: page.contentType, url: page.url });
  if (!('feed' in reading)) {
    throw new AppError('extraction_failed', 'There is no feed at this address any more.', {
      hint: 'Open it in a browser; delete this source and watch the new address of the feed, or the site itself.',
    });
  }
  return { entries: reading.feed.items, feedUrl: url, etag: page.etag, lastModified: page.lastModified };
}

async function readSite(ctx: GatherContext, url: string, signal: AbortSignal): Promise<Listing> {
  const gathering: Gathering = { ctx, signal, topic: null, log: () => Promise.resolve() };
  const page = await fetchPage(ctx, url, signal);
  const reading = await readOrNull(() =>
    ctx.extractor.read({ content: page.body, contentType: page.contentType, url: page.url }),
  );
  const { list } =
    reading && 'sitemap' in reading
      ? await entriesOfSitemap(gathering, reading.sitemap, page.url)
      : await findEntries(gathering, page.url);
  return { entries: list, feedUrl: null, etag: null, lastModified: null };
}
