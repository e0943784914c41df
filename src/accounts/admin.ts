import { and, desc, eq, ilike, isNotNull, lt, ne, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { warnOfSpending } from '../budget/warnings.ts';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import { type Db, queryRows } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { getUser } from './account.ts';
import { type Actor, recordAudit } from './audit.ts';
import { mailAccountDisabled, mailInvitation, mailTwoFactorChanged } from './mails.ts';
import { monthIn } from './month.ts';
import { presentUser, userSchema } from './present.ts';
import { type Invitation, invitations, twoFactors, type User, users } from './schema.ts';
import { newToken, tokenDigest } from './tokens.ts';

/** How long an invitation is good for, in milliseconds. */
const invitationMs = 7 * 86_400_000;

/** What an account used and did; months are the present ones of the account's time zone. */
export interface UserUsage {
  articles: number;
  sites: number;
  pipelinesRunning: number;
  pipelinesThisMonth: number;
  /** Paid by the instance, and set aside for calls under way. */
  spentThisMonthMicroUsd: number;
  reservedThisMonthMicroUsd: number;
  /** Paid with keys of their own. */
  ownSpentThisMonthMicroUsd: number;
}

export const adminUserSchema = userSchema
  .omit({ voice: true, mutedMails: true })
  .extend({
    disabled: z.boolean(),
    disabledAt: z.iso.datetime().nullable(),
    lastSeenAt: z.iso.datetime().nullable(),
    limits: z.object({
      requestsPerMinute: z.int().nullable(),
      concurrentPipelines: z.int().nullable(),
      queuedPipelines: z.int().nullable(),
      articlesPerMonth: z.int().nullable(),
      monthlyLimitMicroUsd: z.int().nullable(),
      pipelineLimitMicroUsd: z.int().nullable(),
    }),
    usage: z.object({
      articles: z.int(),
      sites: z.int(),
      pipelinesRunning: z.int(),
      pipelinesThisMonth: z.int(),
      spentThisMonthMicroUsd: z.int().meta({ description: 'Paid by the instance' }),
      reservedThisMonthMicroUsd: z.int(),
      ownSpentThisMonthMicroUsd: z.int().meta({ description: 'Paid with keys of their own' }),
    }),
    monthlyLimit: z
      .object({
        microUsd: z.int(),
        reached: z.boolean().meta({
          description: 'What is spent this month leaves nothing of it: calls under way end, and nothing new is paid',
        }),
      })
      .meta({ description: 'The limit that holds: their own, or the default of the instance' }),
  })
  .meta({ id: 'AdminUser' });

/** Accounts as an admin sees them: what they are, may and used; nothing of what is in them. */
export async function presentAdminUsers(
  { db, config }: Pick<AppContext, 'db' | 'config'>,
  rows: User[],
): Promise<z.infer<typeof adminUserSchema>[]> {
  const usage = await usageOf(db, rows);
  return rows.map((user) => presentAdminUser(user, usage.get(user.id) ?? unused, config.budget.userLimitMicroUsd));
}

function presentAdminUser(user: User, usage: UserUsage, defaultLimit: number): z.infer<typeof adminUserSchema> {
  const limit = user.monthlyLimitMicroUsd ?? defaultLimit;
  const { voice: _voice, mutedMails: _mails, ...seen } = presentUser(user);
  return {
    ...seen,
    disabled: user.disabled,
    disabledAt: user.disabledAt?.toISOString() ?? null,
    lastSeenAt: user.lastSeenAt?.toISOString() ?? null,
    limits: {
      requestsPerMinute: user.requestsPerMinute,
      concurrentPipelines: user.concurrentPipelines,
      queuedPipelines: user.queuedPipelines,
      articlesPerMonth: user.articlesPerMonth,
      monthlyLimitMicroUsd: user.monthlyLimitMicroUsd,
      pipelineLimitMicroUsd: user.pipelineLimitMicroUsd,
    },
    usage,
    monthlyLimit: { microUsd: limit, reached: usage.spentThisMonthMicroUsd >= limit },
  };
}

const unused: UserUsage = {
  articles: 0,
  sites: 0,
  pipelinesRunning: 0,
  pipelinesThisMonth: 0,
  spentThisMonthMicroUsd: 0,
  reservedThisMonthMicroUsd: 0,
  ownSpentThisMonthMicroUsd: 0,
};

/** Counts in SQL of its own: the tables are those of features above this one, which know this one. */
async function usageOf(db: Db, rows: User[]): Promise<Map<string, UserUsage>> {
  if (rows.length === 0) return new Map();
  const now = await clockOf(db);
  const months = rows.map(({ id, timeZone }) => {
    const { name, start } = monthIn(timeZone, now);
    return sql`(${id}::uuid, ${name}::text, ${start.toISOString()}::timestamptz)`;
  });
  const counted = await queryRows<{ id: string } & Record<keyof UserUsage, string | number>>(
    db,
    sql`select u.id,
      (select count(*) from articles a where a.user_id = u.id and a.deleted_at is null) as "articles",
      (select count(*) from sites s where s.user_id = u.id) as "sites",
      (select count(*) from pipelines p where p.user_id = u.id and p.status = 'running') as "pipelinesRunning",
      (select count(*) from pipelines p where p.user_id = u.id and p.created_at >= u.start) as "pipelinesThisMonth",
      coalesce(instance.settled_micro_usd, 0) as "spentThisMonthMicroUsd",
      coalesce(instance.reserved_micro_usd, 0) as "reservedThisMonthMicroUsd",
      coalesce(own.settled_micro_usd, 0) as "ownSpentThisMonthMicroUsd"
      from (values ${sql.join(months, sql`, `)}) as u (id, month, start)
      left join spending instance on instance.user_id = u.id and instance.month = u.month and instance.payer = 'instance'
      left join spending own on own.user_id = u.id and own.month = u.month and own.payer = 'user'`,
  );
  return new Map(
    counted.map(({ id, ...counts }) => [
      id,
      Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, Number(count)])) as unknown as UserUsage,
    ]),
  );
}

/** The clock that dates the rows. */
async function clockOf(db: Db): Promise<Date> {
  const [row] = await queryRows<{ now: string | Date }>(db, sql`select now() as now`);
  return new Date(row?.now ?? Date.now());
}

/** Accounts, newest first, found by a part of the address or the name; one more than `limit`. */
export async function listUsers(
  db: Db,
  query: { limit: number; cursor?: string | undefined; query?: string | undefined; disabled?: boolean | undefined },
): Promise<User[]> {
  const part = query.query ? `%${query.query.replaceAll(/[\\%_]/g, (letter) => `\\${letter}`)}%` : null;
  return db
    .select()
    .from(users)
    .where(
      and(
        isNotNull(users.email),
        part ? or(ilike(users.email, part), ilike(users.name, part)) : undefined,
        query.disabled === undefined ? undefined : eq(users.disabled, query.disabled),
        query.cursor ? lt(users.id, query.cursor) : undefined,
      ),
    )
    .orderBy(desc(users.id))
    .limit(query.limit + 1);
}

/** What an admin may set for an account; null takes the instance's default back. */
export interface UserChange {
  disabled?: boolean | undefined;
  /** Only off: on takes the phone of its owner. */
  twoFactorEnabled?: false | undefined;
  requestsPerMinute?: number | null | undefined;
  concurrentPipelines?: number | null | undefined;
  queuedPipelines?: number | null | undefined;
  articlesPerMonth?: number | null | undefined;
  monthlyLimitMicroUsd?: number | null | undefined;
  pipelineLimitMicroUsd?: number | null | undefined;
}

/**
 * Disables, enables or limits an account. What is disabled stops at once: the database ends its sessions and tells every
 * process. A second factor that was lost is turned off: its owner logs in with the password alone and is told so. Throws
 * `not_found`, `invalid_state` for one's own account.
 */
export async function changeUser(ctx: AppContext, id: string, change: UserChange, actor: Actor): Promise<User> {
  const user = await ctx.db.transaction(async (tx) => {
    const [before] = await tx
      .select()
      .from(users)
      .where(and(eq(users.id, id), isNotNull(users.email)))
      .for('update');
    if (!before) throw new AppError('not_found', 'There is no such account.');
    if (change.disabled && id === actor.id && actor.via !== 'command-line') {
      throw new AppError('invalid_state', 'You cannot disable your own account: another admin has to.');
    }
    if (change.disabled && before.role === 'admin') {
      const others = and(ne(users.id, id), eq(users.role, 'admin'), eq(users.disabled, false));
      if ((await tx.$count(users, others)) === 0) {
        throw new AppError('invalid_state', 'This is the only admin of the instance.');
      }
    }
    if (change.twoFactorEnabled === false) await forgetTwoFactor(ctx, tx, before, actor);
    const { disabled, twoFactorEnabled: _off, ...limits } = change;
    const set = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
    await tx
      .update(users)
      .set({ ...set, updatedAt: sql`now()` })
      .where(eq(users.id, id));
    if (disabled !== undefined && disabled !== before.disabled) {
      await recordAudit(tx, actor, disabled ? 'user-disabled' : 'user-enabled', id);
      if (before.email) await mailAccountDisabled(ctx, tx, { userId: id, email: before.email }, disabled);
    }
    if (Object.values(limits).some((value) => value !== undefined))
      await recordAudit(tx, actor, 'limits-changed', id, limits);
    return getUser(tx, id);
  });
  if (change.monthlyLimitMicroUsd !== undefined) {
    await warnOfSpending(ctx, { userId: id, payer: 'instance', month: monthIn(user.timeZone, ctx.now()).name });
  }
  return user;
}

/** For whoever has lost phone and backup codes, and asks the admin. */
async function forgetTwoFactor(ctx: AppContext, tx: Db, user: User, actor: Actor): Promise<void> {
  if (!user.twoFactorEnabled) throw new AppError('invalid_state', 'Two-factor log-in is not on.');
  // A session that was taken over must not be enough.
  if (user.id === actor.id && actor.via !== 'command-line') {
    throw new AppError('invalid_state', 'Your own is turned off in your account settings, with your password.');
  }
  await tx.delete(twoFactors).where(eq(twoFactors.userId, user.id));
  await recordAudit(tx, actor, 'two-factor-disabled', user.id);
  if (user.email) await mailTwoFactorChanged(ctx, tx, { userId: user.id, email: user.email }, false);
}

/** Invites an address by mail; an earlier invitation of the same address is worth nothing afterwards. */
export async function invite(
  ctx: AppContext,
  tx: Db,
  email: string,
  inviter: { id: string | null; name: string | null },
  actor: Actor,
): Promise<Invitation> {
  if ((await tx.$count(users, eq(users.email, email))) > 0) {
    throw new AppError('conflict', `${email} has an account already.`, {
      hint: 'Search for it in the list of accounts.',
    });
  }
  await tx.update(invitations).set({ revokedAt: sql`now()` }).where(openFor(email));
  const token = newToken();
  const [row] = await tx
    .insert(invitations)
    .values({
      id: newId(),
      email,
      invitedBy: inviter.id,
      tokenDigest: tokenDigest(token),
      expiresAt: new Date(Date.now() + invitationMs),
    })
    .returning();
  if (!row) throw new Error('insert returned no row');
  await recordAudit(tx, actor, 'invited', null, { email });
  await mailInvitation(ctx, tx, { userId: null, email }, { token, expiresAt: row.expiresAt }, inviter.name);
  return row;
}

const openFor = (email: string) =>
  and(eq(invitations.email, email), sql`${invitations.acceptedAt} is null and ${invitations.revokedAt} is null`);

export const invitationSchema = z
  .object({
    id: z.string(),
    email: z.string(),
    status: z.enum(['open', 'accepted', 'revoked', 'expired']),
    expiresAt: z.iso.datetime(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Invitation' });

/** An invitation without its token, which only its mail has. */
export function presentInvitation(row: Invitation, now: Date): z.infer<typeof invitationSchema> {
  return {
    id: row.id,
    email: row.email,
    status: row.acceptedAt ? 'accepted' : row.revokedAt ? 'revoked' : row.expiresAt <= now ? 'expired' : 'open',
    expiresAt: row.expiresAt.toISOString(),
    createdAt: row.createdAt.toISOString(),
  };
}

/** Takes an invitation back. Throws `not_found`. */
export async function revokeInvitation(tx: Db, id: string, actor: Actor): Promise<void> {
  const [row] = await tx.select().from(invitations).where(eq(invitations.id, id));
  if (!row) throw new AppError('not_found', 'There is no such invitation.');
  if (row.acceptedAt || row.revokedAt) return;
  await tx.update(invitations).set({ revokedAt: sql`now()` }).where(eq(invitations.id, id));
  await recordAudit(tx, actor, 'invitation-revoked', null, { email: row.email });
}
