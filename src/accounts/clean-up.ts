import { and, eq, isNotNull, isNull, lt, ne, notExists, or, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { idempotencyKeys } from '../http/schema.ts';
import { longAgo } from '../retention.ts';
import { recordAudit, systemActor } from './audit.ts';
import { promoteNamedAdmin } from './registration.ts';
import {
  apiKeys,
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
    deleteExpired(ctx.db)
      .then(() => deleteUnconfirmed(ctx))
      .catch((error) => ctx.log.warn({ err: error }, 'expired access was not deleted'));
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

/**
 * Deletes accounts whose address nobody has confirmed and that nobody has ever used: whoever the address belongs to may
 * not know of it. Only where mail can be sent; an account that waits for a link which still works stays. Returns how many.
 */
export async function deleteUnconfirmed(ctx: Pick<AppContext, 'db' | 'config'>): Promise<number> {
  if (ctx.config.mail.kind === 'none') return 0;
  return ctx.db.transaction(async (tx) => {
    const one = sql`1`;
    const gone = await tx
      .delete(users)
      .where(
        and(
          eq(users.emailVerified, false),
          isNotNull(users.email),
          isNull(users.lastSeenAt),
          eq(users.role, 'user'),
          eq(users.disabled, false),
          lt(users.createdAt, longAgo('unconfirmedAccounts')),
          notExists(tx.select({ one }).from(sessions).where(eq(sessions.userId, users.id))),
          notExists(tx.select({ one }).from(apiKeys).where(eq(apiKeys.userId, users.id))),
          notExists(
            tx
              .select({ one })
              .from(mailedTokens)
              .where(
                and(
                  eq(mailedTokens.userId, users.id),
                  isNull(mailedTokens.usedAt),
                  sql`${mailedTokens.expiresAt} > now()`,
                ),
              ),
          ),
        ),
      )
      .returning({ id: users.id });
    for (const { id } of gone) await recordAudit(tx, systemActor, 'account-deleted', id, { reason: 'never confirmed' });
    return gone.length;
  });
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
