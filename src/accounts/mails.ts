import { eq } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { composeEmail } from '../notify/compose.ts';
import { enqueueEmail } from '../notify/emails.ts';
import { type EmailKind, optionalEmailKinds } from '../notify/schema.ts';
import { users } from './schema.ts';

type Ctx = Pick<AppContext, 'config' | 'secrets' | 'queue' | 'log'>;

/** The account that a mail is about. */
export interface Recipient {
  userId: string | null;
  email: string;
}

/** What a mail says, without where it came from. */
export interface Letter {
  kind: EmailKind;
  subject: string;
  paragraphs: string[];
  action?: { label: string; url: string };
  otherAction?: { label: string; url: string };
  expiresAt?: Date;
}

/**
 * Puts a letter into the outbox, in the transaction that causes it, with the instance named at its end. One that its
 * recipient has said they can do without is not written.
 */
export async function post(ctx: Ctx, tx: Db, to: Recipient, letter: Letter): Promise<void> {
  const { kind, expiresAt, ...parts } = letter;
  if (await isMuted(tx, to.userId, kind)) return;
  const footer = `This mail came from blog-poster at ${ctx.config.http.appUrl}.`;
  await enqueueEmail(ctx, tx, {
    userId: to.userId,
    to: to.email,
    kind,
    ...composeEmail({ ...parts, footer }),
    ...(expiresAt ? { expiresAt } : {}),
  });
}

async function isMuted(tx: Db, userId: string | null, kind: EmailKind): Promise<boolean> {
  const optional = optionalEmailKinds.find((name) => name === kind);
  if (userId === null || optional === undefined) return false;
  const [user] = await tx.select({ muted: users.mutedMails }).from(users).where(eq(users.id, userId));
  return user?.muted.includes(optional) ?? false;
}

/** The token stands behind the #, which browsers do not send: it appears in no log of a proxy and in no Referer. */
export const mailedLink = (ctx: Pick<AppContext, 'config'>, page: string, token: string) =>
  `${ctx.config.http.appUrl}/${page}#token=${token}`;

export const mailVerification = (
  ctx: Ctx,
  tx: Db,
  to: Recipient,
  { token, expiresAt }: { token: string; expiresAt: Date },
  from: string | null,
) =>
  post(ctx, tx, to, {
    kind: 'verify-email',
    subject: 'Confirm your address',
    paragraphs: [
      `Someone registered with this address${from ? ` from ${from}` : ''} and chose a password. If it was you, confirm the address with the link; it is good for three days.`,
      ctx.config.mail.kind === 'none'
        ? 'On this instance an account can be used without it.'
        : 'If it was not you, do nothing: without the link the account cannot be used.',
    ],
    action: { label: 'Confirm the address', url: mailedLink(ctx, 'verify-email', token) },
    expiresAt,
  });

export const mailAddressTaken = (ctx: Ctx, tx: Db, to: Recipient) =>
  post(ctx, tx, to, {
    kind: 'address-taken',
    subject: 'You already have an account',
    paragraphs: [
      'Someone tried to register with this address, which already has an account. If it was you, log in; if you have forgotten the password, ask for a new one on that page.',
      'If it was not you, there is nothing to do: the account is as it was.',
    ],
    action: { label: 'Log in', url: `${ctx.config.http.appUrl}/login` },
  });

export const mailPasswordReset = (
  ctx: Ctx,
  tx: Db,
  to: Recipient,
  { token, expiresAt }: { token: string; expiresAt: Date },
) =>
  post(ctx, tx, to, {
    kind: 'reset-password',
    subject: 'Choose a new password',
    paragraphs: [
      'Someone asked for a new password for this account. The link is good for an hour and works once.',
      'If it was not you, do nothing: the password stays as it is.',
    ],
    action: { label: 'Choose a new password', url: mailedLink(ctx, 'reset-password', token) },
    expiresAt,
  });

export const mailPasswordChanged = (ctx: Ctx, tx: Db, to: Recipient, from: string | null) =>
  post(ctx, tx, to, {
    kind: 'password-changed',
    subject: 'Your password was changed',
    paragraphs: [
      `The password of your account was changed${from ? ` from ${from}` : ''}. All other devices have been signed out.`,
      'If it was not you, ask for a new password at once: the link below leads to it.',
    ],
    action: { label: 'I did not do this', url: `${ctx.config.http.appUrl}/forgot-password` },
  });

export const mailEmailChange = (
  ctx: Ctx,
  tx: Db,
  to: Recipient,
  { token, expiresAt }: { token: string; expiresAt: Date },
) =>
  post(ctx, tx, to, {
    kind: 'change-email',
    subject: 'Confirm your new address',
    paragraphs: [
      'You asked to use this address for your account. The change is made when you confirm it; the link is good for a day.',
      'If you did not ask for it, do nothing.',
    ],
    action: { label: 'Use this address', url: mailedLink(ctx, 'verify-email', token) },
    expiresAt,
  });

export const mailEmailChanged = (ctx: Ctx, tx: Db, to: Recipient, newEmail: string) =>
  post(ctx, tx, to, {
    kind: 'email-changed',
    subject: 'The address of your account was changed',
    paragraphs: [
      `Your account now uses ${newEmail}. This address no longer belongs to it.`,
      'If it was not you, write to the admin of the instance.',
    ],
  });

export const mailInvitation = (
  ctx: Ctx,
  tx: Db,
  to: Recipient,
  { token, expiresAt }: { token: string; expiresAt: Date },
  invitedBy: string | null,
) =>
  post(ctx, tx, to, {
    kind: 'invitation',
    subject: 'You are invited to blog-poster',
    paragraphs: [
      `${invitedBy ?? 'The admin'} invites you to write and publish articles with blog-poster at ${ctx.config.http.appUrl}.`,
      'The link is good for seven days and works once.',
    ],
    action: { label: 'Create your account', url: mailedLink(ctx, 'register', token) },
    expiresAt,
  });

export const mailTwoFactorChanged = (ctx: Ctx, tx: Db, to: Recipient, enabled: boolean) =>
  post(ctx, tx, to, {
    kind: 'two-factor-changed',
    subject: enabled ? 'Two-factor log-in is on' : 'Two-factor log-in was turned off',
    paragraphs: [
      enabled
        ? 'From now on logging in takes a code of your authenticator app as well as the password.'
        : 'From now on logging in takes the password only.',
      'If it was not you, change your password at once and turn it on again.',
    ],
    action: { label: 'Account settings', url: `${ctx.config.http.appUrl}/account` },
  });

export const mailAccountDeleted = (ctx: Ctx, tx: Db, to: Recipient) =>
  post(
    ctx,
    tx,
    { ...to, userId: null },
    {
      kind: 'account-deleted',
      subject: 'Your account was deleted',
      paragraphs: [
        'Your account and everything in it has been deleted. Posts that were published stay on your sites.',
        'Backups of the instance may hold it until they are replaced.',
      ],
    },
  );

export const mailAccountDisabled = (ctx: Ctx, tx: Db, to: Recipient, disabled: boolean) =>
  post(ctx, tx, to, {
    kind: disabled ? 'account-disabled' : 'account-enabled',
    subject: disabled ? 'Your account was disabled' : 'Your account is enabled again',
    paragraphs: [
      disabled
        ? 'The admin of the instance has disabled your account. Nothing in it was deleted; what was under way has stopped and goes on when the account is enabled again.'
        : 'You can log in again. What had been stopped goes on by itself.',
    ],
    ...(disabled ? {} : { action: { label: 'Log in', url: `${ctx.config.http.appUrl}/login` } }),
  });

export const mailMessage = (ctx: Ctx, tx: Db, to: Recipient, subject: string, text: string) =>
  post(ctx, tx, to, {
    kind: 'operator-message',
    subject,
    paragraphs: text.split(/\n{2,}/).filter((paragraph) => paragraph.trim() !== ''),
  });

export const mailWebhookDisabled = (
  ctx: Ctx,
  tx: Db,
  to: Recipient,
  webhook: { id: string; url: string; reason: string },
) =>
  post(ctx, tx, to, {
    kind: 'webhook-disabled',
    subject: 'A webhook of yours was switched off',
    paragraphs: [
      `The webhook to ${webhook.url} was switched off: ${webhook.reason}`,
      'Its log shows what was answered. Mend the receiver, switch it on again and send again what was missed.',
    ],
    action: { label: 'Webhooks', url: `${ctx.config.http.appUrl}/account/webhooks` },
  });
