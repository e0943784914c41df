import { z } from 'zod';
import type { Access } from '../http/access.ts';
import { onceByKey } from '../http/idempotency.ts';
import { listOf, listQuery, page } from '../http/list.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import type { Sealed } from '../secret-box.ts';
import { oneLine } from '../storable.ts';
import { subscribableTypeNames } from './event-types.ts';
import {
  createdWebhookSchema,
  deliverySchema,
  deliveryWithPayloadSchema,
  eventTypeSchema,
  presentDelivery,
  presentDeliveryWithPayload,
  presentEventTypes,
  presentWebhook,
  rotatedSecretSchema,
  webhookSchema,
} from './present.ts';
import { getDelivery, getWebhook, listDeliveries, listWebhooks } from './queries.ts';
import { deliveryStatuses, type Webhook, webhookStatuses } from './schema.ts';
import { openSecret } from './secrets.ts';
import { createWebhook, deleteWebhook, redeliver, rotateSecret, testWebhook, updateWebhook } from './webhooks.ts';

const byId = z.object({ id: z.uuid() });
const deliveryById = byId.extend({ deliveryId: z.uuid() });
const tags = ['webhooks'];
/** Where a user's events go is for the user to say, not for a key that may have been lost. */
const person: { access: Access } = { access: 'person' };

const webhookRequest = z
  .strictObject({
    url: z.string().trim().min(1).max(2000).meta({ description: 'http or https address that takes POST requests' }),
    description: z.string().overwrite(oneLine).max(200).optional(),
    events: z.array(z.enum(subscribableTypeNames)).min(1).max(100),
  })
  .meta({ id: 'WebhookRequest' });
const webhookChange = webhookRequest
  .partial()
  .extend({
    status: z.enum(webhookStatuses).optional().meta({ description: 'active switches a disabled one on again' }),
  })
  .refine((change) => Object.keys(change).length > 0, 'must change something')
  .meta({ id: 'WebhookChange' });

/** What is kept of an answer with a secret, for a repeated request: nothing that can be read in the database. */
interface Kept {
  webhook: z.infer<typeof webhookSchema>;
  secret: Sealed;
}

/** Webhooks: list, add, read, change, forget, rotate the secret, test; their deliveries: list, read, send again. */
export const webhookRoutes: RegisterRoutes = (server, ctx) => {
  const keep = (row: Webhook): Kept => ({
    webhook: presentWebhook(row, ctx.now()),
    secret: { sealed: row.secret, keyId: row.secretKeyId },
  });

  server.get(
    '/webhook-event-types',
    {
      schema: {
        tags,
        summary: 'What a webhook can ask for',
        operationId: 'listWebhookEventTypes',
        response: { 200: listOf(eventTypeSchema), ...problems(401) },
      },
    },
    async () => ({ items: presentEventTypes(), nextCursor: null }),
  );

  server.get(
    '/webhooks',
    {
      schema: {
        tags,
        summary: 'Webhooks, newest first',
        operationId: 'listWebhooks',
        querystring: listQuery.extend({ status: z.enum(webhookStatuses).optional() }),
        response: { 200: listOf(webhookSchema), ...problems(401, 422) },
      },
    },
    async (request) => {
      const rows = page(await listWebhooks(ctx.db, request.userId, request.query), request.query.limit);
      return { items: rows.items.map((row) => presentWebhook(row, ctx.now())), nextCursor: rows.nextCursor };
    },
  );

  server.post(
    '/webhooks',
    {
      config: person,
      schema: {
        tags,
        summary: 'Add a webhook; its secret is in this answer and in no other',
        operationId: 'createWebhook',
        body: webhookRequest,
        response: { 201: createdWebhookSchema, ...problems(401, 403, 409, 413, 422) },
      },
    },
    async (request, reply) => {
      const { webhook, secret } = await onceByKey(ctx, request, reply, 201, async (tx) =>
        keep(await createWebhook(ctx, tx, request.userId, { description: '', ...request.body })),
      );
      return { ...webhook, secret: openSecret(ctx.secrets, webhook.id, secret) };
    },
  );

  server.get(
    '/webhooks/:id',
    {
      schema: {
        tags,
        summary: 'A webhook, and why it is disabled if it is',
        operationId: 'getWebhook',
        params: byId,
        response: { 200: webhookSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => presentWebhook(await getWebhook(ctx.db, request.userId, request.params.id), ctx.now()),
  );

  server.patch(
    '/webhooks/:id',
    {
      config: person,
      schema: {
        tags,
        summary: 'Change a webhook, switch it off, or on again',
        operationId: 'updateWebhook',
        params: byId,
        body: webhookChange,
        response: { 200: webhookSchema, ...problems(401, 403, 404, 413, 422) },
      },
    },
    async (request) =>
      presentWebhook(await updateWebhook(ctx, request.userId, request.params.id, request.body), ctx.now()),
  );

  server.delete(
    '/webhooks/:id',
    {
      config: person,
      schema: {
        tags,
        summary: 'Forget a webhook with its deliveries',
        operationId: 'deleteWebhook',
        params: byId,
        response: { 204: z.null(), ...problems(401, 403, 404, 422) },
      },
    },
    async (request, reply) => {
      await deleteWebhook(ctx.db, request.userId, request.params.id);
      return reply.code(204).send(null);
    },
  );

  server.post(
    '/webhooks/:id/rotate-secret',
    {
      config: person,
      schema: {
        tags,
        summary: 'A new secret, shown once; the old one signs as well for 24 hours',
        operationId: 'rotateWebhookSecret',
        params: byId,
        response: { 200: rotatedSecretSchema, ...problems(401, 403, 404, 409, 422) },
      },
    },
    async (request, reply) => {
      const { webhook, secret } = await onceByKey(ctx, request, reply, 200, async (tx) =>
        keep(await rotateSecret(ctx, tx, request.userId, request.params.id)),
      );
      return {
        secret: openSecret(ctx.secrets, webhook.id, secret),
        previousSecretUntil: webhook.previousSecretUntil ?? ctx.now().toISOString(),
      };
    },
  );

  server.post(
    '/webhooks/:id/test',
    {
      schema: {
        tags,
        summary: 'Send a webhook.test; the answer is the delivery to look at',
        operationId: 'testWebhook',
        params: byId,
        response: { 202: deliverySchema, ...problems(401, 404, 409, 422) },
      },
    },
    async (request, reply) =>
      onceByKey(ctx, request, reply, 202, async (tx) =>
        presentDelivery(await testWebhook(ctx, tx, request.userId, request.params.id)),
      ),
  );

  server.get(
    '/webhooks/:id/deliveries',
    {
      schema: {
        tags,
        summary: 'What was sent to a webhook in the last 30 days, newest first',
        operationId: 'listWebhookDeliveries',
        params: byId,
        querystring: listQuery.extend({ status: z.enum(deliveryStatuses).optional() }),
        response: { 200: listOf(deliverySchema), ...problems(401, 404, 422) },
      },
    },
    async (request) => {
      const webhook = await getWebhook(ctx.db, request.userId, request.params.id);
      const rows = page(await listDeliveries(ctx.db, webhook, request.query), request.query.limit);
      return { items: rows.items.map(presentDelivery), nextCursor: rows.nextCursor };
    },
  );

  server.get(
    '/webhooks/:id/deliveries/:deliveryId',
    {
      schema: {
        tags,
        summary: 'A delivery with the body that is sent',
        operationId: 'getWebhookDelivery',
        params: deliveryById,
        response: { 200: deliveryWithPayloadSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => {
      const webhook = await getWebhook(ctx.db, request.userId, request.params.id);
      return presentDeliveryWithPayload(await getDelivery(ctx.db, webhook, request.params.deliveryId));
    },
  );

  server.post(
    '/webhooks/:id/deliveries/:deliveryId/redeliver',
    {
      schema: {
        tags,
        summary: 'Send a delivery again at once, with the same id',
        operationId: 'redeliverWebhookDelivery',
        params: deliveryById,
        response: { 202: deliverySchema, ...problems(401, 404, 409, 422) },
      },
    },
    async (request, reply) => {
      const { id, deliveryId } = request.params;
      return reply.code(202).send(presentDelivery(await redeliver(ctx, request.userId, id, deliveryId)));
    },
  );
};
