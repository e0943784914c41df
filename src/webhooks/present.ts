import { z } from 'zod';
import { type SubscribableType, subscribableTypeNames, subscribableTypes } from './event-types.ts';
import { explainDisabled } from './health.ts';
import {
  deliveryStatuses,
  disabledReasons,
  type Webhook,
  type WebhookDelivery,
  type WebhookPayload,
  webhookStatuses,
} from './schema.ts';

const time = z.iso.datetime();
const iso = (date: Date | null) => date?.toISOString() ?? null;

/** A webhook as it leaves: everything but its secrets. */
export const webhookSchema = z
  .object({
    id: z.uuid(),
    url: z.string(),
    description: z.string(),
    events: z.array(z.enum(subscribableTypeNames)),
    status: z.enum(webhookStatuses),
    disabled: z
      .object({
        reason: z.enum(disabledReasons).meta({ description: 'Stable' }),
        message: z.string(),
        at: time.nullable(),
      })
      .nullable()
      .meta({ description: 'Why nothing is sent any more; null while it is active' }),
    failingSince: time.nullable().meta({ description: 'The first failed attempt since the last success' }),
    previousSecretUntil: time.nullable().meta({
      description: 'Until when a secret that was replaced signs as well; null when only the present one does',
    }),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Webhook' });

const secret = z.string().meta({ description: 'Signs the deliveries; shown this once' });

/** A webhook with its secret, as its creation answers. */
export const createdWebhookSchema = webhookSchema.extend({ secret }).meta({ id: 'CreatedWebhook' });

/** What a rotation answers. */
export const rotatedSecretSchema = z.object({ secret, previousSecretUntil: time }).meta({ id: 'RotatedSecret' });

/** Puts a webhook into words for the outside. */
export function presentWebhook(row: Webhook, now: Date): z.infer<typeof webhookSchema> {
  const message = explainDisabled(row);
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    events: row.events,
    status: row.status,
    disabled:
      row.disabledReason === null || message === null
        ? null
        : { reason: row.disabledReason, message, at: iso(row.disabledAt) },
    failingSince: iso(row.failingSince),
    previousSecretUntil: row.previousSecrets.map(({ until }) => until).find((until) => new Date(until) > now) ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** A delivery without its body: how far it is, and what its receiver last answered. */
export const deliverySchema = z
  .object({
    id: z.uuid().meta({ description: 'The header webhook-id of every attempt' }),
    webhookId: z.uuid(),
    eventType: z.string(),
    status: z.enum(deliveryStatuses),
    attempts: z.int().meta({ description: 'Since it was last asked for' }),
    nextAttemptAt: time.nullable(),
    responseStatus: z.int().nullable().meta({ description: 'Of the latest attempt; null when no answer came' }),
    responseExcerpt: z.string().nullable().meta({ description: 'The first 500 characters of the latest answer' }),
    error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
    durationMs: z.int().nullable(),
    createdAt: time,
    deliveredAt: time.nullable(),
  })
  .meta({ id: 'WebhookDelivery' });

/** The same with the body that is sent. */
export const deliveryWithPayloadSchema = deliverySchema
  .extend({
    payload: z.object({ type: z.string(), timestamp: time, data: z.record(z.string(), z.unknown()) }),
  })
  .meta({ id: 'WebhookDeliveryWithPayload' });

/** Puts a delivery into words for the outside. */
export function presentDelivery(row: WebhookDelivery): z.infer<typeof deliverySchema> {
  return {
    id: row.id,
    webhookId: row.webhookId,
    eventType: row.eventType,
    status: row.status,
    attempts: row.attempts,
    nextAttemptAt: iso(row.nextAttemptAt),
    responseStatus: row.responseStatus,
    responseExcerpt: row.responseExcerpt,
    error: row.error,
    durationMs: row.durationMs,
    createdAt: row.createdAt.toISOString(),
    deliveredAt: iso(row.deliveredAt),
  };
}

/** The same with the body that is sent. */
export function presentDeliveryWithPayload(row: WebhookDelivery): z.infer<typeof deliveryWithPayloadSchema> {
  const { type, timestamp, data }: WebhookPayload = row.payload;
  return { ...presentDelivery(row), payload: { type, timestamp, data } };
}

export const eventTypeSchema = z
  .object({ type: z.enum(subscribableTypeNames), description: z.string() })
  .meta({ id: 'WebhookEventType' });

/** Everything that a webhook can ask for, with what it means. */
export function presentEventTypes(): { type: SubscribableType; description: string }[] {
  return subscribableTypeNames.map((type) => ({ type, description: subscribableTypes[type] }));
}
