import type { Topic } from './choose-entries.ts';
import { fetchPage } from './fetch-page.ts';
import { readEntries } from './gather-entries.ts';
import { type GatherContext, type Gathered, type Gathering, toRead } from './gathering.ts';
import { entriesOfFeed, entriesOfSitemap, findEntries } from './site-entries.ts';
import { problemOf } from './source-problem.ts';
import type { ReadDocument } from './store.ts';

export type { SourceProblem } from './source-problem.ts';

/** A source as it was asked for: an address, a site to choose pages from, or a text. */
export type RequestedSource =
  | { url: string }
  | { site: string }
  | { title: string; text: string; format: 'markdown' | 'html' | 'text' };

/** What helps to read a source that leads to several pages. */
export interface GatherOptions {
  /** Chooses among the pages of a site, feed or sitemap; without one the newest are read. */
  topic?: Topic;
  /** Tells the watching user what is being read. */
  log?: (message: string) => Promise<void>;
}

/** How a source is called in messages. */
export function nameOfSource(source: RequestedSource): string {
  return 'url' in source ? source.url : 'site' in source ? source.site : source.title;
}

/**
 * Reads one requested source. Never throws for what is wrong with the source: that is in `problems`, each with a hint.
 */
export async function gatherSource(
  ctx: GatherContext,
  source: RequestedSource,
  signal: AbortSignal,
  options: GatherOptions = {},
): Promise<Gathered> {
  const { topic = null, log = () => Promise.resolve() } = options;
  const gathering: Gathering = { ctx, signal, topic, log };
  try {
    if ('url' in source) return await readAddress(gathering, source.url);
    if ('site' in source) return await readEntries(gathering, source.site, await findEntries(gathering, source.site));
    return { documents: [await readText(ctx, source)], problems: [] };
  } catch (error) {
    signal.throwIfAborted();
    return { documents: [], problems: [problemOf(ctx.log, nameOfSource(source), error)] };
  }
}

const contentTypes = { markdown: 'text/markdown', html: 'text/html', text: 'text/plain' } as const;

async function readText(ctx: GatherContext, source: Extract<RequestedSource, { text: string }>): Promise<ReadDocument> {
  const contentType = contentTypes[source.format];
  const document = await ctx.extractor.extract({ content: source.text, contentType, url: null });
  return toRead('text', null, { ...document, title: source.title || document.title });
}

async function readAddress(gathering: Gathering, url: string): Promise<Gathered> {
  const { ctx, signal, topic } = gathering;
  const page = await fetchPage(ctx, url, signal);
  const reading = await ctx.extractor.read(
    { content: page.body, contentType: page.contentType, url: page.url },
    { topic },
  );
  if ('document' in reading) {
    const { document } = reading;
    return { documents: [await toRead('url', document.canonicalUrl ?? page.url, document)], problems: [] };
  }
  const entries =
    'feed' in reading
      ? entriesOfFeed(reading.feed, page.url)
      : await entriesOfSitemap(gathering, reading.sitemap, page.url);
  return readEntries(gathering, url, entries);
}
