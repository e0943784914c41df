import { and, eq, inArray, ne, sql } from 'drizzle-orm';
import { isTimeZone } from '../accounts/calendar.ts';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import { type Db, queryRows } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { allPrintable } from '../storable.ts';
import { checkSite, type SiteCheck, type SiteFinding } from '../wordpress/check.ts';
import type { WordPressClient } from '../wordpress/client.ts';
import { siteBase } from '../wordpress/rest-url.ts';
import { siteCauseOf } from '../wordpress/site-error.ts';
import { announceSite } from './announce.ts';
import { connectToSite } from './connect.ts';
import { sealCredential } from './credentials.ts';
import { getSite } from './queries.ts';
import { type Site, sites } from './schema.ts';
import type { SiteSettings } from './settings.ts';
import { drawConsequences } from './standing.ts';

/** Of a name, in characters. */
export const nameLength = 100;

/** What a user types in about a site. */
export interface SiteInput {
  name: string;
  url: string;
  username: string;
  applicationPassword: string;
  /** How the password came here; `typed` unless said otherwise. */
  connectedBy?: Site['connectedBy'];
  settings?: Partial<SiteSettings>;
}

/**
 * Stores a site, its password encrypted. Nothing is asked of the site itself: {@link checkStoredSite} does that, outside
 * of any transaction. Throws `invalid_request` for an address that cannot be one, `conflict` for a name already in use.
 */
export async function createSite(
  ctx: Pick<AppContext, 'secrets' | 'queue'>,
  tx: Db,
  userId: string,
  input: SiteInput,
): Promise<Site> {
  const id = newId();
  const [row] = await tx
    .insert(sites)
    .values({
      id,
      userId,
      name: input.name.trim(),
      url: siteAddress(input.url),
      username: loginName(input.username),
      connectedBy: input.connectedBy ?? 'typed',
      ...(input.settings ? { settings: input.settings } : {}),
      ...sealCredential(ctx.secrets, id, withoutSpaces(input.applicationPassword)),
    })
    .onConflictDoNothing()
    .returning();
  if (!row) throw nameTaken(input.name);
  await announceSite(ctx, tx, 'site.created', row);
  return row;
}

/**
 * Connects a site: stores it, or, where this account has the same address with the same WordPress user already, renews
 * that connection: its password (and https where it was http) is replaced, all else of the site stays. Another user of
 * the address is a site of its own. Of two at once the second finds what the first has stored.
 * Throws like {@link createSite}.
 * @param input.numberName puts a number behind a name that is in use, instead of refusing it
 */
export async function connectOrRenew(
  ctx: Pick<AppContext, 'secrets' | 'queue'>,
  tx: Db,
  userId: string,
  { numberName, ...input }: SiteInput & { numberName?: boolean },
): Promise<{ site: Site; renewed: boolean }> {
  const wanted = { url: siteAddress(input.url), username: loginName(input.username) };
  await lockConnections(tx, userId);
  const known = await findConnection(tx, userId, wanted);
  if (!known) {
    const name = numberName ? await freeName(tx, userId, input.name) : input.name;
    return { site: await createSite(ctx, tx, userId, { ...input, name }), renewed: false };
  }
  const { applicationPassword, connectedBy } = input;
  const url = isEncrypted(wanted.url) ? wanted.url : known.url;
  const change = { applicationPassword, url, username: wanted.username, ...(connectedBy ? { connectedBy } : {}) };
  return { site: await updateSite({ ...ctx, db: tx }, userId, known.id, change), renewed: true };
}

/** What makes a connection, whatever its password: the address and who writes there. */
type Connection = Pick<Site, 'url' | 'username'>;

/** The oldest site of an account with this address and WordPress user, locked until the end of the transaction. */
async function findConnection(tx: Db, userId: string, wanted: Connection): Promise<Site | undefined> {
  const rows = await tx.select().from(sites).where(eq(sites.userId, userId)).orderBy(sites.id);
  const same = rows.filter((row) => isSameConnection(row, wanted)).map(({ id }) => id);
  if (same.length === 0) return undefined;
  // One that is being deleted is waited for, and then not there.
  const [row] = await tx.select().from(sites).where(inArray(sites.id, same)).orderBy(sites.id).limit(1).for('update');
  return row;
}

/** WordPress tells no names apart by their case. */
function isSameConnection(one: Connection, other: Connection): boolean {
  return isSameAddress(one.url, other.url) && one.username.toLowerCase() === other.username.toLowerCase();
}

/** The same site, also when one says http and the other https. */
function isSameAddress(one: string, other: string): boolean {
  const [a, b] = [new URL(one), new URL(other)];
  const sameOrigin = a.origin === b.origin || (a.hostname === b.hostname && a.port === '' && b.port === '');
  return sameOrigin && a.pathname === b.pathname;
}

const isEncrypted = (url: string) => new URL(url).protocol === 'https:';

/** Lets one at a time add or change the connections of an account. */
async function lockConnections(tx: Db, userId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext(${`sites of ${userId}`}))`);
}

/**
 * The site that would be doubled if `site` went to another address or user; none while it stays what it is.
 */
export async function findDoubled(tx: Db, site: Site, next: Connection): Promise<Site | undefined> {
  if (isSameConnection(site, next)) return undefined;
  return findConnection(tx, site.userId, next);
}

/**
 * Changes a site; what is left out stays. The stored password belongs to the address it was entered for: to send it to
 * another host, or no longer encrypted, it has to be entered again. Throws `not_found`, `conflict` (the name, or address
 * and user, are those of another site), `invalid_request`.
 */
export async function updateSite(
  ctx: Pick<AppContext, 'db' | 'secrets' | 'queue'>,
  userId: string,
  id: string,
  input: Partial<SiteInput>,
): Promise<Site> {
  return ctx.db.transaction(async (tx) => {
    await lockConnections(tx, userId);
    await tx.select({ id: sites.id }).from(sites).where(eq(sites.id, id)).for('update');
    const site = await getSite(tx, userId, id);
    const url = input.url === undefined ? site.url : siteAddress(input.url);
    if (input.applicationPassword === undefined && !mayKeepPassword(site.url, url)) {
      throw invalid('applicationPassword', 'is needed with a new address: the stored one is not sent to another host');
    }
    const name = input.name?.trim() ?? site.name;
    if (await nameInUse(tx, userId, name, id)) throw nameTaken(name);
    const username = input.username === undefined ? site.username : loginName(input.username);
    const doubled = await findDoubled(tx, site, { url, username });
    if (doubled) throw alreadyConnected(doubled);
    const password =
      input.applicationPassword === undefined
        ? {}
        : {
            ...sealCredential(ctx.secrets, id, withoutSpaces(input.applicationPassword)),
            connectedBy: input.connectedBy ?? 'typed',
          };
    const [row] = await tx
      .update(sites)
      .set({
        name,
        url,
        username,
        // What was found at the old address says nothing about the new one.
        ...(url === site.url ? {} : { restRoot: null, lastCheck: null, lastCheckedAt: null }),
        ...password,
        ...(input.settings ? { settings: { ...site.settings, ...input.settings } } : {}),
        updatedAt: sql`now()`,
      })
      .where(eq(sites.id, id))
      .returning();
    if (!row) throw new AppError('not_found', 'There is no such site.');
    await announceSite(ctx, tx, 'site.updated', row);
    return row;
  });
}

/** Forgets a site and its password. Posts on it stay. Throws `invalid_state` while something is still to be sent to it. */
export async function deleteSite(ctx: Pick<AppContext, 'db' | 'queue'>, userId: string, id: string): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    // Locked, because a new publication refers to this row and has to wait for us, or we for it.
    await tx.select({ id: sites.id }).from(sites).where(eq(sites.id, id)).for('update');
    const site = await getSite(tx, userId, id);
    // By table name: publishing stands a floor above, and its rows would vanish with the site.
    const [open] = await queryRows<{ count: number }>(
      tx,
      sql`select count(*)::int as count from publications where site_id = ${id} and status in ('queued', 'scheduled', 'publishing')`,
    );
    if (open && open.count > 0) {
      throw new AppError('invalid_state', `Still to be sent to this site: ${open.count} publication(s).`, {
        hint: 'Let them finish, or cancel them, and delete the site then.',
      });
    }
    await tx.delete(sites).where(eq(sites.id, id));
    await announceSite(ctx, tx, 'site.deleted', site);
  });
}

/**
 * Asks the site whether it answers and what the user may do there, and stores what was found; from a good check also its
 * time zone and SEO plugin. With `tryUpload` an image is uploaded and deleted again, else nothing is written to the site.
 * Reaches into the network: never call it in a transaction. Throws only for faults of our own (`secret_unreadable`).
 */
export async function checkStoredSite(
  ctx: Pick<AppContext, 'db' | 'config' | 'queue' | 'secrets' | 'safeFetch' | 'log'>,
  site: Site,
  { timeoutMs = 10_000, tryUpload = false }: { timeoutMs?: number; tryUpload?: boolean } = {},
): Promise<SiteCheck> {
  const client = connectToSite(ctx, { ...site, restRoot: null }, { timeoutMs });
  let blocked = false;
  const watched: WordPressClient = {
    ...client,
    async discover() {
      try {
        return await client.discover();
      } catch (error) {
        blocked = isPrivateAddress(error);
        throw error;
      }
    },
  };
  const check = await checkSite(watched, { handedOver: site.connectedBy === 'authorized', tryUpload });
  const found = blocked ? check.findings.map((finding) => explainPrivate(finding, site.url)) : check.findings;
  const findings = [...found, ...(await sameAddressFindings(ctx.db, site))];
  const result = allPrintable({ ok: check.ok, findings });
  await ctx.db.transaction(async (tx) => {
    const [row] = await tx
      .update(sites)
      .set({
        lastCheck: result,
        lastCheckedAt: sql`now()`,
        ...(check.restRoot ? { restRoot: check.restRoot } : {}),
        ...(check.ok ? { ...knownZone(check.timezone), seoPlugin: check.seoPlugin ?? null } : {}),
      })
      // The address may have been changed while we asked at the old one.
      .where(and(eq(sites.id, site.id), eq(sites.url, site.url)))
      .returning();
    if (row) await drawConsequences(ctx, tx, row, result);
  });
  return result;
}

/** What it means that the account has the address more than once, as another WordPress user each time. */
async function sameAddressFindings(db: Db, site: Site): Promise<SiteFinding[]> {
  const others = await db
    .select({ name: sites.name, url: sites.url, username: sites.username })
    .from(sites)
    .where(and(eq(sites.userId, site.userId), ne(sites.id, site.id)))
    .orderBy(sites.id);
  return others
    .filter(({ url }) => isSameAddress(url, site.url))
    .map(({ name, username }) => ({
      code: 'same_address',
      severity: 'info' as const,
      message: `“${name}” is the same address, with the user ${username}.`,
      hint: 'Each is a site of its own here, with its own settings and queue: an article that goes to both is posted twice. Delete one of them if you want only one.',
    }));
}

/** The zone that the site names, if it is one: whoever answers at the address decides what stands there. */
function knownZone(timezone = ''): { timezone?: string } {
  return isTimeZone(timezone) ? { timezone } : {};
}

/** Whether the request was refused by our own rules because the host is no public one. */
function isPrivateAddress(error: unknown): boolean {
  if (siteCauseOf(error) !== 'address_blocked' || !(error instanceof AppError)) return false;
  return error.cause instanceof AppError && error.cause.details?.cause === 'private_address';
}

function explainPrivate(finding: SiteFinding, url: string): SiteFinding {
  if (finding.code !== 'address_blocked') return finding;
  const { host } = new URL(url);
  return {
    ...finding,
    message: `${host} is on this machine or in a private network. blog-poster contacts such addresses only when its operator has listed them.`,
    hint: `If that is really your site, start blog-poster with ALLOW_PRIVATE_HOSTS=${host} and check the site again.`,
  };
}

/** The address of a site as typed, made regular. Throws `invalid_request` that names the field. */
export function siteAddress(typed: string): string {
  try {
    return siteBase(typed);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError('invalid_request', `url: ${error.message}`, {
      hint: error.hint,
      errors: [{ path: 'url', message: error.message }],
    });
  }
}

/** Basic authentication (RFC 7617) ends the name at the first colon. */
function loginName(typed: string): string {
  const name = typed.trim();
  if (name === '' || name.includes(':'))
    throw invalid('username', 'must be the user name on the site, without a colon');
  return name;
}

/** WordPress shows Application Passwords in groups of four and ignores the spaces between them. */
function withoutSpaces(typed: string): string {
  const password = typed.replace(/\s+/g, '');
  if (password === '') throw invalid('applicationPassword', 'must not be empty');
  return password;
}

/** The same host, or the same name over https instead of http. */
function mayKeepPassword(from: string, to: string): boolean {
  const [old, next] = [new URL(from), new URL(to)];
  return (
    old.origin === next.origin || (old.hostname === next.hostname && next.protocol === 'https:' && next.port === '')
  );
}

async function nameInUse(tx: Db, userId: string, name: string, exceptId: string): Promise<boolean> {
  const same = sql`${sites.userId} = ${userId} and lower(${sites.name}) = lower(${name}) and ${sites.id} <> ${exceptId}`;
  return (await tx.$count(sites, same)) > 0;
}

function nameTaken(name: string): AppError {
  return new AppError('conflict', `You already have a site called “${name.trim()}”.`, {
    hint: 'Choose another name, or change the site that has it.',
    errors: [{ path: 'name', message: 'is already in use' }],
  });
}

function alreadyConnected({ name, username }: Site): AppError {
  return new AppError('conflict', `“${name}” is this address with the user ${username} already.`, {
    hint: `Change “${name}”, or delete one of the two.`,
    errors: [{ path: 'username', message: `is the user of “${name}”` }],
  });
}

/** The name, with a number behind it where the user has a site of that name already. */
async function freeName(tx: Db, userId: string, name: string): Promise<string> {
  const rows = await tx.select({ name: sites.name }).from(sites).where(eq(sites.userId, userId));
  const taken = new Set(rows.map((row) => row.name.toLowerCase()));
  let free = name;
  for (let number = 2; taken.has(free.toLowerCase()); number += 1) {
    free = `${name.slice(0, nameLength - 1 - String(number).length)} ${number}`;
  }
  return free;
}

function invalid(path: string, message: string): AppError {
  return new AppError('invalid_request', `${path}: ${message}`, { errors: [{ path, message }] });
}
