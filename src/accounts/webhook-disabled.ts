import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { explainDisabled } from '../webhooks/health.ts';
import type { Webhook } from '../webhooks/schema.ts';
import { getUser } from './account.ts';
import { mailWebhookDisabled } from './mails.ts';

/** Mails the owner of a webhook that was switched off, in the transaction that does it. */
export async function tellWebhookDisabled(ctx: AppContext, tx: Db, webhook: Webhook): Promise<void> {
  const { id, email } = await getUser(tx, webhook.userId);
  if (email === null) return;
  await mailWebhookDisabled(
    ctx,
    tx,
    { userId: id, email },
    { id: webhook.id, url: webhook.url, reason: explainDisabled(webhook) ?? '' },
  );
}
