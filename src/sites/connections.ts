import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import { newToken, tokenDigest } from '../accounts/tokens.ts';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { oneLine } from '../storable.ts';
import { type DiscoveryRequest, discoverSite, type SiteDiscovery } from '../wordpress/discover.ts';
import { decodeEntities } from '../wordpress/plain-text.ts';
import { noAnswer } from '../wordpress/site-error.ts';
import { getSite } from './queries.ts';
import { type SiteConnection, siteConnections } from './schema.ts';
import { checkStoredSite, connectOrRenew, findDoubled, nameLength, siteAddress, updateSite } from './sites.ts';

/** Where a site sends the user back to, below the address of this instance. */
const callbackPath = '/api/v1/sites/connect/callback';
/** What WordPress knows this application by: it shows which of a user's passwords is whose. */
const application = { app_name: 'blog-poster', app_id: '0c3f6f0e-6f53-4f0c-9d0e-5b1c8f1b7a52' };
/** A person waits for it. */
const timeoutMs = 10_000;
const otherWay = 'Enter your user name there and an Application Password instead.';

/** A connection that was begun: where the user says yes, and how the password comes back from there. */
export interface BegunConnection {
  id: string;
  authorizeUrl: string;
  /** `by-hand`: WordPress shows the password, because it does not send it to an address without https. */
  returns: 'callback' | 'by-hand';
  expiresAt: Date;
}

interface Connected {
  connected: string;
  renewed: boolean;
}

/** What a site sends the user back with. */
export interface ConnectionAnswer {
  state?: string | undefined;
  success?: string | undefined;
  site_url?: string | undefined;
  user_login?: string | undefined;
  password?: string | undefined;
}

/** Why nothing was connected; the web app has words for each. Stable. */
export type ConnectProblem =
  | 'signed_out'
  | 'unknown'
  | 'expired'
  | 'used'
  | 'other_user'
  | 'denied'
  | 'other_site'
  | 'already_connected'
  | 'incomplete'
  | 'failed';

/**
 * Begins a connection by one click, for 15 minutes: asks the site where its users hand out Application Passwords. With
 * `siteId` the password of that site is renewed. Throws `invalid_request`, `not_found`, and `site_unreachable` or
 * `site_rejected` for a site that does not say where.
 */
export async function beginConnection(
  ctx: Pick<AppContext, 'db' | 'config' | 'safeFetch'>,
  userId: string,
  input: { url: string; siteId?: string | undefined },
): Promise<BegunConnection> {
  const renewed = input.siteId === undefined ? null : await getSite(ctx.db, userId, input.siteId);
  const typed = siteAddress(input.url);
  if (renewed && !sameHost(typed, renewed.url)) {
    const message = `must be on ${new URL(renewed.url).host}, where “${renewed.name}” is`;
    throw new AppError('invalid_request', `url: ${message}`, { errors: [{ path: 'url', message }] });
  }
  const site = await discoverSite(asNobody(ctx), typed);
  // The site may have led from http to https.
  const url = `${new URL(site.restRoot).origin}${new URL(typed).pathname}`;
  const page = authorizePage(site, url);
  const state = newToken();
  const [row] = await ctx.db
    .insert(siteConnections)
    .values({
      id: newId(),
      userId,
      stateHash: tokenDigest(state),
      url,
      name: titleOf(site, url),
      siteId: renewed?.id ?? null,
      expiresAt: sql`now() + interval '15 minutes'`,
    })
    .returning();
  if (!row) throw new AppError('internal', 'The connection was not stored.');
  for (const [name, value] of Object.entries(application)) page.searchParams.set(name, value);
  const back = new URL(callbackPath, ctx.config.http.appUrl);
  // WordPress refuses an address without https, unless the site calls itself `local`: only then it is without https too.
  const returns = back.protocol === 'http:' && page.protocol === 'https:' ? 'by-hand' : 'callback';
  if (returns === 'callback') {
    back.searchParams.set('state', state);
    page.searchParams.set('success_url', back.href);
    back.searchParams.set('success', 'false');
    page.searchParams.set('reject_url', back.href);
  }
  return { id: row.id, authorizeUrl: page.href, returns, expiresAt: row.expiresAt };
}

/**
 * Takes what a site sends `userId` back with, stores the site and checks it. The state works once, in time, and only for
 * the user who began: otherwise whoever begins could have somebody else's site brought into their own account. Returns
 * the id of the site (`renewed`: it was connected before, though a new one was asked for), or why nothing was stored.
 */
export async function finishConnection(
  ctx: Pick<AppContext, 'db' | 'config' | 'queue' | 'secrets' | 'safeFetch' | 'log'>,
  userId: string,
  answer: ConnectionAnswer,
): Promise<Connected | { problem: ConnectProblem }> {
  const result = await ctx.db.transaction(async (tx) => {
    const begun = await useUp(tx, userId, tokenDigest(answer.state ?? ''));
    if (typeof begun === 'string') return { problem: begun };
    if (answer.success === 'false') return { problem: 'denied' as const };
    const { site_url: siteUrl, user_login: username, password } = answer;
    if (!siteUrl || !username || !password) return { problem: 'incomplete' as const };
    if (!sameHost(siteUrl, begun.url)) return { problem: 'other_site' as const };
    return keep({ ...ctx, db: tx }, begun, { username, applicationPassword: password });
  });
  if ('connected' in result) await checkStoredSite(ctx, await getSite(ctx.db, userId, result.connected));
  return result;
}

/** Takes a state out of use. Of two answers with the same one, the second waits for the first and then finds it used. */
async function useUp(tx: Db, userId: string, stateHash: string): Promise<SiteConnection | ConnectProblem> {
  const [row] = await tx
    .update(siteConnections)
    .set({ usedAt: sql`now()` })
    .where(
      and(
        eq(siteConnections.stateHash, stateHash),
        eq(siteConnections.userId, userId),
        isNull(siteConnections.usedAt),
        gt(siteConnections.expiresAt, sql`now()`),
      ),
    )
    .returning();
  if (row) return row;
  const [known] = await tx.select().from(siteConnections).where(eq(siteConnections.stateHash, stateHash));
  if (!known) return 'unknown';
  if (known.userId !== userId) return 'other_user';
  return known.usedAt ? 'used' : 'expired';
}

/** Stores a new site, or the new password of the one that it is for or that is this connection already. */
async function keep(
  ctx: Pick<AppContext, 'db' | 'queue' | 'secrets'>,
  { userId, siteId, url, name }: SiteConnection,
  login: { username: string; applicationPassword: string },
): Promise<Connected | { problem: ConnectProblem }> {
  const given = { ...login, connectedBy: 'authorized' as const };
  if (siteId === null) {
    const { site, renewed } = await connectOrRenew(ctx, ctx.db, userId, { ...given, name, url, numberName: true });
    return { connected: site.id, renewed };
  }
  const site = await getSite(ctx.db, userId, siteId);
  // Its address may have been changed in the meantime.
  if (!sameHost(site.url, url)) return { problem: 'other_site' };
  const encrypted = new URL(url).protocol === 'https:' && new URL(site.url).protocol === 'http:';
  const next = encrypted ? { ...given, url } : given;
  // The user there may have approved as one who is connected already.
  if (await findDoubled(ctx.db, site, { url: site.url, ...next })) return { problem: 'already_connected' };
  await updateSite(ctx, userId, siteId, next);
  return { connected: siteId, renewed: false };
}

/** Asks without a password: there is none yet. */
function asNobody(ctx: Pick<AppContext, 'safeFetch'>): DiscoveryRequest {
  return async (url, { login, follow }) => {
    if (login) {
      throw new AppError('site_rejected', 'The site shows its REST API only to those who are logged in.', {
        hint: otherWay,
        details: { cause: 'firewall' },
      });
    }
    const limits = { timeoutMs, maxBytes: 10 * 1024 * 1024 };
    const headers = { accept: 'application/json, text/html;q=0.9' };
    const redirects = follow ? { redirect: 'follow' as const, maxRedirects: 5 } : { redirect: 'manual' as const };
    try {
      return await ctx.safeFetch(url, { method: 'GET', headers, ...limits, ...redirects });
    } catch (error) {
      throw noAnswer(error, 'GET');
    }
  };
}

/** The page of the site where its user says yes. It is on the host that was asked for, or a site could name another's. */
function authorizePage(site: SiteDiscovery, url: string): URL {
  const { host, protocol } = new URL(url);
  const page = URL.parse(site.authorizeUrl ?? '');
  if (!page) {
    throw new AppError('site_rejected', `${host} does not offer Application Passwords.`, {
      hint:
        protocol === 'http:'
          ? 'WordPress offers them over https only: enter the address with https.'
          : 'They need WordPress 5.6 or later, and a security plugin may have turned them off: turn them on there.',
      details: { cause: 'application_passwords_off' },
    });
  }
  const secure = page.protocol === 'https:' || page.protocol === protocol;
  if (page.host !== host || !/^https?:$/.test(page.protocol) || !secure) {
    throw new AppError('site_rejected', `${host} sends its users to ${page.origin} for a password.`, {
      hint: `If that is the address of the site, enter it. Otherwise: ${otherWay}`,
      details: { cause: 'other_address_named' },
    });
  }
  return page;
}

function titleOf(site: SiteDiscovery, url: string): string {
  return oneLine(decodeEntities(site.name).slice(0, nameLength)) || new URL(url).host.slice(0, nameLength);
}

function sameHost(one: string, other: string): boolean {
  const [a, b] = [URL.parse(one), URL.parse(other)];
  return a !== null && b !== null && /^https?:$/.test(a.protocol) && a.host === b.host;
}
