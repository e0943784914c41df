import { and, eq, inArray, lte, sql } from 'drizzle-orm';
import { users } from '../accounts/schema.ts';
import { mayWork } from '../accounts/work-limits.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import type { SiteCheck } from '../wordpress/check.ts';
import { isTransient, siteCauseOf } from '../wordpress/site-error.ts';
import { announceSite } from './announce.ts';
import { mailSiteFailing } from './mails.ts';
import { type Site, sites } from './schema.ts';

type Ctx = Pick<AppContext, 'config' | 'secrets' | 'queue' | 'log'>;

/** A day, give or take two hours, so that sites that were connected together are not asked together for ever. */
const nextDay = sql`now() + interval '22 hours' + random() * interval '4 hours'`;
/** While a site fails: soon, to see whether it has passed, and every hour once its user knows. */
const soon = sql`now() + interval '5 minutes'`;
const hourly = sql`now() + interval '1 hour'`;

/**
 * Draws the consequences of a check, in the transaction that stores it. The first check that fails after a good one
 * holds the site's queue and tells the user, once, by mail and webhook; what may pass by itself (a time-out, a restart)
 * has to fail a second check five minutes later. The first good check after that lets the queue go on, tries again what
 * has failed with the whole site since the last good check, and says so by webhook. A site that never worked is told to the webhooks only: whoever adds it
 * is looking at it.
 *
 * @param site the row as it is after the check was stored
 */
export async function drawConsequences(ctx: Ctx, tx: Db, site: Site, check: SiteCheck): Promise<void> {
  if (check.ok) await recovered(ctx, tx, site);
  else await failing(ctx, tx, site, check);
}

async function recovered(ctx: Ctx, tx: Db, site: Site): Promise<void> {
  const change = { failingSince: null, toldFailing: false, nextCheckAt: nextDay, lastOkAt: sql`now()` };
  const held = site.pausedBy === 'site';
  const [row] = await tx
    .update(sites)
    .set({ ...change, ...(held ? { pausedAt: null, pausedBy: null } : {}) } as never)
    .where(eq(sites.id, site.id))
    .returning();
  if (site.failingSince) {
    // What failed first was the reason for the check, so it failed before the check did: the last good one is the bound.
    const since = (site.lastOkAt ?? site.failingSince).toISOString();
    // By table name: publishing stands a floor above. Its sweep enqueues them.
    await tx.execute(
      sql`update publications set status = 'queued', attempts = 0, error = null, next_attempt_at = now(), failed_at = null, failed_cause = null, lease = lease + 1
          where site_id = ${site.id} and status = 'failed' and failed_at >= ${since}::timestamptz
            and failed_cause = any(${sql.param([...siteWide])}::text[])`,
    );
  }
  if (row && site.toldFailing) await announceSite(ctx, tx, 'site.recovered', row, check(row));
}

const check = (row: Site) => row.lastCheck ?? undefined;

async function failing(ctx: Ctx, tx: Db, site: Site, found: SiteCheck): Promise<void> {
  const mayPass = found.findings.every(({ code, severity }) => severity !== 'error' || isTransient(code));
  const second = site.failingSince !== null;
  const telling = !site.toldFailing && (!mayPass || second || site.lastOkAt === null);
  // Also once more, when a person has let the queue go on and the site still fails.
  const pausing = (telling || site.toldFailing) && site.lastOkAt !== null && site.pausedAt === null;
  await tx
    .update(sites)
    .set({
      failingSince: sql`coalesce(failing_since, now())`,
      toldFailing: site.toldFailing || telling,
      nextCheckAt: site.lastOkAt === null ? nextDay : telling || site.toldFailing ? hourly : soon,
      ...(pausing ? { pausedAt: sql`now()`, pausedBy: 'site' } : {}),
    } as never)
    .where(eq(sites.id, site.id));
  if (!telling) return;
  await announceSite(ctx, tx, 'site.check_failed', site, found);
  if (site.lastOkAt === null) return;
  const [user] = await tx.select({ email: users.email }).from(users).where(eq(users.id, site.userId));
  if (user?.email) await mailSiteFailing(ctx, tx, { userId: site.userId, email: user.email }, site, found);
}

/**
 * Causes that concern the whole site, not one post: what fails of them now fails for every other publication too, and
 * goes well again with the site.
 */
const siteWide: ReadonlySet<string> = new Set([
  'dns',
  'refused',
  'tls',
  'tls_expired',
  'tls_self_signed',
  'tls_wrong_host',
  'timeout',
  'connection_lost',
  'server_error',
  'maintenance',
  'redirected',
  'redirected_to_other_host',
  'redirected_to_http',
  'rest_missing',
  'rest_on_other_host',
  'rest_disabled',
  'not_json',
  'credentials_rejected',
  'authorization_stripped',
  'firewall',
]);

/** The cause of an error if it is one that concerns the whole site; null otherwise. */
export function siteWideCause(error: unknown): string | null {
  const cause = siteCauseOf(error);
  return cause !== undefined && siteWide.has(cause) ? cause : null;
}

/** Has a site checked within seconds, after something went wrong there; not more often than once a minute. */
export async function checkSoon(tx: Db, siteId: string): Promise<void> {
  await tx
    .update(sites)
    .set({ nextCheckAt: sql`now()` as never })
    .where(and(eq(sites.id, siteId), sql`coalesce(${sites.lastCheckedAt}, '-infinity') < now() - interval '1 minute'`));
}

/**
 * Takes a site whose check is due, so that no other process checks it as well; null when there is none. Whoever dies over
 * it leaves it to the next ten minutes later.
 */
export async function claimDueSite(db: Db): Promise<Site | null> {
  const due = db
    .select({ id: sites.id })
    .from(sites)
    .where(and(lte(sites.nextCheckAt, sql`now()`), mayWork(sites.userId)))
    .orderBy(sites.nextCheckAt)
    .limit(1)
    .for('update', { skipLocked: true });
  const [row] = await db
    .update(sites)
    .set({ nextCheckAt: sql`now() + interval '10 minutes'` as never })
    .where(inArray(sites.id, due))
    .returning();
  return row ?? null;
}
