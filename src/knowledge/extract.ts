import { AppError } from '../errors.ts';
import type { Topic } from './choose-entries.ts';
import { type ExtractedDocument, requireText } from './document.ts';
import type { IsolatedAnswer, IsolatedCall, IsolatedTask } from './isolated-tasks.ts';
import { entryBeside, IsolatedWorker, IsolatedWorkerError, inProcess } from './isolated-worker.ts';
import type { PageFrame } from './read-frame.ts';
import type { Reading } from './read-source.ts';
import { refusedError, toError } from './refusal.ts';
import type { RobotsQuestion } from './robots-rules.ts';
import { isPdf } from './sniff.ts';

export type { ExtractedDocument } from './document.ts';
export { extractMarkdown, extractPlainText } from './extract-text.ts';

/**
 * Something to read. Bytes are read as what they are, whatever `contentType` says, and decoded by their byte order mark,
 * `contentType`, the page's own words, or their letters. A string is read as what `contentType` says: text/markdown,
 * text/plain, else HTML.
 */
export interface ExtractInput {
  content: string | Uint8Array;
  contentType: string | null;
  /** Where it came from; relative addresses in it are resolved against this. */
  url: string | null;
}

/** Bounds of one extraction. */
export interface ExtractOptions {
  /** Milliseconds until the process is killed; 8000 unless told, 30,000 for a PDF. */
  timeoutMs?: number;
  /** Cap on the content in bytes (characters of a string); 5 MB unless told, 20 MB for a PDF. */
  maxBytes?: number;
  /** Cap on the nesting of elements; 256 unless told (ordinary pages stay under 60). */
  maxDepth?: number;
  /** What entries of feeds and sitemaps are chosen by; without one the newest are. */
  topic?: Topic | null;
}

/** Takes strangers' bytes apart in a process of its own. */
export interface Extractor {
  /**
   * Finds out what the content is (page, PDF, Markdown, plain text, feed, sitemap) and reads it. The text of a document
   * comes without navigation, scripts, footers and cookie notes.
   * @throws AppError extraction_failed with a {@link RefusalCause} in `details.cause`
   */
  read(input: ExtractInput, options?: ExtractOptions): Promise<Reading>;
  /**
   * The same for what must be a text of its own.
   * @throws AppError extraction_failed, also for feeds and sitemaps
   */
  extract(input: ExtractInput, options?: ExtractOptions): Promise<ExtractedDocument>;
  /** The addresses of the feeds that a page announces. */
  announcedFeeds(input: ExtractInput): Promise<string[]>;
  /**
   * What a page puts around its article: styles, and the elements that the article stands in.
   * @throws AppError extraction_failed for what is no page, or none that can be taken apart
   */
  frame(input: ExtractInput): Promise<PageFrame>;
  /** Asks a robots.txt. @throws AppError extraction_failed when it keeps its reader too busy */
  askRobots(question: RobotsQuestion): Promise<{ allowed: boolean; sitemaps: string[] }>;
  /** Ends the process. */
  close(): Promise<void>;
}

const ofPages = { timeoutMs: 8_000, maxBytes: 5_000_000 };
const ofPdfs = { timeoutMs: 30_000, maxBytes: 20_000_000 };
const robotsTimeoutMs = 3_000;

/** Builds an extractor; its process starts with the first call, is replaced when it had to be stopped, and ends after
 * a minute without calls. */
export function createExtractor(): Extractor {
  const worker = new IsolatedWorker<IsolatedCall, IsolatedAnswer<IsolatedTask>>(
    inProcess(entryBeside('extract-worker', import.meta.url), { maxHeapMb: 256 }),
    { idleMs: 60_000 },
  );

  async function call<Name extends IsolatedTask>(
    task: Name,
    input: Extract<IsolatedCall, { task: Name }>['input'],
    timeoutMs: number,
    what: string,
  ): Promise<IsolatedAnswer<Name>> {
    try {
      // The process answers each call with what belongs to its task.
      return (await worker.call({ task, input } as IsolatedCall, timeoutMs)) as IsolatedAnswer<Name>;
    } catch (error) {
      throw explain(error, timeoutMs, what);
    }
  }

  async function read(input: ExtractInput, options: ExtractOptions = {}): Promise<Reading> {
    const pdf = typeof input.content !== 'string' && isPdf(input.content);
    const { timeoutMs, maxBytes } = { ...(pdf ? ofPdfs : ofPages), ...options };
    const what = pdf ? 'The PDF' : 'The page';
    if (input.content.length > maxBytes) {
      throw refusedError('too_large', `${what} is larger than the ${maxBytes / 1e6} MB that are read.`);
    }
    const { maxDepth = 256, topic = null } = options;
    const result = await call('read', { ...input, maxDepth, topic }, timeoutMs, what);
    if ('refused' in result) throw toError(result);
    return 'document' in result ? { document: requireText(result.document, what) } : result;
  }

  return {
    read,
    async extract(input, options) {
      const reading = await read(input, options);
      if ('document' in reading) return reading.document;
      throw refusedError('not_text', `It is a ${'feed' in reading ? 'feed' : 'sitemap'}, not a page of text.`);
    },
    announcedFeeds: (input) => call('feeds', { ...input, maxDepth: 256, topic: null }, ofPages.timeoutMs, 'The page'),
    frame: (input) =>
      call('frame', { ...input, maxDepth: 256, topic: null }, ofPages.timeoutMs, 'The page').then((result) => {
        if ('refused' in result) throw toError(result);
        return result;
      }),
    askRobots: (question) => call('robots', question, robotsTimeoutMs, 'The robots.txt'),
    close: () => worker.close(),
  };
}

function explain(error: unknown, timeoutMs: number, what: string): unknown {
  if (!(error instanceof IsolatedWorkerError)) return error;
  switch (error.reason) {
    case 'closed':
      return new AppError('shutting_down', `${what} was not read because blog-poster is stopping.`, { cause: error });
    case 'timeout':
      return refusedError(
        'timeout',
        `${what} took longer than ${timeoutMs / 1000} seconds to read and was stopped.`,
        error,
      );
    case 'memory':
      return refusedError('memory', `${what} needs more memory than is allowed for one.`, error);
    default:
      return refusedError('broken', `${what} could not be taken apart.`, error);
  }
}
