import { AppError } from '../errors.ts';
import { type ArticleDocument, checkDocument, type FieldNames } from './document.ts';

/** The fields of the earlier blog-poster's articles, by what they are here. */
const called = {
  title: 'title',
  slug: 'slug',
  metaTitle: 'meta_title',
  metaDescription: 'meta_description',
  markdown: 'content_markdown',
  keyword: 'primary_keyword',
  tags: 'tags',
  categories: 'category',
  writtenAt: 'generated_at',
  language: 'language',
  excerpt: 'excerpt',
} as const satisfies FieldNames;

/**
 * Reads an article in the JSON format of the earlier blog-poster. Its secondary keywords, and fields that nobody knows, are
 * kept with the import.
 * @throws AppError import_unreadable
 */
export function readJsonDocument(text: string, now: Date): ArticleDocument {
  const value = parse(text);
  if (Array.isArray(value)) {
    throw new AppError('import_unreadable', 'This is a list, and not one article.', {
      hint: 'Send each article of it as a document of its own; the command line and the import page do that by themselves.',
    });
  }
  if (typeof value !== 'object' || value === null) {
    throw new AppError('import_unreadable', 'This is no article: it is JSON, but no object.', {
      hint: 'An article is { "title": "…", "content_markdown": "…" }.',
    });
  }
  const given = new Map(Object.entries(value));
  const take = (name: string) => {
    const found = given.get(name);
    given.delete(name);
    return found;
  };
  const fields = Object.fromEntries(Object.entries(called).map(([field, name]) => [field, take(name)]));
  return checkDocument({ ...fields, extra: Object.fromEntries(given) }, called, now);
}

function parse(text: string): unknown {
  try {
    // Some editors put a byte order mark before it.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new AppError('import_unreadable', `This is not valid JSON: ${error.message}`, {
      hint: 'Was the file cut short, or saved by hand? Open it in an editor that marks mistakes in JSON.',
    });
  }
}
