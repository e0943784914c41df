import { parse, YAMLParseError } from 'yaml';
import { AppError } from '../errors.ts';
import { type ArticleDocument, checkDocument, type FieldNames, type RawDocument } from './document.ts';

/** What the usual generators (Hugo, Jekyll, Astro, Eleventy, Ghost's and Obsidian's exports) call the fields, the most telling first. */
const aliases = {
  title: ['title'],
  slug: ['slug', 'permalink'],
  excerpt: ['excerpt', 'summary', 'lead'],
  metaTitle: ['meta_title', 'metaTitle', 'seo_title', 'seoTitle'],
  metaDescription: ['meta_description', 'metaDescription', 'description', 'seo_description'],
  keyword: ['keyword', 'primary_keyword', 'focus_keyword'],
  language: ['language', 'lang', 'locale'],
  categories: ['categories', 'category'],
  tags: ['tags', 'tag'],
  writtenAt: ['date', 'generated_at', 'published', 'created', 'pubDate'],
} as const satisfies Partial<Record<keyof RawDocument, readonly string[]>>;

/**
 * Reads an article in Markdown, with or without front matter in YAML. Without a title there, a heading at the beginning
 * is it, else the name of the file; without an address there, the name of the file gives it.
 * @throws AppError import_unreadable
 */
export function readMarkdownDocument(text: string, fileName: string, now: Date): ArticleDocument {
  const { front, body } = split(text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n'));
  const given = new Map(Object.entries(front));
  const called: FieldNames = { markdown: 'the text' };
  const fields: RawDocument = { markdown: body, extra: {} };
  for (const [field, names] of Object.entries(aliases) as [keyof typeof aliases, readonly string[]][]) {
    const name = names.find((one) => given.has(one));
    called[field] = name ?? names[0] ?? field;
    if (name === undefined) continue;
    fields[field] = given.get(name);
    given.delete(name);
  }
  const stem = nameOfFile(fileName);
  fields.title ??= firstHeading(body) ?? stem.replace(/[-_]+/g, ' ');
  // Jekyll's files begin with their date.
  fields.writtenAt ??= /^\d{4}-\d{2}-\d{2}(?=-)/.exec(stem)?.[0];
  fields.slug = typeof fields.slug === 'string' ? lastPart(fields.slug) : stem.replace(/^\d{4}-\d{2}-\d{2}-/, '');
  return checkDocument({ ...fields, extra: Object.fromEntries(given) }, called, now);
}

function split(text: string): { front: Record<string, unknown>; body: string } {
  const found = /^---[ \t]*\n(?<yaml>[\s\S]*?)(?:^|\n)---[ \t]*(?:\n|$)/.exec(text);
  if (!found) return { front: {}, body: text };
  const front = readYaml(found.groups?.yaml ?? '');
  return { front, body: text.slice(found[0].length) };
}

function readYaml(yaml: string): Record<string, unknown> {
  try {
    // No aliases: a few lines of them can stand for gigabytes.
    const value: unknown = parse(yaml, { maxAliasCount: 0, prettyErrors: true });
    if (value === null) return {};
    if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof YAMLParseError) && !(error instanceof ReferenceError)) throw error;
    throw unreadable(error.message.split('\n')[0] ?? '');
  }
  throw unreadable('it is no list of fields');
}

function unreadable(why: string): AppError {
  return new AppError('import_unreadable', `The front matter (between the lines of ---) cannot be read: ${why}`, {
    hint: 'It is YAML: put texts with a colon into quotation marks, and indent lists evenly.',
  });
}

const nameOfFile = (path: string) => (path.split(/[\\/]/).at(-1) ?? '').replace(/\.[^.]+$/, '') || 'article';
const lastPart = (path: string) => path.split('/').findLast((part) => part !== '') ?? path;
/** Where the text begins with one; a line further down may be a comment in a block of code. */
const firstHeading = (body: string) => /^\s*#[ \t]+([^\n]+?)[ \t]*#*[ \t]*(?:\n|$)/.exec(body)?.[1];
