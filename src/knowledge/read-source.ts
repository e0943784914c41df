import { gunzipSync } from 'node:zlib';
import type { Topic } from './choose-entries.ts';
import { decodeHtml } from './decode-html.ts';
import type { ExtractedDocument } from './document.ts';
import { extractPlainText, parseMarkdown } from './extract-text.ts';
import { type Feed, parseFeed } from './feeds.ts';
import { announcedFeeds, readHtml } from './read-html.ts';
import { readPdf } from './read-pdf.ts';
import { type Refusal, refuse, toRefusal } from './refusal.ts';
import { looksLikeSitemap, readSitemap, type Sitemap } from './sitemaps.ts';
import { sniff } from './sniff.ts';

/** Something to read. */
export interface SourceInput {
  /** Bytes are read as what they turn out to be; a string as what `contentType` says. */
  content: string | Uint8Array;
  contentType: string | null;
  /** Where it came from; null for what was given as it is. */
  url: string | null;
  maxDepth: number;
  /** Chooses the entries of feeds and sitemaps. */
  topic: Topic | null;
}

/** What bytes turned out to be. */
export type Reading = { document: ExtractedDocument } | { feed: Feed } | { sitemap: Sitemap };

/** What was read, or why not. */
export type SourceResult = Reading | Refusal;

/** What a compressed file may grow to. */
const maxUnpackedBytes = 10_000_000;
/** A thick book; every passage of a source is stored and compared by its meaning, which takes a second for 15,000 words. */
const maxText = 1_500_000;
const maxBlocks = 20_000;

/**
 * Finds out what it was given and reads it, where it is called and however long it takes: meant for a process that can
 * be killed. What the bytes are decides, not what the server says they are.
 */
export async function readSource(input: SourceInput): Promise<SourceResult> {
  const result = await readAny(input);
  if (!('document' in result)) return result;
  const { blocks } = result.document;
  const length = blocks.reduce((sum, block) => sum + block.text.length, 0);
  if (length <= maxText && blocks.length <= maxBlocks) return result;
  return refuse('too_large', `It holds more text than a thick book: ${length} characters in ${blocks.length} pieces.`);
}

async function readAny(input: SourceInput): Promise<SourceResult> {
  const { content, url, topic } = input;
  if (typeof content === 'string') return readText(content, mediaType(input.contentType), input);
  if (content.byteLength === 0) return refuse('empty', 'The page is empty: it has not a single byte.');
  const sniffed = sniff(content);
  switch (sniffed.kind) {
    case 'pdf':
      return readPdf(content);
    case 'binary':
      return refuse('not_text', `It is ${sniffed.name}, not a page of text${saidToBe(input.contentType)}.`);
    case 'gzip':
      return readGzip(content, input);
    case 'text': {
      const text = decodeHtml(content, input.contentType);
      const unreadable = text.match(/\uFFFD/g)?.length ?? 0;
      if (unreadable > 20 && unreadable > text.length / 200) {
        return refuse('charset', 'The characters of the page cannot be read: its encoding is not the one it names.');
      }
      const feed = attempt(() => parseFeed(text, input.contentType, topic));
      if (feed !== null) return 'refused' in feed ? feed : { feed };
      if (url !== null && looksLikeSitemap(text)) return readSitemap(text, url, topic);
      return readUnknownText(text, input);
    }
  }
}

/** The feeds that a page announces; none when it is not a page. */
export function feedsOf(input: SourceInput): string[] {
  const { content, contentType, url, maxDepth } = input;
  if (url === null || typeof content === 'string' || sniff(content).kind !== 'text') return [];
  return announcedFeeds(decodeHtml(content, contentType), url, maxDepth);
}

function readGzip(bytes: Uint8Array, input: SourceInput): SourceResult | Promise<SourceResult> {
  let content: Buffer;
  try {
    content = gunzipSync(bytes, { maxOutputLength: maxUnpackedBytes });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      return refuse('too_large', `It is a compressed file that grows beyond ${maxUnpackedBytes / 1e6} MB.`);
    }
    if (code?.startsWith('Z_')) return refuse('broken', 'It is a compressed file, and it is damaged.');
    throw error;
  }
  // Sitemaps come like this; a file in a file in a file is a trap.
  if (sniff(content).kind !== 'text') {
    return refuse('not_text', 'It is a compressed file, not a page of text.');
  }
  return readAny({ ...input, content, contentType: null });
}

const mediaType = (contentType: string | null) => contentType?.split(';')[0]?.trim().toLowerCase() ?? '';

const pageStart =
  /^(\s|<!--[\s\S]{0,2000}?-->|<\?[^>]{0,500}\?>)*<(!doctype\s+html|html|head|body|title|meta|link|script|style|div|main|article|section|header|nav|table|h[1-6]|p|ul|ol|a|br|center|font)[\s/>]/i;

/** Text that came as bytes: a page when it begins like one, whatever its label; else what the label says. */
function readUnknownText(text: string, input: SourceInput): SourceResult {
  const type = mediaType(input.contentType);
  if (text.trim() === '') return refuse('empty', 'The page is empty: it holds nothing but blanks.');
  if (pageStart.test(text.slice(0, 10_000).replace(/^\uFEFF/, ''))) return readText(text, 'text/html', input);
  if (/^\s*(<\?[^>]*>\s*|<!--[\s\S]{0,2000}?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg[\s>]/i.test(text.slice(0, 10_000))) {
    return refuse('not_text', 'It is an SVG picture, not a page of text.');
  }
  if (/json$/.test(type) || (/^\s*[{[]/.test(text) && isJson(text))) {
    return refuse('not_text', `It is JSON data, not a page of text${saidToBe(input.contentType)}.`);
  }
  if (/(^text\/css|javascript|ecmascript)$/.test(type)) {
    return refuse('not_text', `It is ${type === 'text/css' ? 'a style sheet' : 'a script'}, not a page of text.`);
  }
  if (/^(image|audio|video|font)\//.test(type)) {
    return refuse(
      'not_text',
      `It is not a page of text: it is labelled ${type}, and holds nothing of the kind either.`,
    );
  }
  if (/markdown/.test(type) || (/^(text\/plain|application\/octet-stream)?$/.test(type) && isMarkdownName(input.url))) {
    return readText(text, 'text/markdown', input);
  }
  const tags = text.slice(0, 100_000).match(/<\/?[a-z][a-z0-9]*[\s/>]/gi)?.length ?? 0;
  // Plain text may speak of tags; a page, or XML with a text in it, is full of them.
  const isMarkup = /html|xml/.test(type) ? tags > 0 : tags > 10 && tags > text.length / 2000;
  return readText(text, isMarkup ? 'text/html' : 'text/plain', input);
}

/** Text of which is known what it is. */
function readText(text: string, type: string, { contentType, url, maxDepth }: SourceInput): SourceResult {
  const result = attempt<SourceResult>(() => {
    if (type === 'text/markdown' || type === 'text/x-markdown') return { document: parseMarkdown(text) };
    if (type === 'text/plain') return { document: extractPlainText(text) };
    return readHtml(text, contentType, url, maxDepth);
  });
  return result;
}

/** What `read` gives, or the refusal that it threw. */
function attempt<T>(read: () => T): T | Refusal {
  try {
    return read();
  } catch (error) {
    return toRefusal(error);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function isMarkdownName(url: string | null): boolean {
  return url !== null && /\.(md|markdown)$/i.test(new URL(url).pathname);
}

/** Names the label when it claims something else than what was found. */
function saidToBe(contentType: string | null): string {
  const type = mediaType(contentType);
  return /^(text\/|application\/(xhtml\+xml|xml|pdf|rss|atom|feed))/.test(type) ? ` (the site calls it ${type})` : '';
}
