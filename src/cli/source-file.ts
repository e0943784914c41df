import { readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../errors.ts';
import { maxSourceCharacters } from '../pipeline/brief.ts';

/** A source as `POST /pipelines` takes it. */
export interface TextSource {
  title: string;
  text: string;
  format: 'markdown' | 'html' | 'text';
}

const formats: Record<string, TextSource['format']> = {
  '.md': 'markdown',
  '.markdown': 'markdown',
  '.html': 'html',
  '.htm': 'html',
  '.xhtml': 'html',
};

/**
 * Reads a file as a source: Markdown and HTML by their extension, anything else as plain text. Its title is that of
 * its front matter, its first heading or `<title>`, else its name. Throws `invalid_request` for a file that cannot be read, is not text in UTF-8,
 * is empty or too large.
 */
export function readSourceFile(file: string | URL): TextSource {
  const path = file instanceof URL ? fileURLToPath(file) : file;
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new AppError('invalid_request', `The source ${path} cannot be read.`, {
      cause,
      hint: 'Check the file name; addresses begin with http:// or https://.',
    });
  }
  const text = decode(bytes, path);
  if (text.trim() === '') throw new AppError('invalid_request', `The source ${path} is empty.`);
  if (text.length > maxSourceCharacters) {
    throw new AppError(
      'invalid_request',
      `The source ${path} has ${text.length} characters, more than the ${maxSourceCharacters} allowed.`,
      { hint: 'Split it over several files, or keep the part that matters.' },
    );
  }
  const format = formats[extname(path).toLowerCase()] ?? 'text';
  return { title: (titleOf(text, format) ?? basename(path, extname(path))).slice(0, 300), text, format };
}

function decode(bytes: Buffer, path: string): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch (cause) {
    throw notText(path, cause);
  }
  throw notText(path, undefined);
}

function notText(path: string, cause: unknown): AppError {
  return new AppError('invalid_request', `The source ${path} is not text in UTF-8.`, {
    cause,
    hint: 'Save it as Markdown, HTML or plain text in UTF-8.',
  });
}

function titleOf(text: string, format: TextSource['format']): string | null {
  const found =
    format === 'markdown'
      ? (/^---\n(?:.*\n)*?title:[ \t]*["']?(.+?)["']?[ \t]*\n(?:.*\n)*?---\n/.exec(text) ??
          /^#\s+(.+?)\s*#*$/m.exec(text))?.[1]
      : format === 'html'
        ? /<title[^>]*>([^<]+)<\/title>/i.exec(text)?.[1]
        : undefined;
  return found?.replace(/\s+/g, ' ').trim() || null;
}
