import { z } from 'zod';
import { AppError } from '../errors.ts';
import { publicationSchema } from '../publishing/present.ts';
import { queueSchema, queueStateSchema } from '../publishing/queue-routes.ts';
import type { Api } from './api.ts';
import { type Io, print, table } from './io.ts';
import { openSession } from './session.ts';
import { allSites, findSite } from './site.ts';

type Publication = z.infer<typeof publicationSchema>;
type Queue = z.infer<typeof queueSchema>;
interface Options {
  account?: string;
  json?: boolean;
}

const page = z.object({ items: z.array(publicationSchema), nextCursor: z.string().nullable() });
const changed = z.object({ changed: z.number() });

/** Prints the queue of a site, or of all of them, in its order. */
export async function showQueues(io: Io, name: string | undefined, options: Options): Promise<number> {
  return withApi(io, options, async (api) => {
    const sites = name === undefined ? await allSites(api) : [await findSite(api, name)];
    const queues: Queue[] = [];
    for (const { id } of sites) queues.push(await wholeQueue(api, id));
    print(io, options.json, { items: queues }, () =>
      queues.length === 0 ? ['No sites yet.'] : queues.flatMap(queueLines),
    );
  });
}

async function wholeQueue(api: Api, siteId: string): Promise<Queue> {
  const queue = await api.request('GET', `/sites/${siteId}/queue?limit=100`, queueSchema);
  for (let cursor = queue.nextCursor; cursor; ) {
    const next: Queue = await api.request('GET', `/sites/${siteId}/queue?limit=100&cursor=${cursor}`, queueSchema);
    queue.items.push(...next.items);
    cursor = next.nextCursor;
  }
  return { ...queue, nextCursor: null };
}

function queueLines(queue: Queue): string[] {
  const { counts } = queue;
  const state = queue.pausedBy === null ? '' : queue.pausedBy === 'user' ? ', paused' : ', paused: the site fails';
  const failed = counts.failed + counts.conflict > 0 ? `, ${counts.failed} failed, ${counts.conflict} in conflict` : '';
  return [
    `${queue.name}: ${counts.publishing} being sent, ${counts.queued} waiting, ${counts.scheduled} scheduled${failed}${state}`,
    ...(queue.message ? [`  ${queue.message}`] : []),
    ...table(
      ['ID', 'STATUS', 'PRIORITY', 'TITLE', 'WAITS FOR'],
      queue.items.map((item) => [item.id, item.status, item.priority, item.title ?? '', waitWords(item)]),
    ).map((line) => `  ${line}`),
  ];
}

function waitWords({ waiting, publishAtLocal }: Publication): string {
  if (!waiting) return '';
  if (waiting.reason === 'time' && publishAtLocal) {
    return `${publishAtLocal.time.replace('T', ' ')} ${publishAtLocal.timeZone}`;
  }
  return waiting.until ? `${waiting.message} (${waiting.until})` : waiting.message;
}

/** Pauses or resumes the queue of a site, or tries again or gives up what is in it. */
export async function commandQueue(
  io: Io,
  command: 'pause' | 'resume' | 'retry' | 'cancel',
  name: string,
  options: Options,
): Promise<number> {
  return withApi(io, options, async (api) => {
    const site = await findSite(api, name);
    if (command === 'pause' || command === 'resume') {
      const state = await api.request('POST', `/sites/${site.id}/${command}`, queueStateSchema);
      const done = command === 'pause' ? 'Paused' : 'Resumed';
      print(io, options.json, state, () => [
        `${done} ${site.name}: ${state.counts.queued} waiting, ${state.counts.scheduled} scheduled.`,
        ...(state.message ? [state.message] : []),
      ]);
      return;
    }
    const answer = await api.request('POST', `/sites/${site.id}/queue/${command}`, changed);
    const what = command === 'retry' ? 'put back into the queue' : 'cancelled';
    print(io, options.json, answer, () => [`${answer.changed} ${what} at ${site.name}.`]);
  });
}

/** Prints the publications, newest first. */
export async function listPublications(io: Io, options: Options & { status?: string }): Promise<number> {
  return withApi(io, options, async (api) => {
    const items: Publication[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query: string = `limit=100${options.status ? `&status=${options.status}` : ''}${cursor ? `&cursor=${cursor}` : ''}`;
      const next: z.infer<typeof page> = await api.request('GET', `/publications?${query}`, page);
      items.push(...next.items);
      cursor = next.nextCursor;
    }
    print(io, options.json, { items }, () =>
      items.length === 0
        ? ['No publications.']
        : table(
            ['ID', 'STATUS', 'TITLE', 'ADDRESS OR REASON'],
            items.map((item) => [
              item.id,
              item.status,
              item.title ?? '',
              item.remoteUrl ?? item.error?.message ?? waitWords(item),
            ]),
          ),
    );
  });
}

/** Tries one publication now, or gives it up. */
export async function commandPublication(
  io: Io,
  command: 'retry' | 'cancel',
  id: string,
  options: Options,
): Promise<number> {
  return withApi(io, options, async (api) => {
    const row = await api.request('POST', `/publications/${encodeURIComponent(id)}/${command}`, publicationSchema);
    print(io, options.json, row, () => [standing(row)]);
  });
}

/** Changes the place, the priority or the time of a publication that waits. */
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
    throw new AppError('invalid_request', 'Say what to change: --before, --last, --priority or --at.');
  }
  return withApi(io, options, async (api) => {
    const row = await api.request('PATCH', `/publications/${encodeURIComponent(id)}`, publicationSchema, change);
    print(io, options.json, row, () => [standing(row), ...row.warnings]);
  });
}

function standing(row: Publication): string {
  const waits = waitWords(row);
  return `“${row.title ?? row.id}” is ${row.status}${waits ? `: ${waits}` : '.'}`;
}

async function withApi(io: Io, options: Options, work: (api: Api) => Promise<void>): Promise<number> {
  const session = await openSession(io, { work: false, account: options.account });
  try {
    await work(session.api);
    return 0;
  } finally {
    await session.close();
  }
}
