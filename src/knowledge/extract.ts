import { AppError } from '../errors.ts';
import { type ExtractedDocument, requireText } from './document.ts';
import { entryBeside, IsolatedWorker, IsolatedWorkerError, inProcess } from './isolated-worker.ts';
import type { PageInput, PageResult } from './read-page.ts';

export type { ExtractedDocument } from './document.ts';
export { extractMarkdown, extractPlainText } from './extract-text.ts';

/** A page as it was fetched; `contentType` text/markdown and text/plain are read as such. Bytes are decoded by their byte order mark, `contentType`, or the page's own words. */
export interface ExtractInput {
  html: string | Uint8Array;
  contentType: string | null;
  /** Where the page came from; relative addresses in it are resolved against this. */
  url: string | null;
}

/** Bounds of one extraction. */
export interface ExtractOptions {
  /** Milliseconds until the process is killed; 8000 unless told. */
  timeoutMs?: number;
  /** Cap on the page in bytes (characters of a string); 5 MB unless told. */
  maxBytes?: number;
  /** Cap on the nesting of elements; 256 unless told (ordinary pages stay under 60). */
  maxDepth?: number;
}

/** Reads pages in a process of its own. */
export interface Extractor {
  /**
   * The text of a page, without navigation, scripts, footers and cookie notes.
   * @throws AppError extraction_failed with `details.cause` too_large, too_deep, too_complex, timeout, memory, broken or no_text
   */
  extract(input: ExtractInput, options?: ExtractOptions): Promise<ExtractedDocument>;
  /** Ends the process. */
  close(): Promise<void>;
}

const defaults = { timeoutMs: 8_000, maxBytes: 5_000_000, maxDepth: 256 };

/** Builds an extractor; its process starts with the first page, is replaced when a page had to be stopped, and
 * ends after a minute without pages. */
export function createExtractor(): Extractor {
  const worker = new IsolatedWorker<PageInput, PageResult>(
    inProcess(entryBeside('extract-worker', import.meta.url), { maxHeapMb: 256 }),
    { idleMs: 60_000 },
  );

  async function extract(input: ExtractInput, options: ExtractOptions = {}): Promise<ExtractedDocument> {
    const { timeoutMs, maxBytes, maxDepth } = { ...defaults, ...options };
    if (input.html.length > maxBytes) {
      throw failed('too_large', `The page is larger than the ${maxBytes} bytes that are read.`);
    }
    let result: PageResult;
    try {
      result = await worker.call({ ...input, maxDepth }, timeoutMs);
    } catch (error) {
      throw explain(error, timeoutMs);
    }
    if ('refused' in result) throw failed(result.refused.cause, result.refused.message);
    return requireText(result.document, 'The page');
  }

  return { extract, close: () => worker.close() };
}

function explain(error: unknown, timeoutMs: number): unknown {
  if (!(error instanceof IsolatedWorkerError) || error.reason === 'closed') {
    return error instanceof IsolatedWorkerError
      ? new AppError('shutting_down', 'The page was not read because blog-poster is stopping.', { cause: error })
      : error;
  }
  if (error.reason === 'timeout') {
    return failed('timeout', `Reading the page took longer than ${timeoutMs / 1000} seconds and was stopped.`, error);
  }
  if (error.reason === 'memory')
    return failed('memory', 'The page needs more memory than is allowed for one page.', error);
  return failed('broken', 'The page could not be taken apart.', error);
}

function failed(cause: string, message: string, error?: unknown): AppError {
  return new AppError('extraction_failed', message, { cause: error, details: { cause } });
}
