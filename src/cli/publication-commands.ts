import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { type ConflictChoice, conflictSchema } from '../publishing/conflict.ts';
import { publicationSchema } from '../publishing/present.ts';
import type { Api } from './api.ts';
import { conflictLines } from './conflict-lines.ts';
import { clip, type Io, print, table } from './io.ts';
import { type Publication, standing, waitWords } from './publication.ts';
import { openSession, sayUnattended } from './session.ts';

interface Options {
  account?: string;
  json?: boolean;
}

const page = z.object({ items: z.array(publicationSchema), nextCursor: z.string().nullable() });
const titleWidth = 60;

/** Prints the publications, newest first. */
export async function listPublications(io: Io, options: Options & { status?: string }): Promise<number> {
  const session = await openSession(io, { work: false, account: options.account });
  try {
    const items: Publication[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query: string = `limit=100${options.status ? `&status=${options.status}` : ''}${cursor ? `&cursor=${cursor}` : ''}`;
      const next: z.infer<typeof page> = await session.api.request('GET', `/publications?${query}`, page);
      items.push(...next.items);
      cursor = next.nextCursor;
    }
    print(io, options.json, { items }, () =>
      items.length === 0
        ? ['No publications.']
        : table(
            ['ID', 'STATUS', 'TITLE', 'ADDRESS OR REASON'],
            items.map((item) => [item.id, item.status, clip(item.title ?? '', titleWidth), addressOrReason(item)]),
          ),
    );
    return 0;
  } finally {
    await session.close();
  }
}

/** What keeps it from its site, if anything does; else where it is. */
function addressOrReason(item: Publication): string {
  const stopped = item.status === 'failed' || item.status === 'conflict';
  if (stopped && item.error) return item.error.message;
  return item.remoteUrl ?? item.error?.message ?? waitWords(item);
}

/**
 * Asks for something about a publication, and says how it stands then. A server's workers do what is asked. Throws
 * `not_found` that names the way to the ids, and what the server throws.
 */
async function act(
  io: Io,
  options: Options,
  id: string,
  ask: (api: Api, path: string) => Promise<Publication>,
): Promise<number> {
  const session = await openSession(io, { work: false, account: options.account });
  try {
    const row = await asked(id, (path) => ask(session.api, path));
    print(io, options.json, row, () => [standing(row), ...row.warnings]);
    if (row.status === 'queued' || row.status === 'scheduled') sayUnattended(io, session);
    return 0;
  } finally {
    await session.close();
  }
}

/** Asks under the path of a publication; an id that is none, or names nothing of this account, is said as such. */
async function asked<Answer>(id: string, ask: (path: string) => Promise<Answer>): Promise<Answer> {
  const missing = (cause?: unknown) =>
    new AppError('not_found', `There is no publication "${id}".`, {
      cause,
      hint: 'List them with their ids: publication list',
    });
  if (!z.uuid().safeParse(id).success) throw missing();
  try {
    return await ask(`/publications/${id}`);
  } catch (error) {
    // Not of another one that the request names beside it.
    if (error instanceof AppError && error.code === 'not_found' && error.message === 'There is no such publication.')
      throw missing();
    throw error;
  }
}

/** `publication retry`, `publication cancel`: tries one now, or gives it up. */
export const commandPublication = (io: Io, command: 'retry' | 'cancel', id: string, options: Options) =>
  act(io, options, id, (api, path) => api.request('POST', `${path}/${command}`, publicationSchema));

/** `publication move`: changes the place, the priority or the time of one that waits. */
export async function movePublication(
  io: Io,
  id: string,
  options: Options & { before?: string; last?: boolean; priority?: string; at?: string },
): Promise<number> {
  const { before, last, priority, at } = options;
  const change = {
    ...(before === undefined ? {} : { before }),
    ...(last ? { before: null } : {}),
    ...(priority === undefined ? {} : { priority }),
    ...(at === undefined ? {} : { publishAt: at === 'now' ? null : at }),
  };
  if (Object.keys(change).length === 0) {
    throw new AppError('invalid_request', 'Nothing was said that is to change.', {
      hint: 'Give --before ID, --last, --priority or --at.',
    });
  }
  return act(io, options, id, (api, path) => api.request('PATCH', path, publicationSchema, change));
}

/** `publication update`: brings the post up to date with its article. */
export const updatePublication = (io: Io, id: string, options: Options) =>
  act(io, options, id, (api, path) => api.request('POST', `${path}/update`, publicationSchema));

/** `publication unpublish`: takes the post back to a draft. */
export const unpublishPublication = (io: Io, id: string, options: Options) =>
  act(io, options, id, (api, path) => api.request('POST', `${path}/unpublish`, publicationSchema));

/** `publication trash`: puts the post into the site's trash. */
export const trashPublication = (io: Io, id: string, options: Options & { evenIfEdited?: boolean }) =>
  act(io, options, id, (api, path) =>
    api.request('POST', `${path}/trash`, publicationSchema, { evenIfEdited: options.evenIfEdited ?? false }),
  );

/** `publication conflict`: shows what the article and the post disagree about, and the choices. */
export async function showConflict(io: Io, id: string, options: Options): Promise<number> {
  const session = await openSession(io, { work: false, account: options.account });
  try {
    const conflict = await asked(id, (path) => session.api.request('GET', `${path}/conflict`, conflictSchema));
    print(io, options.json, conflict, () => conflictLines(conflict));
    return 0;
  } finally {
    await session.close();
  }
}

/** `publication resolve`: decides a conflict as it stands at this moment. */
export async function resolvePublication(
  io: Io,
  id: string,
  choice: ConflictChoice,
  options: Options & { text?: string },
): Promise<number> {
  if ((choice === 'merge') !== (options.text !== undefined)) {
    throw new AppError(
      'invalid_request',
      choice === 'merge' ? 'The merged text is missing.' : `--text goes with merge, not with ${choice}.`,
      { hint: 'Write it into a file and give that: publication resolve ID merge --text FILE' },
    );
  }
  const markdown = options.text === undefined ? {} : { markdown: await readText(options.text) };
  return act(io, options, id, async (api, path) => {
    const { articleRevision, theirsModified } = await api.request('GET', `${path}/conflict`, conflictSchema);
    const decision = { choice, articleRevision, theirsModified, ...markdown };
    return api.request('POST', `${path}/resolve`, publicationSchema, decision);
  });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new AppError('invalid_request', `The file ${file} cannot be read.`, { cause, hint: 'Check its name.' });
  }
}
