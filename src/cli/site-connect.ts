import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import type { Api } from './api.ts';
import { type Io, print } from './io.ts';
import { openSession } from './session.ts';
import { allSites, findingLines, type SiteAnswer } from './site.ts';

const begun = z.object({
  id: z.uuid(),
  authorizeUrl: z.string(),
  returns: z.enum(['callback', 'by-hand']),
  expiresAt: z.iso.datetime(),
});

/**
 * Connects a site by one click: prints the page of the site to open, and waits for what becomes of it unless told not
 * to. The browser has to be signed in at this instance. Exit status 1 when nothing can be delivered to the site.
 */
export async function connectSite(
  io: Io,
  url: string,
  options: { wait: boolean; account?: string; json?: boolean },
): Promise<number> {
  const session = await openSession(io, { work: false, account: options.account });
  try {
    if (session.kind === 'own' && !io.env.APP_URL?.trim()) {
      throw new AppError('invalid_state', 'The site sends your browser back to blog-poster, which is not running.', {
        hint: 'Start it and run the command again; or use: site add ADDRESS --username NAME',
      });
    }
    const known = new Map((await allSites(session.api)).map(({ id, updatedAt }) => [id, updatedAt]));
    const connection = await session.api.request('POST', '/sites/connect', begun, { url });
    const byHand = connection.returns === 'by-hand';
    if (byHand || !options.wait) {
      print(io, options.json, connection, () => [
        'Open this page in a browser and approve:',
        `  ${connection.authorizeUrl}`,
        byHand
          ? 'It shows a password. Enter it with: site add ADDRESS --username NAME'
          : 'Use a browser that is signed in here: the site sends it back with the password.',
      ]);
      return 0;
    }
    io.stderr.write(
      `Open this page in a browser that is signed in here, and approve:\n  ${connection.authorizeUrl}\nWaiting ...\n`,
    );
    const until = new Date(connection.expiresAt);
    const site = await waitForSite(
      session.api,
      { known, host: new URL(connection.authorizeUrl).host, until },
      io.signal,
    );
    const done = known.has(site.id) ? 'Connected anew' : 'Connected';
    print(io, options.json, site, () => [`${done}: ${site.name} (${site.url}).`, ...findingLines(site.lastCheck)]);
    return site.lastCheck?.ok === false ? 1 : 0;
  } finally {
    await session.close();
  }
}

/** Whether it was looked at since it was stored or changed. */
const isChecked = ({ lastCheckedAt, updatedAt }: SiteAnswer) => lastCheckedAt !== null && lastCheckedAt >= updatedAt;

/**
 * Waits until a site on `host` has been connected that is not among the `known` ones, or was changed since (their
 * `updatedAt`), and was checked. Throws `invalid_state` when none has come `until` then.
 */
export async function waitForSite(
  api: Pick<Api, 'request'>,
  {
    known,
    host,
    until,
    everyMs = 2_000,
  }: { known: ReadonlyMap<string, string>; host: string; until: Date; everyMs?: number },
  signal: AbortSignal,
): Promise<SiteAnswer> {
  for (;;) {
    const found = (await allSites(api)).find(
      (site) =>
        known.get(site.id) !== site.updatedAt &&
        site.connectedBy === 'authorized' &&
        isChecked(site) &&
        new URL(site.url).host === host,
    );
    if (found) return found;
    if (Date.now() > until.getTime()) {
      throw new AppError('invalid_state', 'The site was not connected within 15 minutes.', {
        hint: 'Run the command again and approve on the page of the site.',
      });
    }
    await pause(everyMs, undefined, { signal });
  }
}
