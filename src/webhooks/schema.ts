import { bigint, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { time } from '../db/columns.ts';
import type { StoredError } from '../errors.ts';
import type { Sealed } from '../secret-box.ts';
import type { EventType, SubscribableType } from './event-types.ts';

export const webhookStatuses = ['active', 'disabled'] as const;
export type WebhookStatus = (typeof webhookStatuses)[number];

export const disabledReasons = ['gone', 'failing', 'rejecting', 'user'] as const;
/**
 * Why nothing is sent any more: the receiver answered 410; it has failed for days; too many deliveries in a row were
 * given up; or its owner switched it off.
 */
export type DisabledReason = (typeof disabledReasons)[number];

/** A secret that was replaced, and until when it signs beside its successor (ISO 8601, UTC). */
export interface PreviousSecret extends Sealed {
  until: string;
}

export const webhooks = pgTable('webhooks', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  url: text('url').notNull(),
  description: text('description').notNull().default(''),
  events: text('events').array().$type<SubscribableType[]>().notNull(),
  secret: text('secret').notNull(),
  secretKeyId: text('secret_key_id').notNull(),
  previousSecrets: jsonb('previous_secrets').$type<PreviousSecret[]>().notNull().default([]),
  status: text('status').$type<WebhookStatus>().notNull(),
  disabledReason: text('disabled_reason').$type<DisabledReason>(),
  disabledAt: time('disabled_at'),
  failingSince: time('failing_since'),
  failedInARow: integer('failed_in_a_row').notNull().default(0),
  createdAt: time('created_at').notNull().defaultNow(),
  updatedAt: time('updated_at').notNull().defaultNow(),
});
export type Webhook = typeof webhooks.$inferSelect;

export const deliveryStatuses = ['pending', 'delivering', 'delivered', 'failed', 'cancelled'] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** The body of a delivery, in the form that Standard Webhooks recommends: thin, with ids to read the rest by. */
export interface WebhookPayload {
  type: EventType;
  /** When it happened, ISO 8601 in UTC; the same at every attempt. */
  timestamp: string;
  data: Record<string, unknown>;
}

export const webhookDeliveries = pgTable('webhook_deliveries', {
  id: uuid('id').primaryKey(),
  webhookId: uuid('webhook_id').notNull(),
  userId: uuid('user_id').notNull(),
  eventType: text('event_type').$type<EventType>().notNull(),
  payload: jsonb('payload').$type<WebhookPayload>().notNull(),
  status: text('status').$type<DeliveryStatus>().notNull(),
  lease: bigint('lease', { mode: 'number' }).notNull().default(0),
  leaseExpiresAt: time('lease_expires_at'),
  attempts: integer('attempts').notNull().default(0),
  nextAttemptAt: time('next_attempt_at'),
  responseStatus: integer('response_status'),
  responseExcerpt: text('response_excerpt'),
  error: jsonb('error').$type<StoredError>(),
  durationMs: integer('duration_ms'),
  createdAt: time('created_at').notNull().defaultNow(),
  deliveredAt: time('delivered_at'),
  failedAt: time('failed_at'),
  dismissedAt: time('dismissed_at'),
});
export type WebhookDelivery = typeof webhookDeliveries.$inferSelect;
