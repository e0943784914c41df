import { and, eq, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { checkUrl, parsePrivateHosts } from '../net/address-guard.ts';
import type { SubscribableType } from './event-types.ts';
import { addDelivery, payloadOf } from './events.ts';
import { disableWebhook } from './health.ts';
import { webhookJob } from './jobs.ts';
import type { DeliveryChange } from './lease.ts';
import { getDelivery, lockWebhook } from './queries.ts';
import { type Webhook, type WebhookDelivery, type WebhookStatus, webhookDeliveries, webhooks } from './schema.ts';
import { newSecret, sealSecret } from './secrets.ts';

type Ctx = Pick<AppContext, 'db' | 'queue' | 'config' | 'secrets' | 'now'>;

/** What a user types in about a webhook. */
export interface WebhookInput {
  url: string;
  description: string;
  events: SubscribableType[];
}

export const maxWebhooks = 10;
/** How long a secret that was replaced signs beside its successor. */
const overlapMs = 24 * 3_600_000;
/** More would fill the header of the request. */
const maxPreviousSecrets = 4;

/**
 * Stores a webhook with a secret of its own, encrypted. Throws `invalid_request` for an address that cannot be one,
 * `conflict` when the user has {@link maxWebhooks} already.
 */
export async function createWebhook(
  ctx: Pick<Ctx, 'config' | 'secrets'>,
  tx: Db,
  userId: string,
  input: WebhookInput,
): Promise<Webhook> {
  const url = receiverAddress(ctx, input.url);
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext(${`webhooks of ${userId}`}))`);
  if ((await tx.$count(webhooks, eq(webhooks.userId, userId))) >= maxWebhooks) {
    throw new AppError('conflict', `You already have ${maxWebhooks} webhooks.`, {
      hint: 'Delete one that is no longer needed, or let one receiver take the events of several.',
    });
  }
  const id = newId();
  const { sealed, keyId } = sealSecret(ctx.secrets, id, newSecret());
  const [row] = await tx
    .insert(webhooks)
    .values({
      id,
      userId,
      url,
      description: input.description,
      events: distinct(input.events),
      secret: sealed,
      secretKeyId: keyId,
      status: 'active',
    })
    .returning();
  if (!row) throw new Error('insert returned no row');
  return row;
}

/**
 * Changes a webhook; what is left out stays. Switching it on forgets its failures, switching it off cancels what waits.
 * Throws `not_found`, `invalid_request`.
 */
export async function updateWebhook(
  ctx: Pick<Ctx, 'db' | 'config'>,
  userId: string,
  id: string,
  change: Partial<WebhookInput> & { status?: WebhookStatus | undefined },
): Promise<Webhook> {
  return ctx.db.transaction(async (tx) => {
    const webhook = await lockWebhook(tx, userId, id);
    const url = change.url === undefined ? webhook.url : receiverAddress(ctx, change.url);
    if (change.status === 'disabled') await disableWebhook(tx, id, 'user');
    const switchedOn = change.status === 'active' && webhook.status === 'disabled';
    const [row] = await tx
      .update(webhooks)
      .set({
        url,
        description: change.description ?? webhook.description,
        events: change.events ? distinct(change.events) : webhook.events,
        ...(switchedOn ? { status: 'active', disabledReason: null, disabledAt: null } : {}),
        // What the old address did says nothing about the new one.
        ...(switchedOn || url !== webhook.url ? { failingSince: null, failedInARow: 0 } : {}),
        updatedAt: sql`now()` as never,
      })
      .where(eq(webhooks.id, id))
      .returning();
    if (!row) throw new AppError('not_found', 'There is no such webhook.');
    return row;
  });
}

/** Forgets a webhook, its secret and its deliveries. One that is being sent at this moment may still arrive. */
export async function deleteWebhook(db: Db, userId: string, id: string): Promise<void> {
  const mine = and(eq(webhooks.id, id), eq(webhooks.userId, userId));
  const deleted = await db.delete(webhooks).where(mine).returning({ id: webhooks.id });
  if (deleted.length === 0) throw new AppError('not_found', 'There is no such webhook.');
}

/** Gives a webhook a new secret. What it had signs too for another day, so that the receiver can change over in between. */
export async function rotateSecret(
  ctx: Pick<Ctx, 'secrets' | 'now'>,
  tx: Db,
  userId: string,
  id: string,
): Promise<Webhook> {
  const webhook = await lockWebhook(tx, userId, id);
  const now = ctx.now().getTime();
  const replaced = {
    sealed: webhook.secret,
    keyId: webhook.secretKeyId,
    until: new Date(now + overlapMs).toISOString(),
  };
  const { sealed, keyId } = sealSecret(ctx.secrets, id, newSecret());
  const [row] = await tx
    .update(webhooks)
    .set({
      secret: sealed,
      secretKeyId: keyId,
      previousSecrets: [replaced, ...webhook.previousSecrets.filter(({ until }) => Date.parse(until) > now)].slice(
        0,
        maxPreviousSecrets,
      ),
      updatedAt: sql`now()` as never,
    })
    .where(eq(webhooks.id, id))
    .returning();
  if (!row) throw new AppError('not_found', 'There is no such webhook.');
  return row;
}

/** Enqueues a `webhook.test` in `tx`. Throws `invalid_state` for a webhook that is disabled. */
export async function testWebhook(
  ctx: Pick<Ctx, 'queue'>,
  tx: Db,
  userId: string,
  id: string,
): Promise<WebhookDelivery> {
  const webhook = await activeWebhook(tx, userId, id);
  const payload = payloadOf('webhook.test', { webhookId: id, message: 'This is a test. Nothing has happened.' });
  return addDelivery(ctx, tx, userId, webhook.id, payload);
}

/**
 * Sends a delivery again, at once and with the same id: the receiver can tell that it is the same event. Does nothing
 * for one that is being sent. Throws `invalid_state` for a webhook that is disabled.
 */
export async function redeliver(ctx: Ctx, userId: string, id: string, deliveryId: string): Promise<WebhookDelivery> {
  return ctx.db.transaction(async (tx) => {
    const webhook = await activeWebhook(tx, userId, id);
    const delivery = await getDelivery(tx, webhook, deliveryId);
    const anew: DeliveryChange = {
      status: 'pending',
      lease: sql`${webhookDeliveries.lease} + 1`,
      attempts: 0,
      nextAttemptAt: sql`now()`,
      responseStatus: null,
      responseExcerpt: null,
      error: null,
      durationMs: null,
      deliveredAt: null,
      failedAt: null,
    };
    const [row] = await tx
      .update(webhookDeliveries)
      .set(anew as Partial<WebhookDelivery>)
      .where(and(eq(webhookDeliveries.id, delivery.id), sql`${webhookDeliveries.status} <> 'delivering'`))
      .returning();
    if (!row) return getDelivery(tx, webhook, deliveryId);
    await ctx.queue.enqueue(tx, webhookJob, { deliveryId: row.id });
    return row;
  });
}

/** A webhook that can be sent to, locked: nobody disables it before `tx` ends. */
async function activeWebhook(tx: Db, userId: string, id: string): Promise<Webhook> {
  const webhook = await lockWebhook(tx, userId, id);
  if (webhook.status === 'active') return webhook;
  throw new AppError('invalid_state', 'This webhook is disabled, so nothing is sent to it.', {
    hint: 'Switch it on first: PATCH /webhooks/:id with { "status": "active" }.',
  });
}

/** The address in its regular form. What it leads to is checked anew at every delivery, when its name is resolved. */
function receiverAddress(ctx: Pick<Ctx, 'config'>, typed: string): string {
  if (!URL.canParse(typed)) throw invalidAddress('must be a whole address, for example https://example.com/hooks/blog');
  const url = new URL(typed);
  try {
    checkUrl(url, parsePrivateHosts(ctx.config.net.allowPrivateHosts));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw invalidAddress(error.message, error.hint);
  }
  url.hash = '';
  return url.href;
}

function invalidAddress(message: string, hint?: string): AppError {
  return new AppError('invalid_request', `url: ${message}`, {
    errors: [{ path: 'url', message }],
    ...(hint ? { hint } : {}),
  });
}

const distinct = (events: SubscribableType[]) => [...new Set(events)].sort();
