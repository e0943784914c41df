import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import type { DisabledReason, Webhook } from '../webhooks/schema.ts';
import { getUser } from './account.ts';
import { mailWebhookDisabled } from './mails.ts';

const reasons: Record<DisabledReason, string> = {
  gone: 'its receiver answered that it is gone for good (410).',
  failing: 'nothing it was sent in three days was taken.',
  rejecting: 'twenty deliveries in a row were given up.',
  user: 'you switched it off.',
};

/** Mails the owner of a webhook that was switched off, in the transaction that does it. */
export async function tellWebhookDisabled(ctx: AppContext, tx: Db, webhook: Webhook): Promise<void> {
  const { id, email } = await getUser(tx, webhook.userId);
  if (email === null) return;
  const reason = reasons[webhook.disabledReason ?? 'failing'];
  await mailWebhookDisabled(ctx, tx, { userId: id, email }, { id: webhook.id, url: webhook.url, reason });
}
