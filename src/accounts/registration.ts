import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { networkOf } from '../http/client-address.ts';
import { type Actor, recordAudit, systemActor } from './audit.ts';
import { issueMailedToken, type MailedToken, redeemMailedToken } from './mailed-tokens.ts';
import { mailAddressTaken, mailEmailChanged, mailPasswordReset, mailVerification } from './mails.ts';
import { hashPassword } from './passwords.ts';
import { presentUser, type UserAnswer } from './present.ts';
import { credentials, invitations, type Locale, mailedTokens, sessions, type User, users } from './schema.ts';
import { tokenDigest } from './tokens.ts';

/** What someone registers with; `invitation` is the token of their mail. */
export interface Registration {
  email: string;
  password: string;
  name: string;
  timeZone?: string | undefined;
  /** The language of the web app; without it that of the browser. */
  locale?: Locale | undefined;
  invitation?: string | undefined;
}

/** What an account begins with. */
type NewAccount = Pick<Registration, 'email' | 'name' | 'timeZone' | 'locale'>;

/** How often the owner of an address hears that someone registered with it, at most. */
const tellAgainAfter = sql`now() - interval '1 hour'`;

/**
 * Registers an account. On an embedded instance the first one, made on the machine itself (`local`), takes over the local
 * owner's row, with all its work, and is admin. The answer is the same for an address that is taken, and so is the time:
 * the password is hashed in any case, and the owner of the address is told by mail. An address that nobody has confirmed
 * yet may be registered again: whoever can read its mail decides which password counts. Throws `signups_closed`,
 * `invitation_required`.
 */
export async function register(
  ctx: AppContext,
  registration: Registration,
  actor: Actor,
  local: boolean,
): Promise<UserAnswer> {
  const passwordHash = await hashPassword(registration.password);
  return ctx.db.transaction(async (tx) => {
    if (local) {
      // Where mail is sent an address has to be confirmed; that of whoever sits at the machine counts as it is.
      const emailVerified = ctx.config.mail.kind !== 'none';
      const owner = await takeOverLocalOwner(tx, registration, passwordHash, emailVerified);
      if (owner) {
        await recordAudit(tx, actor, 'registered', owner.id, { admin: true, first: true });
        return presentUser(owner);
      }
    }
    const invited = await admit(ctx, tx, registration);
    const user = await insertUser(tx, registration, passwordHash, { emailVerified: invited });
    if (!user) return refuseSilently(ctx, tx, registration, passwordHash, actor);
    await recordAudit(tx, actor, 'registered', user.id, invited ? { invited: true } : {});
    if (invited) await promoteNamedAdmin(ctx, tx, user);
    else {
      const to = { userId: user.id, email: registration.email };
      const password = { hash: passwordHash, from: networkOfActor(actor) };
      const token = await issueMailedToken(tx, 'verify-email', { ...to, password });
      await mailVerification(ctx, tx, to, token, actor.address);
    }
    // Not what an invitation or the setting made of it: that is nothing the answer to a stranger should tell.
    return presentUser({ ...user, emailVerified: invited });
  });
}

/** An account made by the operator. Throws `conflict` when the address is taken. */
export async function createUser(
  ctx: AppContext,
  account: { email: string; password: string; name: string; admin: boolean },
  actor: Actor,
): Promise<User> {
  const passwordHash = await hashPassword(account.password);
  return ctx.db.transaction(async (tx) => {
    const role = account.admin ? ('admin' as const) : ('user' as const);
    const owner = account.admin ? await takeOverLocalOwner(tx, account, passwordHash, true) : null;
    const user = owner ?? (await insertUser(tx, account, passwordHash, { role, emailVerified: true }));
    if (!user) throw new AppError('conflict', `There is an account with the address ${account.email} already.`);
    await recordAudit(tx, actor, 'user-created', user.id, { admin: account.admin });
    return user;
  });
}

/** Null when there is no local owner (any more), or the address is taken. */
async function takeOverLocalOwner(
  tx: Db,
  account: NewAccount,
  passwordHash: string,
  emailVerified: boolean,
): Promise<User | null> {
  if ((await tx.$count(users, eq(users.email, account.email))) > 0) return null;
  const [owner] = await tx
    .update(users)
    .set({
      email: account.email,
      name: account.name,
      role: 'admin',
      emailVerified,
      ...(account.timeZone ? { timeZone: account.timeZone } : {}),
      ...(account.locale ? { locale: account.locale } : {}),
      updatedAt: sql`now()`,
    })
    .where(isNull(users.email))
    .returning();
  if (!owner) return null;
  await setPassword(tx, owner.id, passwordHash);
  return owner;
}

async function insertUser(
  tx: Db,
  account: NewAccount,
  passwordHash: string,
  more: Partial<typeof users.$inferInsert>,
): Promise<User | null> {
  const [user] = await tx
    .insert(users)
    .values({
      id: newId(),
      email: account.email,
      name: account.name,
      ...(account.timeZone ? { timeZone: account.timeZone } : {}),
      ...(account.locale ? { locale: account.locale } : {}),
      ...more,
    })
    .onConflictDoNothing()
    .returning();
  if (!user) return null;
  await setPassword(tx, user.id, passwordHash);
  return user;
}

/** Sets the password of an account, whether or not it has one; earlier choices that wait for a confirmation are void. */
export async function setPassword(tx: Db, userId: string, passwordHash: string): Promise<void> {
  await tx.update(mailedTokens).set({ passwordHash: null }).where(eq(mailedTokens.userId, userId));
  await tx
    .insert(credentials)
    .values({ id: newId(), userId, accountId: userId, providerId: 'credential', password: passwordHash })
    .onConflictDoUpdate({
      target: [credentials.providerId, credentials.accountId],
      set: { password: passwordHash, updatedAt: sql`now()` },
    });
}

/**
 * Whether this registration may be, and true when it was invited, which proves the address. Whoever is to become the
 * first admin need not be invited: there is no one who could.
 */
async function admit(ctx: AppContext, tx: Db, { email, invitation }: Registration): Promise<boolean> {
  if (invitation !== undefined) {
    const [accepted] = await tx
      .update(invitations)
      .set({ acceptedAt: sql`now()` })
      .where(
        and(
          eq(invitations.tokenDigest, tokenDigest(invitation)),
          eq(invitations.email, email),
          isNull(invitations.acceptedAt),
          isNull(invitations.revokedAt),
          gt(invitations.expiresAt, sql`now()`),
        ),
      )
      .returning({ id: invitations.id });
    if (accepted) return true;
    throw new AppError('invitation_required', 'This invitation is for another address, was used, or has expired.');
  }
  const { signUps, adminEmail } = ctx.config.accounts;
  if (signUps === 'open') return false;
  const firstAdmin = email === adminEmail && (await tx.$count(users, eq(users.role, 'admin'))) === 0;
  if (firstAdmin) return false;
  if (signUps === 'closed') throw new AppError('signups_closed', 'This instance takes no new accounts.');
  throw new AppError('invitation_required', 'Accounts of this instance are by invitation only.');
}

/** Answers like a registration that worked, tells the owner of the address, and changes nothing of the account. */
async function refuseSilently(
  ctx: AppContext,
  tx: Db,
  { email, name, timeZone, locale }: Registration,
  passwordHash: string,
  actor: Actor,
): Promise<UserAnswer> {
  const [existing] = await tx.select().from(users).where(eq(users.email, email));
  if (!existing) throw new Error('an address that conflicted is not there');
  const to = { userId: existing.id, email };
  await recordAudit(tx, actor, 'registration-refused', existing.id, { reason: 'address taken' });
  if (!existing.emailVerified && ctx.config.mail.kind !== 'none') {
    const recent = and(
      eq(mailedTokens.userId, existing.id),
      gt(mailedTokens.createdAt, sql`now() - interval '1 hour'`),
    );
    // A mailbox is not to be flooded by whoever knows its address.
    if ((await tx.$count(mailedTokens, recent)) < 5) {
      const password = { hash: passwordHash, from: networkOfActor(actor) };
      const token = await issueMailedToken(tx, 'verify-email', { ...to, password });
      await mailVerification(ctx, tx, to, token, actor.address);
    }
  } else if (await tellOnce(tx, existing.id)) await mailAddressTaken(ctx, tx, to);
  const nobody: User = {
    ...existing,
    id: newId(),
    name,
    email,
    role: 'user',
    emailVerified: false,
    twoFactorEnabled: false,
    timeZone: timeZone ?? 'UTC',
    locale: locale ?? null,
    // What the account of this address has chosen is nobody else's business.
    model: null,
    voice: null,
    mutedMails: [],
    ownMonthlyLimitMicroUsd: null,
    createdAt: new Date(),
  };
  return presentUser(nobody);
}

async function tellOnce(tx: Db, userId: string): Promise<boolean> {
  const told = await tx.execute(
    sql`select 1 from emails where user_id = ${userId} and kind = 'address-taken' and created_at > ${tellAgainAfter} limit 1`,
  );
  return (told as unknown as { rows: unknown[] }).rows.length === 0;
}

/**
 * Confirms an address with the token that was mailed to it: of a new account, whose password is then the one that was
 * chosen with this very registration, or of an account that changes its address. Throws `link_invalid`.
 */
export async function verifyEmail(ctx: AppContext, token: string, actor: Actor): Promise<void> {
  const outcome = await ctx.db.transaction(async (tx) => {
    const used = await redeemMailedToken(tx, ['verify-email', 'change-email'], token);
    const [before] = await tx.select().from(users).where(eq(users.id, used.userId)).for('update');
    if (!before) throw new AppError('link_invalid', 'The account of this link has been deleted.');
    if (used.purpose === 'change-email') {
      if ((await tx.$count(users, eq(users.email, used.email))) > 0) {
        throw new AppError('link_invalid', 'This address has been taken by another account meanwhile.');
      }
    } else if (before.email !== used.email) {
      throw new AppError('link_invalid', 'The account of this link has another address by now.');
    }
    if (isDoubtfulAdmin(ctx, before, used, actor)) return letChoosePassword(ctx, tx, before.id, used.email);
    if (used.passwordHash && !before.emailVerified) await confirmPassword(tx, before.id, used.passwordHash);
    const [user] = await tx
      .update(users)
      .set({ email: used.email, emailVerified: true, updatedAt: sql`now()` })
      .where(eq(users.id, before.id))
      .returning();
    if (!user) throw new Error('a locked row is gone');
    if (used.purpose === 'change-email') {
      await recordAudit(tx, actor, 'email-changed', user.id);
      if (before.email) await mailEmailChanged(ctx, tx, { userId: user.id, email: before.email }, used.email);
    } else await recordAudit(tx, actor, 'email-verified', user.id);
    await promoteNamedAdmin(ctx, tx, user);
    return 'confirmed' as const;
  });
  if (outcome === 'password-to-be-chosen') {
    throw new AppError(
      'link_invalid',
      'This is to be the account of the admin, and it was registered from elsewhere.',
      {
        hint: 'Open the second mail that was just sent to the address: with it you choose the password.',
      },
    );
  }
}

/**
 * Whoever is to become admin by ADMIN_EMAIL gets no password that a stranger may have chosen: the owner of an address
 * opens a link that they expect without looking where the registration came from.
 */
function isDoubtfulAdmin(ctx: AppContext, user: User, used: MailedToken, actor: Actor): boolean {
  return (
    used.passwordHash !== null &&
    !user.emailVerified &&
    user.email === ctx.config.accounts.adminEmail &&
    used.passwordChosenFrom !== networkOfActor(actor)
  );
}

async function letChoosePassword(ctx: AppContext, tx: Db, userId: string, email: string) {
  const to = { userId, email };
  await mailPasswordReset(ctx, tx, to, await issueMailedToken(tx, 'reset-password', to));
  return 'password-to-be-chosen' as const;
}

/** From which network someone acts; null when that is not known. */
export const networkOfActor = (actor: Actor) => (actor.address === null ? null : networkOf(actor.address));

/** The password of the registration that is confirmed takes the place of whatever another one chose before. */
async function confirmPassword(tx: Db, userId: string, passwordHash: string): Promise<void> {
  if ((await tx.$count(credentials, and(eq(credentials.userId, userId), eq(credentials.password, passwordHash)))) > 0) {
    return;
  }
  await setPassword(tx, userId, passwordHash);
  await tx.delete(sessions).where(eq(sessions.userId, userId));
}

/** Makes the account of ADMIN_EMAIL admin, once it is known that whoever has it can read that address's mail. */
export async function promoteNamedAdmin(ctx: AppContext, tx: Db, user: User): Promise<void> {
  if (user.email === null || user.email !== ctx.config.accounts.adminEmail || user.role === 'admin') return;
  await tx.update(users).set({ role: 'admin', updatedAt: sql`now()` }).where(eq(users.id, user.id));
  await recordAudit(tx, systemActor, 'made-admin', user.id, {
    reason: 'ADMIN_EMAIL',
  });
}
