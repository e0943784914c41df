import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import type { Site } from '../sites/schema.ts';
import type { WordPressClient } from '../wordpress/client.ts';
import { changeSync, type SyncChange, type SyncLease } from './lease.ts';
import type { Sight } from './read-posts.ts';
import type { SiteSync } from './schema.ts';
import { countOf } from './store-posts.ts';

/** How the reading of sites is paced. Times in milliseconds. */
export interface SyncTiming {
  /** Between two requests to one site. */
  pauseMs: number;
  leaseMs: number;
  requestTimeoutMs: number;
  /** Requests to one site in one run; the rest is left for the next. */
  requestsPerRun: number;
  /** Until the next run after one that came to the end, after one that was cut short, and after the first failure. */
  everyMs: number;
  restMs: number;
  retryMs: number;
  /** Until the next complete listing. */
  listEveryMs: number;
  /** Posts of one request with texts, and of one without. */
  pageSize: number;
  listSize: number;
  /** Texts that are embedded in one run. */
  embedPerRun: number;
}

export const syncTiming: SyncTiming = {
  pauseMs: 1_000,
  leaseMs: 90_000,
  requestTimeoutMs: 20_000,
  requestsPerRun: 40,
  everyMs: 6 * 3_600_000,
  restMs: 30_000,
  retryMs: 5 * 60_000,
  listEveryMs: 7 * 86_400_000,
  pageSize: 50,
  listSize: 100,
  embedPerRun: 400,
};

/** More posts of one site are not read: no blog has so many, and a site that invents them has no end. */
export const mostPosts = 20_000;

/** One run over the posts of one site, under a lease. `sync` is how far it has come; it changes with every page. */
export interface SyncRun {
  ctx: AppContext;
  site: Site;
  client: WordPressClient;
  sight: Sight;
  lease: SyncLease;
  timing: SyncTiming;
  sync: SiteSync;
  /** Waits its turn; false when this run has asked enough. Call it before each request. */
  mayAsk(): Promise<boolean>;
}

/** Stores what was read and how far the reading has come, both or neither. Throws `lease_lost`. */
export async function keep(run: SyncRun, change: SyncChange, store: (tx: Db) => Promise<void>): Promise<void> {
  run.sync = await run.ctx.db.transaction(async (tx) => {
    // First, so that the row is locked: whoever has lost the lease stores nothing.
    await changeSync(tx, run.lease);
    await store(tx);
    return changeSync(tx, run.lease, { ...change, posts: countOf(run.site.id) });
  });
}
