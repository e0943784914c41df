import { isPageOf } from './choose-entries.ts';
import { fetchPage } from './fetch-page.ts';
import { type Gathered, type Gathering, toRead } from './gathering.ts';
import { refusedError } from './refusal.ts';
import type { Entries } from './site-entries.ts';
import { problemOf } from './source-problem.ts';
import type { ReadDocument } from './store.ts';

/** The most pages that one source leads to. */
const maxPages = 10;

/**
 * Reads the pages that a feed, sitemap or site names, the best first, and of its own site only: whoever fills a feed
 * must not choose what else is fetched.
 * @param source as it was asked for, for problems
 */
export async function readEntries(gathering: Gathering, source: string, entries: Entries): Promise<Gathered> {
  const { ctx, signal } = gathering;
  const chosen = entries.list.slice(0, maxPages);
  const gathered: Gathered = { documents: [], problems: [] };
  for (const [index, entry] of chosen.entries()) {
    const name = entry.url ?? (entry.title || source);
    await gathering.log(`Reading page ${index + 1} of ${chosen.length} of the ${entries.what}: ${name}`);
    try {
      gathered.documents.push(await readEntry(gathering, entry, entries.from));
    } catch (error) {
      signal.throwIfAborted();
      gathered.problems.push(problemOf(ctx.log, name, error));
    }
  }
  if (chosen.length === 0) {
    const error = refusedError('no_entries', `The ${entries.what} names no pages of its own site.`);
    gathered.problems.push(problemOf(ctx.log, source, error));
  }
  return gathered;
}

/** The page of an entry; when it cannot be read, what the feed itself carries of it. */
async function readEntry(gathering: Gathering, entry: Entries['list'][number], from: string): Promise<ReadDocument> {
  const { ctx, signal } = gathering;
  const isOwn = entry.url !== null && isPageOf(entry.url, from);
  const kind = entry.contentHtml === undefined ? 'url' : 'feed-item';
  if (isOwn && entry.url !== null) {
    try {
      const page = await fetchPage(ctx, entry.url, signal);
      const document = await ctx.extractor.extract({
        content: page.body,
        contentType: page.contentType,
        url: page.url,
      });
      return await toRead(kind, document.canonicalUrl ?? page.url, document);
    } catch (error) {
      signal.throwIfAborted();
      if (!entry.contentHtml) throw error;
    }
  }
  if (!entry.contentHtml) {
    throw refusedError(
      'no_entries',
      entry.url === null
        ? 'The entry has neither an address nor a text.'
        : `The entry leads to another site (${new URL(entry.url).host}), which was not asked for.`,
    );
  }
  const document = await ctx.extractor.extract({ content: entry.contentHtml, contentType: 'text/html', url: null });
  // A text that a feed carries of somebody else's page is the feed's word: it is cited as that.
  return toRead('feed-item', isOwn ? entry.url : from, {
    ...document,
    title: entry.title || document.title,
    author: document.author ?? entry.author ?? null,
    publishedAt: document.publishedAt ?? entry.publishedAt,
  });
}
