import { and, eq, isNotNull, lt, ne, or, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { idempotencyKeys } from '../http/schema.ts';
import { longAgo } from '../retention.ts';
import { promoteNamedAdmin } from './registration.ts';
import {
  auditEvents,
  invitations,
  mailedTokens,
  refreshTokens,
  sessions,
  signingKeys,
  usedCodes,
  users,
  verifications,
} from './schema.ts';

/** How often what has expired is deleted, in milliseconds. */
const everyMs = 3_600_000;

/**
 * Deletes what has expired, once an hour, and makes the account of ADMIN_EMAIL admin when the setting came after its
 * address was confirmed. Returns what ends it.
 */
export async function tendAccounts(ctx: AppContext): Promise<() => void> {
  await promoteConfirmedAdmin(ctx);
  const clean = () =>
    deleteExpired(ctx.db).catch((error) => ctx.log.warn({ err: error }, 'expired access was not deleted'));
  const timer = setInterval(clean, everyMs);
  await clean();
  return () => clearInterval(timer);
}

/** What has expired is of no use to anyone; deleting it changes no answer. */
export async function deleteExpired(db: Db): Promise<void> {
  const now = sql`now()`;
  await db.delete(sessions).where(lt(sessions.expiresAt, now));
  await db.delete(verifications).where(lt(verifications.expiresAt, now));
  await db.delete(refreshTokens).where(lt(refreshTokens.expiresAt, now));
  await db.delete(mailedTokens).where(lt(mailedTokens.expiresAt, longAgo('expiredLinks')));
  await db
    .delete(invitations)
    .where(
      and(
        lt(invitations.expiresAt, longAgo('expiredLinks')),
        or(isNotNull(invitations.revokedAt), sql`${invitations.acceptedAt} is null`),
      ),
    );
  await db.delete(invitations).where(lt(invitations.acceptedAt, longAgo('takenInvitations')));
  await db.delete(signingKeys).where(lt(signingKeys.expiresAt, longAgo('signingKeys')));
  await db.delete(usedCodes).where(lt(usedCodes.usedAt, longAgo('usedCodes')));
  await db.delete(auditEvents).where(lt(auditEvents.createdAt, longAgo('accessLog')));
  await db.delete(idempotencyKeys).where(lt(idempotencyKeys.createdAt, longAgo('idempotencyKeys')));
  // By table name: sites stand a floor above.
  await db.execute(sql`delete from site_connections where expires_at < ${longAgo('siteConnections')}`);
}

async function promoteConfirmedAdmin(ctx: AppContext): Promise<void> {
  const { adminEmail } = ctx.config.accounts;
  if (adminEmail === null) return;
  await ctx.db.transaction(async (tx) => {
    const confirmed = and(eq(users.email, adminEmail), eq(users.emailVerified, true), ne(users.role, 'admin'));
    const [user] = await tx.select().from(users).where(confirmed);
    if (user) await promoteNamedAdmin(ctx, tx, user);
  });
}
