import { z } from 'zod';
import { editableFields } from '../articles/routes.ts';
import { AppError } from '../errors.ts';
import { termName } from '../sites/settings.ts';
import { whyUnstorable } from '../storable.ts';

/** How a document is written: the JSON of an earlier blog-poster, or Markdown with front matter. */
export const documentFormats = ['json', 'markdown'] as const;
export type DocumentFormat = (typeof documentFormats)[number];

/** An article as another program has written it down, read and checked. */
export interface ArticleDocument {
  title: string;
  markdown: string;
  slug?: string;
  excerpt?: string;
  metaTitle?: string;
  metaDescription?: string;
  keyword?: string;
  language?: string;
  categories: string[];
  tags: string[];
  /** When it was written, UTC; null where it does not say, or says something impossible. */
  writtenAt: Date | null;
  /** What it has that an article has no place for. */
  extra: Record<string, unknown>;
  /** What became of it otherwise than its author may expect, one sentence each. */
  warnings: string[];
}

/** The parts of a document by what they mean to an article, before they are checked. Empty ones count as missing. */
export interface RawDocument {
  title?: unknown;
  markdown?: unknown;
  slug?: unknown;
  excerpt?: unknown;
  metaTitle?: unknown;
  metaDescription?: unknown;
  keyword?: unknown;
  language?: unknown;
  categories?: unknown;
  tags?: unknown;
  writtenAt?: unknown;
  extra: Record<string, unknown>;
}

/** What the fields are called in the document, for messages. */
export type FieldNames = Partial<Record<keyof RawDocument, string>>;

/** One name, several, or several in one text with commas between. */
const names = z
  .union([
    z.string().transform((text) => text.split(',')),
    z.array(z.union([z.string(), z.number().transform(String)])),
  ])
  .transform((list) => [...new Set(list.map((name) => name.trim()).filter((name) => name !== ''))])
  .pipe(z.array(termName).max(50));

const shape = z.object({
  ...editableFields,
  // The empty article is a mistake of whoever wrote it down: nothing would be left to publish.
  markdown: editableFields.markdown.refine((text) => text.trim() !== '', 'is empty'),
  slug: editableFields.slug.optional(),
  excerpt: editableFields.excerpt.optional(),
  metaTitle: editableFields.metaTitle.optional(),
  metaDescription: editableFields.metaDescription.optional(),
  keyword: editableFields.keyword.optional(),
  language: z
    .string()
    .transform((code) => code.trim().toLowerCase().split(/[-_]/)[0] ?? '')
    .pipe(z.string().regex(/^[a-z]{2}$/, 'must be an ISO 639-1 code such as en or de'))
    .optional(),
  categories: names.default([]),
  tags: names.default([]),
});

/**
 * Checks the parts of a document.
 * @throws AppError import_unreadable that names the first field that an article cannot have, and what to do
 */
export function checkDocument(raw: RawDocument, called: FieldNames, now: Date): ArticleDocument {
  const { extra, writtenAt, ...given } = raw;
  const fields = Object.fromEntries(Object.entries(given).filter(([, value]) => !isEmpty(value)));
  for (const [name, value] of Object.entries(fields)) {
    const why = typeof value === 'string' ? whyUnstorable(value) : null;
    if (why) throw refused(nameOf(name, called), why);
  }
  const parsed = shape.safeParse(fields);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = String(issue?.path[0] ?? 'title');
    throw refused(
      nameOf(field, called),
      fields[field] === undefined ? 'is missing' : (issue?.message ?? 'is not valid'),
    );
  }
  const warnings: string[] = [];
  const { markdown, repeated } = withoutRepeatedTitle(parsed.data.markdown, parsed.data.title);
  if (repeated)
    warnings.push('Its first heading repeated the title and was left out: the title stands above the text.');
  const pictures = relativeImages(markdown);
  if (pictures > 0) {
    warnings.push(
      pictures === 1
        ? 'An image is named by an address that only holds where the article came from: add it again.'
        : `${pictures} images are named by an address that only holds where the article came from: add them again.`,
    );
  }
  const at = readTime(writtenAt);
  const usable = at !== null && at.getTime() > 0 && at <= now ? at : null;
  if (!isEmpty(writtenAt) && usable === null) {
    warnings.push(
      `${called.writtenAt ?? 'date'} is no time in the past that could be read: it counts as written today.`,
    );
  }
  return {
    ...omitUndefined(parsed.data),
    markdown,
    writtenAt: usable,
    extra: usable === null && !isEmpty(writtenAt) ? { ...extra, [called.writtenAt ?? 'date']: writtenAt } : extra,
    warnings,
  };
}

const nameOf = (field: string, called: FieldNames) => called[field as keyof RawDocument] ?? field;

function refused(field: string, what: string): AppError {
  return new AppError('import_unreadable', `${field} ${what}`, {
    errors: [{ path: field, message: what }],
    hint: 'Correct the file and import it again: what is here already is not taken twice.',
  });
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

function omitUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
}

/** A moment that is written in one of the usual ways; a text without a zone is in UTC. Null for anything else. */
function readTime(value: unknown): Date | null {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value;
  // Seconds since 1970 or, from the year 5138 as seconds on, milliseconds.
  if (typeof value === 'number') return new Date(value < 1e11 ? value * 1000 : value);
  if (typeof value !== 'string') return null;
  const text = value.trim().replace(/^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)$/, '$1T$2Z');
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : new Date(time);
}

/** Earlier programs wrote the title as the first heading of the text as well. */
function withoutRepeatedTitle(markdown: string, title: string): { markdown: string; repeated: boolean } {
  const found = /^\s*(?:#[ \t]+(?<atx>[^\n]*?)[ \t]*#*[ \t]*|(?<setext>[^\n]+)\n=+[ \t]*)(?:\n+|$)/.exec(markdown);
  const heading = found?.groups?.atx ?? found?.groups?.setext;
  if (!found || heading === undefined || plain(heading) !== plain(title)) return { markdown, repeated: false };
  const rest = markdown.slice(found[0].length);
  return rest.trim() === '' ? { markdown, repeated: false } : { markdown: rest, repeated: true };
}

const plain = (text: string) =>
  text
    .replace(/[*_`\\]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();

/** How many images are named by an address that no browser can find from here. */
function relativeImages(markdown: string): number {
  const targets = [...markdown.matchAll(/!\[[^\]]*\]\(\s*<?([^)>\s]+)/g)].map(([, target]) => target ?? '');
  return targets.filter((target) => !/^(?:https?:|data:|\/api\/)/i.test(target)).length;
}
