import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { presentRefusal, refusedTopicSchema, topicSchema } from '../topics/present.ts';
import type { Api } from './api.ts';
import { clip, type Io, print, table } from './io.ts';
import { openSession } from './session.ts';
import { findSite } from './site.ts';

interface Options {
  account?: string;
  json?: boolean;
}
type ShownTopic = z.infer<typeof topicSchema>;

const topicPage = z.object({ items: z.array(topicSchema), nextCursor: z.string().nullable() });
const shown = 100;
const titleWidth = 60;

/** Runs `work` with the API and ends the session. */
export async function withApi(io: Io, { account }: Options, work: (api: Api) => Promise<number>): Promise<number> {
  const session = await openSession(io, { work: false, account });
  try {
    return await work(session.api);
  } finally {
    await session.close();
  }
}

/** The query for a site that is named by a person; nothing without a name. */
export async function siteIdOf(api: Api, name: string | undefined): Promise<string | undefined> {
  return name === undefined ? undefined : (await findSite(api, name)).id;
}

const score = (topic: ShownTopic) => (topic.score === null ? '' : String(Math.round(topic.score)));
const rowOf = (topic: ShownTopic) => [topic.id, topic.status, score(topic), clip(topic.topic, titleWidth)];
const topicTable = (topics: ShownTopic[]) => table(['ID', 'STATUS', 'SCORE', 'TOPIC'], topics.map(rowOf));

/** Prints topics in the order in which schedules take them. */
export function listTopics(io: Io, options: Options & { status?: string; site?: string }): Promise<number> {
  return withApi(io, options, async (api) => {
    const query = new URLSearchParams({ limit: String(shown) });
    if (options.status) query.set('status', options.status);
    const siteId = await siteIdOf(api, options.site);
    if (siteId) query.set('siteId', siteId);
    const page = await api.request('GET', `/topics?${query}`, topicPage);
    print(io, options.json, page, () => [
      ...(page.items.length === 0 ? ['No topics.'] : topicTable(page.items)),
      ...(page.nextCursor ? [`and more than ${shown}`] : []),
    ]);
    return 0;
  });
}

/** Puts a topic at the end of the backlog. */
export function addTopic(
  io: Io,
  topic: string,
  options: Options & { keyword?: string; note?: string; site?: string; source: string[]; duplicates?: string },
): Promise<number> {
  return withApi(io, options, async (api) => {
    const { keyword, note, duplicates } = options;
    const siteId = await siteIdOf(api, options.site);
    const body = { topic, keyword, note, siteId, duplicates, sources: options.source.map((url) => ({ url })) };
    const added = await api.request('POST', '/topics', topicSchema, body);
    print(io, options.json, added, () => [`“${added.topic}” is in the backlog (${added.id}).`]);
    return 0;
  });
}

const line = z.int();
const importedSchema = z.object({
  encoding: z.string(),
  columns: z.array(z.object({ name: z.string(), meaning: z.string().nullable() })),
  rows: z.int(),
  added: z.array(topicSchema.extend({ line })),
  known: z.array(z.object({ line, topic: z.string() })),
  refused: z.array(refusedTopicSchema.extend({ line })),
});

/** Adds the topics of a CSV file or a plain list. Exit status 1 when a line was refused. */
export function importTopics(
  io: Io,
  file: string,
  options: Options & { site?: string; encoding?: string; dryRun?: boolean },
): Promise<number> {
  return withApi(io, options, async (api) => {
    const data = await read(file);
    const query = new URLSearchParams(options.dryRun ? { dryRun: 'true' } : {});
    const siteId = await siteIdOf(api, options.site);
    if (siteId) query.set('siteId', siteId);
    if (options.encoding) query.set('encoding', options.encoding);
    const type = /\.(txt|text|list)$/i.test(file) ? 'text/plain' : 'text/csv';
    const result = await api.upload(`/topics/import?${query}`, data, type, importedSchema);
    print(io, options.json, result, () => [
      `${result.added.length} of ${result.rows} topics ${options.dryRun ? 'would be' : 'were'} added (${result.encoding}).`,
      ...(result.known.length > 0 ? [`${result.known.length} are in the backlog already.`] : []),
      ...result.refused.map((one) => `line ${one.line}: ${one.message} ${one.hint}`),
    ]);
    return result.refused.length > 0 ? 1 : 0;
  });
}

const gapsSchema = z.object({
  added: z.array(topicSchema),
  known: z.array(z.string()),
  looked: z.object({ entries: z.int(), headings: z.int(), deadLinks: z.int() }),
  message: z.string().nullable(),
});

/** Proposes topics from the account's own gaps. */
export function findGaps(io: Io, options: Options & { site?: string }): Promise<number> {
  return withApi(io, options, async (api) => {
    const siteId = await siteIdOf(api, options.site);
    const found = await api.request('POST', '/topics/gaps', gapsSchema, siteId ? { siteId } : {});
    print(io, options.json, found, () =>
      found.message === null ? [...topicTable(found.added), 'Take one over: topic accept ID'] : [found.message],
    );
    return 0;
  });
}

const decidedSchema = z.object({ changed: z.int(), refused: z.array(refusedTopicSchema.extend({ id: z.string() })) });

/** Accepts or dismisses topics. Exit status 1 when one of them is like something that is there. */
export function decideTopics(
  io: Io,
  status: 'open' | 'dismissed',
  ids: string[],
  options: Options & { duplicates?: string },
): Promise<number> {
  for (const id of ids) if (!z.uuid().safeParse(id).success) throw noTopic(id);
  return withApi(io, options, async (api) => {
    const result =
      options.duplicates === 'allow'
        ? await acceptAll(api, ids)
        : await api.request('POST', '/topics/decide', decidedSchema, { ids, status });
    const done = status === 'open' ? 'accepted' : 'dismissed';
    print(io, options.json, result, () => [
      `${result.changed} ${done}.`,
      ...result.refused.map((one) => `${one.topic}: ${one.message} Add --duplicates allow to take it all the same.`),
    ]);
    return result.refused.length > 0 ? 1 : 0;
  });
}

async function acceptAll(api: Api, ids: string[]): Promise<z.infer<typeof decidedSchema>> {
  const result: z.infer<typeof decidedSchema> = { changed: 0, refused: [] };
  for (const id of ids) {
    try {
      await api.request('PATCH', `/topics/${id}`, topicSchema, { status: 'open', duplicates: 'allow' });
      result.changed += 1;
    } catch (error) {
      if (!(error instanceof AppError) || error.status !== 409) throw error;
      result.refused.push({ id, ...presentRefusal(id, error) });
    }
  }
  return result;
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new AppError('invalid_request', `The list ${file} cannot be read.`, { cause, hint: 'Check the file name.' });
  }
}

function noTopic(id: string): AppError {
  return new AppError('not_found', `There is no topic "${id}".`, { hint: 'List them with their ids: topic list' });
}
