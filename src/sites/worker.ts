import type { AppContext } from '../context.ts';
import { checkStoredSite } from './sites.ts';
import { claimDueSite } from './standing.ts';

type Ctx = Pick<AppContext, 'db' | 'config' | 'queue' | 'secrets' | 'safeFetch' | 'log'>;

/** How often to look for sites whose check is due, in milliseconds. */
const everyMs = 10_000;

/** Checks every site daily, and one where something went wrong within seconds, one at a time. Returns what ends it. */
export async function workSites(ctx: Ctx): Promise<() => void> {
  const ending = new AbortController();
  let busy = false;
  const look = async () => {
    if (busy) return;
    busy = true;
    try {
      await checkDueSites(ctx, ending.signal);
    } catch (error) {
      // One look comes after the other: what the database could not do now it can in ten seconds.
      ctx.log.warn({ err: error }, 'looking for sites to check failed');
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => void look(), everyMs);
  void look();
  return () => {
    ending.abort();
    clearInterval(timer);
  };
}

/** Checks whatever is due, until nothing is or `signal` aborts. Returns how many sites were checked. */
export async function checkDueSites(ctx: Ctx, signal: AbortSignal): Promise<number> {
  for (let count = 0; ; count += 1) {
    if (signal.aborted) return count;
    const site = await claimDueSite(ctx.db);
    if (!site) return count;
    try {
      await checkStoredSite(ctx, site);
    } catch (error) {
      // A fault of ours, such as a password that cannot be decrypted: said where the operator looks, and tried again later.
      ctx.log.warn({ err: error, siteId: site.id }, 'a site could not be checked');
    }
  }
}
