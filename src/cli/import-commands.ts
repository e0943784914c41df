import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import type { DocumentFormat } from '../import/document.ts';
import { type ImportOutcome, importOutcomes } from '../import/import-articles.ts';
import { type GivenDocument, splitList } from '../import/split-list.ts';
import { type Io, print } from './io.ts';
import { createProgress } from './progress.ts';
import { openSession } from './session.ts';

const endings: Record<DocumentFormat, RegExp> = { json: /\.json$/i, markdown: /\.(?:md|markdown|mdown)$/i };
/** What goes in one request: so few that progress is seen, so little that it is taken. */
const batch = { documents: 20, signs: 1_000_000 };

const answerSchema = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      outcome: z.enum(importOutcomes),
      articleId: z.string().nullable(),
      title: z.string().nullable(),
      slug: z.string().nullable(),
      warnings: z.array(z.string()),
      error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
    }),
  ),
});
type Item = z.infer<typeof answerSchema>['items'][number];

/**
 * Imports articles from files and folders. Broken off, the same command goes on: what is here is not taken twice. Exit
 * status 1 when a document was refused or another one stands under its address.
 */
export async function importCommand(
  io: Io,
  format: DocumentFormat,
  paths: string[],
  options: { account?: string; json?: boolean; dryRun?: boolean },
): Promise<number> {
  const files = (await Promise.all(paths.map((path) => filesAt(path, endings[format])))).flat();
  if (files.length === 0) {
    throw new AppError('invalid_request', `There is no ${format} file at ${paths.join(', ')}.`, {
      hint: format === 'json' ? 'Files must end in .json.' : 'Files must end in .md or .markdown.',
    });
  }
  const session = await openSession(io, { work: false, account: options.account });
  const progress = createProgress(io.stderr);
  const items: Item[] = [];
  try {
    const query = options.dryRun ? '?dryRun=true' : '';
    let read = 0;
    for await (const documents of batches(files, format, () => (read += 1))) {
      const answer = await session.api.request('POST', `/articles/import${query}`, answerSchema, { format, documents });
      items.push(...answer.items);
      progress.at(read / files.length);
      progress.step(`${items.length} articles`);
    }
  } finally {
    progress.end();
    await session.close();
  }
  const counts = countOutcomes(items);
  print(io, options.json, { dryRun: options.dryRun ?? false, counts, items }, () => reportOf(items, options.dryRun));
  return counts.refused + counts.differs > 0 ? 1 : 0;
}

function countOutcomes(items: Item[]): Record<ImportOutcome, number> {
  const counts = Object.fromEntries(importOutcomes.map((outcome) => [outcome, 0])) as Record<ImportOutcome, number>;
  for (const { outcome } of items) counts[outcome] += 1;
  return counts;
}

/** A line for every article that did not simply come in, and one for all. */
function reportOf(items: Item[], dryRun: boolean | undefined): string[] {
  const counts = countOutcomes(items);
  const line = (item: Item): string[] => {
    if (item.outcome === 'created') return item.warnings.map((warning) => `${item.name}: ${warning}`);
    if (item.outcome === 'known') return [];
    return [`${item.name}: ${why(item)}`];
  };
  return [
    ...items.flatMap(line),
    `${[
      `${counts.created} of ${items.length} articles ${dryRun ? 'would be' : 'were'} taken over as drafts`,
      ...(counts.known > 0 ? [`${counts.known} were here already`] : []),
      ...(counts.binned > 0 ? [`${counts.binned} are in the bin`] : []),
      ...(counts.differs > 0 ? [`${counts.differs} were left as they are here`] : []),
      ...(counts.refused > 0 ? [`${counts.refused} could not be read`] : []),
    ].join(', ')}.`,
  ];
}

function why({ outcome, error, slug, title }: Item): string {
  if (outcome === 'binned') return `“${title}” is in the bin: restore it there.`;
  if (outcome === 'differs') {
    return `another text was imported under “${slug}” before, and its article is left as it is. Give this one another address (slug) to have both.`;
  }
  return error ? `${error.message}. ${error.hint}`.replace(/\.\. /, '. ') : outcome;
}

/** Files at a path that have an ending, in the order of their names; a file that is named itself may have any. */
async function filesAt(path: string, ending: RegExp): Promise<string[]> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'There is nothing at' : `This cannot be read (${error.code}):`;
    throw new AppError('invalid_request', `${why} ${path}`, { hint: 'Name a file or a folder.' });
  });
  if (!found.isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && ending.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function* batches(files: string[], format: DocumentFormat, onRead: () => void): AsyncGenerator<GivenDocument[]> {
  let waiting: GivenDocument[] = [];
  let signs = 0;
  for (const name of files) {
    const text = await readFile(name, 'utf8');
    onRead();
    for (const document of format === 'json' ? splitList({ name, text }) : [{ name, text }]) {
      if (waiting.length > 0 && (waiting.length >= batch.documents || signs + document.text.length > batch.signs)) {
        yield waiting;
        waiting = [];
        signs = 0;
      }
      waiting.push(document);
      signs += document.text.length;
    }
  }
  if (waiting.length > 0) yield waiting;
}
