import { z } from 'zod';
import { queueSchema, queueStateSchema } from '../publishing/queue-routes.ts';
import type { Api } from './api.ts';
import { clip, type Io, print, table } from './io.ts';
import { waitWords } from './publication.ts';
import { openSession, type Session, sayUnattended } from './session.ts';
import { allSites, findSite } from './site.ts';

type Queue = z.infer<typeof queueSchema>;
interface Options {
  account?: string;
  json?: boolean;
}

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
    ...(queue.items.length === 0 ? [] : itemLines(queue.items)),
  ];
}

const titleWidth = 60;

const itemLines = (items: Queue['items']) =>
  table(
    ['ID', 'STATUS', 'PRIORITY', 'TITLE', 'WAITS FOR'],
    items.map((item) => [item.id, item.status, item.priority, clip(item.title ?? '', titleWidth), waitWords(item)]),
  ).map((line) => `  ${line}`);

/** Pauses or resumes the queue of a site, or tries again or gives up what is in it. */
export async function commandQueue(
  io: Io,
  command: 'pause' | 'resume' | 'retry' | 'cancel',
  name: string,
  options: Options,
): Promise<number> {
  return withApi(io, options, async (api, session) => {
    const site = await findSite(api, name);
    if (command === 'pause' || command === 'resume') {
      const state = await api.request('POST', `/sites/${site.id}/${command}`, queueStateSchema);
      const done = command === 'pause' ? 'Paused' : 'Resumed';
      print(io, options.json, state, () => [
        `${done} ${site.name}: ${state.counts.queued} waiting, ${state.counts.scheduled} scheduled.`,
        ...(state.message ? [state.message] : []),
      ]);
      if (command === 'resume' && state.counts.queued > 0) sayUnattended(io, session);
      return;
    }
    const answer = await api.request('POST', `/sites/${site.id}/queue/${command}`, changed);
    const what = command === 'retry' ? 'put back into the queue' : 'cancelled';
    print(io, options.json, answer, () => [`${answer.changed} ${what} at ${site.name}.`]);
    if (command === 'retry' && answer.changed > 0) sayUnattended(io, session);
  });
}

async function withApi(io: Io, options: Options, work: (api: Api, session: Session) => Promise<void>): Promise<number> {
  const session = await openSession(io, { work: false, account: options.account });
  try {
    await work(session.api, session);
    return 0;
  } finally {
    await session.close();
  }
}
