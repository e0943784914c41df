import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { listSites } from '../sites/queries.ts';
import type { Site } from '../sites/schema.ts';
import { type DuplicateLook, lookForDuplicates } from './duplicates.ts';
import { topicRequest } from './present.ts';
import { type ListLabels, type ListRow, readTopicList, type TopicList } from './read-list.ts';
import type { Topic } from './schema.ts';
import { placeTopics, type TopicInput } from './topics.ts';

/** A list that was read, checked line by line and compared; nothing of it is stored yet. */
export interface PreparedImport {
  list: TopicList;
  wanted: { line: number; input: TopicInput }[];
  refused: RefusedLine[];
  look: DuplicateLook;
}

/** A line of which no topic was made, and why. */
export interface RefusedLine {
  line: number;
  topic: string;
  error: AppError;
}

/** What became of a list. */
export interface ImportedTopics {
  added: { line: number; topic: Topic }[];
  known: { line: number; topic: string }[];
  refused: RefusedLine[];
}

/**
 * Reads a list of topics and compares what it holds with the account. Topics without a site of their own are for `siteId`.
 * @throws AppError import_unreadable for what is no list (see {@link readTopicList})
 */
export async function prepareImport(
  ctx: Pick<AppContext, 'db' | 'embedder'>,
  userId: string,
  bytes: Uint8Array,
  options: ListLabels & { siteId?: string | null },
): Promise<PreparedImport> {
  const list = readTopicList(bytes, options);
  const sites = list.rows.some(({ cells }) => cells.site) ? await allSites(ctx.db, userId) : [];
  const prepared: Omit<PreparedImport, 'look'> = { list, wanted: [], refused: [] };
  for (const row of list.rows) {
    try {
      prepared.wanted.push({ line: row.line, input: inputOf(row, sites, options.siteId ?? null) });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      prepared.refused.push({ line: row.line, topic: (row.cells.topic ?? '').slice(0, 200), error });
    }
  }
  const inputs = prepared.wanted.map(({ input }) => input);
  return { ...prepared, look: await lookForDuplicates(ctx, userId, inputs) };
}

/** Adds the topics of a list, all that can be or, where something is wrong with the backlog as a whole, none. */
export async function storeImport(
  tx: Db,
  userId: string,
  { wanted, refused, look }: PreparedImport,
): Promise<ImportedTopics> {
  const inputs = wanted.map(({ input }) => input);
  const placed = await placeTopics(tx, userId, inputs, { origin: 'import', look });
  const result: ImportedTopics = { added: [], known: [], refused: [...refused] };
  for (const [index, { line, input }] of wanted.entries()) {
    const one = placed[index];
    if (one && 'topic' in one) result.added.push({ line, topic: one.topic });
    else if (one && 'refused' in one) result.refused.push({ line, topic: input.topic, error: one.refused });
    else result.known.push({ line, topic: input.topic });
  }
  result.refused.sort((a, b) => a.line - b.line);
  return result;
}

/** What {@link storeImport} would do, without doing it. */
export async function tryImport(db: Db, userId: string, prepared: PreparedImport): Promise<ImportedTopics> {
  const tried = new (class extends Error {
    result: ImportedTopics | null = null;
  })('a trial is taken back');
  try {
    await db.transaction(async (tx) => {
      tried.result = await storeImport(tx, userId, prepared);
      throw tried;
    });
  } catch (error) {
    if (error !== tried) throw error;
  }
  if (!tried.result) throw new Error('a trial has no result');
  return tried.result;
}

function inputOf({ cells, problem }: ListRow, sites: Site[], siteId: string | null): TopicInput {
  if (problem) {
    throw new AppError('invalid_request', `The line ${problem}.`, {
      hint: problem.includes('column')
        ? 'Put a topic that holds the separator into quotation marks.'
        : 'Save the list as "CSV UTF-8" and import it again, or type the topic.',
    });
  }
  const parsed = topicRequest.safeParse({
    topic: cells.topic ?? '',
    ...(cells.keyword ? { keyword: cells.keyword } : {}),
    ...(cells.note ? { note: cells.note } : {}),
    ...(cells.sources ? { sources: cells.sources.split(/[\s,;|]+/).flatMap((url) => (url ? [{ url }] : [])) } : {}),
  });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = String(issue?.path[0] ?? 'topic');
    const what = field === 'sources' ? 'must be http or https addresses, at most 50' : issue?.message;
    throw new AppError('invalid_request', `${field}: ${what ?? 'is not valid'}`, {
      hint: 'Correct the line and import it again; what is in the backlog already is not added twice.',
    });
  }
  return { ...parsed.data, siteId: cells.site ? siteNamed(cells.site, sites) : siteId };
}

function siteNamed(name: string, sites: Site[]): string {
  const wanted = name.toLowerCase().replace(/\/+$/, '');
  const host = (url: string) => URL.parse(url)?.host ?? '';
  const found = sites.filter(
    (site) => site.id === wanted || site.name.toLowerCase() === wanted || site.url.toLowerCase() === wanted,
  );
  const [site] =
    found.length > 0 ? found : sites.filter(({ url }) => host(url) === wanted || host(url) === host(wanted));
  if (site) return site.id;
  const names = sites.map((one) => one.name);
  throw new AppError('not_found', `There is no site "${name.slice(0, 100)}".`, {
    hint:
      names.length > 0
        ? `There are: ${names.slice(0, 10).join(', ')}.`
        : 'Add the site first, or leave the column out.',
  });
}

async function allSites(db: Db, userId: string): Promise<Site[]> {
  const sites: Site[] = [];
  for (;;) {
    const rows = await listSites(db, userId, { limit: 100, cursor: sites.at(-1)?.id });
    sites.push(...rows.slice(0, 100));
    if (rows.length <= 100) return sites;
  }
}
