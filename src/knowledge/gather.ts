import type { AppContext } from '../context.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import { baseLanguage, detectLanguage } from '../text/language.ts';
import { decodeHtml } from './decode-html.ts';
import type { ExtractedDocument } from './extract.ts';
import { parseFeed } from './feeds.ts';
import type { ReadDocument } from './store.ts';

/** A source as it was asked for: an address, or a text. */
export type RequestedSource = { url: string } | { title: string; text: string; format: 'markdown' | 'html' | 'text' };

/** Why a source could not be used, in words for the user. */
export interface SourceProblem {
  source: string;
  code: ErrorCode;
  message: string;
}

/** What became of one requested source: the documents it led to (a feed leads to several), and what went wrong. */
export interface Gathered {
  documents: ReadDocument[];
  problems: SourceProblem[];
}

const pageTimeoutMs = 20_000;
const maxPageBytes = 5_000_000;
/** The newest entries of a feed that are read. */
const maxFeedItems = 10;

type Ctx = Pick<AppContext, 'safeFetch' | 'robots' | 'extractor' | 'log'>;

/** Reads one requested source. Never throws for what is wrong with the source: that is in `problems`. */
export async function gatherSource(ctx: Ctx, source: RequestedSource, signal: AbortSignal): Promise<Gathered> {
  const name = 'url' in source ? source.url : source.title;
  try {
    if ('url' in source) return await readAddress(ctx, source.url, signal);
    return { documents: [await readText(ctx, source)], problems: [] };
  } catch (error) {
    signal.throwIfAborted();
    return { documents: [], problems: [describe(ctx, name, error)] };
  }
}

function describe(ctx: Ctx, source: string, error: unknown): SourceProblem {
  if (error instanceof AppError) return { source, code: error.code, message: error.message };
  ctx.log.error({ err: error, source }, 'a source could not be read for an unexpected reason');
  return { source, code: 'extraction_failed', message: 'It could not be read.' };
}

const contentTypes = { markdown: 'text/markdown', html: 'text/html', text: 'text/plain' } as const;

async function readText(ctx: Ctx, source: Exclude<RequestedSource, { url: string }>): Promise<ReadDocument> {
  const contentType = contentTypes[source.format];
  const document = await ctx.extractor.extract({ html: source.text, contentType, url: null });
  return finish('text', null, { ...document, title: source.title || document.title });
}

async function readAddress(ctx: Ctx, url: string, signal: AbortSignal): Promise<Gathered> {
  const page = await fetchPage(ctx, url, signal);
  const feed = parseFeed(decodeHtml(page.body, page.contentType), page.contentType);
  if (!feed) return { documents: [await readPage(ctx, 'url', page)], problems: [] };

  const gathered: Gathered = { documents: [], problems: [] };
  for (const item of feed.items.slice(0, maxFeedItems)) {
    try {
      gathered.documents.push(await readFeedItem(ctx, item, signal));
    } catch (error) {
      signal.throwIfAborted();
      gathered.problems.push(describe(ctx, item.url ?? item.title ?? url, error));
    }
  }
  if (feed.items.length === 0) {
    gathered.problems.push({ source: url, code: 'extraction_failed', message: 'The feed has no entries.' });
  }
  return gathered;
}

type FeedItem = NonNullable<ReturnType<typeof parseFeed>>['items'][number];

/** The page of an entry; when it cannot be read, what the feed itself carries of it. */
async function readFeedItem(ctx: Ctx, item: FeedItem, signal: AbortSignal): Promise<ReadDocument> {
  if (item.url) {
    try {
      return await readPage(ctx, 'feed-item', await fetchPage(ctx, item.url, signal));
    } catch (error) {
      signal.throwIfAborted();
      if (!item.contentHtml) throw error;
    }
  }
  if (!item.contentHtml) throw new AppError('extraction_failed', 'The feed entry has neither an address nor a text.');
  const document = await ctx.extractor.extract({ html: item.contentHtml, contentType: 'text/html', url: item.url });
  return finish('feed-item', item.url, {
    ...document,
    title: item.title || document.title,
    author: document.author ?? item.author,
    publishedAt: document.publishedAt ?? item.publishedAt,
  });
}

interface FetchedPage {
  url: string;
  body: Uint8Array;
  contentType: string | null;
}

async function fetchPage(ctx: Ctx, url: string, signal: AbortSignal): Promise<FetchedPage> {
  if (!(await ctx.robots.allowed(url))) {
    throw new AppError('fetch_blocked', 'The site does not allow robots on this page (robots.txt).', {
      hint: 'Use another page, or paste its text if you may.',
    });
  }
  const answer = await ctx.safeFetch(url, {
    signal,
    timeoutMs: pageTimeoutMs,
    maxBytes: maxPageBytes,
    headers: {
      accept: 'text/html,application/xhtml+xml,application/rss+xml,application/atom+xml,text/*;q=0.8,*/*;q=0.1',
    },
  });
  if (answer.status < 200 || answer.status > 299) {
    throw new AppError('fetch_failed', `The page answered ${answer.status}.`);
  }
  return { url: answer.url, body: answer.body, contentType: answer.headers.get('content-type') };
}

async function readPage(ctx: Ctx, kind: 'url' | 'feed-item', page: FetchedPage): Promise<ReadDocument> {
  const type = (page.contentType ?? 'text/html').split(';')[0]?.trim().toLowerCase() ?? '';
  if (!/^(text\/|application\/(xhtml\+xml|xml))/.test(type)) {
    throw new AppError('extraction_failed', `It is not a page of text (${type}).`);
  }
  const document = await ctx.extractor.extract({ html: page.body, contentType: page.contentType, url: page.url });
  return finish(kind, document.canonicalUrl ?? page.url, document);
}

/** Adds the language: of the text itself, because pages often declare the wrong one. */
async function finish(
  kind: ReadDocument['kind'],
  url: string | null,
  document: ExtractedDocument,
): Promise<ReadDocument> {
  const sample = document.blocks
    .filter((block) => block.kind === 'paragraph' || block.kind === 'list-item')
    .map((block) => block.text)
    .join(' ')
    .slice(0, 5_000);
  return { kind, url, document, language: (await detectLanguage(sample)) ?? baseLanguage(document.language) };
}
