import { and, desc, eq, lt } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import {
  type DeliveryStatus,
  type Webhook,
  type WebhookDelivery,
  type WebhookStatus,
  webhookDeliveries,
  webhooks,
} from './schema.ts';

/** A user's webhook. Throws `not_found`, also for another user's. */
export async function getWebhook(db: Db, userId: string, id: string): Promise<Webhook> {
  const [row] = await db.select().from(webhooks).where(mine(userId, id));
  if (!row) throw noWebhook();
  return row;
}

/** The same, locked until the end of `tx`. */
export async function lockWebhook(tx: Db, userId: string, id: string): Promise<Webhook> {
  const [row] = await tx.select().from(webhooks).where(mine(userId, id)).for('no key update');
  if (!row) throw noWebhook();
  return row;
}

/** A user's webhooks, newest first; one more than `limit`, to know whether there is a next page. */
export async function listWebhooks(
  db: Db,
  userId: string,
  query: { limit: number; cursor?: string | undefined; status?: WebhookStatus | undefined },
): Promise<Webhook[]> {
  return db
    .select()
    .from(webhooks)
    .where(
      and(
        eq(webhooks.userId, userId),
        query.cursor ? lt(webhooks.id, query.cursor) : undefined,
        query.status ? eq(webhooks.status, query.status) : undefined,
      ),
    )
    .orderBy(desc(webhooks.id))
    .limit(query.limit + 1);
}

/** A delivery of a user's webhook. Throws `not_found`, also for another webhook's. */
export async function getDelivery(db: Db, webhook: Webhook, id: string): Promise<WebhookDelivery> {
  const [row] = await db
    .select()
    .from(webhookDeliveries)
    .where(and(eq(webhookDeliveries.id, id), eq(webhookDeliveries.webhookId, webhook.id)));
  if (!row) throw new AppError('not_found', 'There is no such delivery; they are kept for 30 days.');
  return row;
}

/** The deliveries of a webhook, newest first; one more than `limit`, to know whether there is a next page. */
export async function listDeliveries(
  db: Db,
  webhook: Webhook,
  query: { limit: number; cursor?: string | undefined; status?: DeliveryStatus | undefined },
): Promise<WebhookDelivery[]> {
  return db
    .select()
    .from(webhookDeliveries)
    .where(
      and(
        eq(webhookDeliveries.webhookId, webhook.id),
        query.cursor ? lt(webhookDeliveries.id, query.cursor) : undefined,
        query.status ? eq(webhookDeliveries.status, query.status) : undefined,
      ),
    )
    .orderBy(desc(webhookDeliveries.id))
    .limit(query.limit + 1);
}

const mine = (userId: string, id: string) => and(eq(webhooks.id, id), eq(webhooks.userId, userId));
const noWebhook = () => new AppError('not_found', 'There is no such webhook.');
