import { and, eq, isNotNull, lt, ne, or, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { idempotencyKeys } from '../http/schema.ts';
import { promoteNamedAdmin } from './registration.ts';
import { auditEvents, invitations, mailedTokens, refreshTokens, sessions, users, verifications } from './schema.ts';

/** How often what has expired is deleted, in milliseconds. */
const everyMs = 3_600_000;
/** How long the log of access is kept. */
const auditKept = sql`now() - interval '1 year'`;
const longOver = sql`now() - interval '7 days'`;

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
  await db.delete(mailedTokens).where(lt(mailedTokens.expiresAt, longOver));
  await db
    .delete(invitations)
    .where(
      and(
        lt(invitations.expiresAt, longOver),
        or(isNotNull(invitations.revokedAt), sql`${invitations.acceptedAt} is null`),
      ),
    );
  await db.delete(auditEvents).where(lt(auditEvents.createdAt, auditKept));
  await db.delete(idempotencyKeys).where(lt(idempotencyKeys.createdAt, sql`now() - interval '24 hours'`));
  // By table name: sites stand a floor above. A day longer than they work, so that an old one is said to be old.
  await db.execute(sql`delete from site_connections where expires_at < now() - interval '1 day'`);
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
