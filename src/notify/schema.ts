import { bigint, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { time } from '../db/columns.ts';
import type { StoredError } from '../errors.ts';

/** What mails are about. */
export const emailKinds = [
  'verify-email',
  'address-taken',
  'reset-password',
  'password-changed',
  'change-email',
  'email-changed',
  'invitation',
  'account-deleted',
  'account-disabled',
  'account-enabled',
  'two-factor-changed',
  'operator-message',
  'webhook-disabled',
  'budget-warning',
  'instance-budget-warning',
  'site-failing',
  'dead-links',
  'hold',
  'needs-approval',
  'schedule-stopped',
  'alert',
  'alert-over',
] as const;
export type EmailKind = (typeof emailKinds)[number];

/**
 * Mails that only tell of something, and that an account can do without: what they tell stands in the web app, too. Those
 * about its access, and those that ask for a decision or give the chance to stop something, always go out.
 */
export const optionalEmailKinds = [
  'site-failing',
  'dead-links',
  'schedule-stopped',
  'webhook-disabled',
  'budget-warning',
] as const satisfies readonly EmailKind[];
export type OptionalEmailKind = (typeof optionalEmailKinds)[number];

/** `bounced`: the recipient was refused for good. `kept`: no mail is configured, an admin reads it. */
export const emailStatuses = ['queued', 'sending', 'sent', 'failed', 'bounced', 'kept'] as const;
export type EmailStatus = (typeof emailStatuses)[number];

export const emails = pgTable('emails', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id'),
  toAddress: text('to_address').notNull(),
  kind: text('kind').$type<EmailKind>().notNull(),
  subject: text('subject').notNull(),
  content: text('content'),
  contentKeyId: text('content_key_id'),
  status: text('status').$type<EmailStatus>().notNull(),
  attempts: integer('attempts').notNull().default(0),
  lastAttemptAt: time('last_attempt_at'),
  nextAttemptAt: time('next_attempt_at'),
  lease: bigint('lease', { mode: 'number' }).notNull().default(0),
  leaseExpiresAt: time('lease_expires_at'),
  error: jsonb('error').$type<StoredError>(),
  messageId: text('message_id').notNull(),
  sentAt: time('sent_at'),
  failedAt: time('failed_at'),
  createdAt: time('created_at').notNull().defaultNow(),
  expiresAt: time('expires_at'),
  giveUpAt: time('give_up_at').notNull(),
  dismissedAt: time('dismissed_at'),
});
export type Email = typeof emails.$inferSelect;
