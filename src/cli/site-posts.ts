import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { sitePostSchema, siteSyncSchema } from '../site-posts/present.ts';
import { type Io, print, table } from './io.ts';
import { openSession } from './session.ts';
import { findSite } from './site.ts';

const page = z.object({ items: z.array(sitePostSchema), nextCursor: z.string().nullable() });

/** How many are printed, and how often a running sync is looked at, in milliseconds. */
const shown = 50;
const lookMs = 1_000;

/**
 * Prints what is known of a site's posts, the newest first. With `sync` they are read anew before, which takes a second or
 * so for each fifty. Exit status 1 when that went wrong.
 */
export async function listSitePosts(
  io: Io,
  name: string,
  options: { sync?: boolean; account?: string; json?: boolean },
): Promise<number> {
  const session = await openSession(io, { work: options.sync === true, account: options.account });
  try {
    const { api } = session;
    const site = await findSite(api, name);
    const path = `/sites/${site.id}/posts`;
    let state = await api.request('GET', `${path}/sync`, siteSyncSchema);
    if (options.sync) {
      const before = state.listedAt;
      state = await api.request('POST', `${path}/sync`, siteSyncSchema);
      while (state.listedAt === before && (state.error === null || state.running)) {
        await sleep(lookMs, undefined, { signal: io.signal });
        state = await api.request('GET', `${path}/sync`, siteSyncSchema);
      }
    }
    const { items, nextCursor } = await api.request('GET', `${path}?limit=${shown}`, page);
    print(io, options.json, { sync: state, items, nextCursor }, () => [
      ...(items.length === 0
        ? [`No posts of ${site.name} are known${state.listedAt ? '' : ' yet'}.`]
        : table(
            ['POST', 'STATUS', 'TITLE', 'ADDRESS'],
            items.map((post) => [String(post.remoteId), post.status, post.title, post.url]),
          )),
      ...(nextCursor ? [`and ${state.posts - items.length} more`] : []),
      `${state.posts} posts; ${state.listedAt ? `last complete look ${state.listedAt}` : 'not looked through yet'}`,
      ...(state.error ? [`${state.error.message} ${state.error.hint}`] : []),
    ]);
    return options.sync && state.error ? 1 : 0;
  } finally {
    await session.close();
  }
}
