import type { FastifyRequest } from 'fastify';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import type { Via } from '../http/access.ts';
import { printable } from '../storable.ts';
import { auditEvents } from './schema.ts';

/** Everything that touches access or what is charged, by the name it has in the audit log. */
export const auditActions = [
  'registered',
  'registration-refused',
  'email-verified',
  'logged-in',
  'login-failed',
  'logged-out',
  'session-revoked',
  'refresh-token-reused',
  'password-reset-asked',
  'password-reset',
  'password-changed',
  'email-change-asked',
  'email-changed',
  'profile-changed',
  'two-factor-enabled',
  'two-factor-disabled',
  'backup-codes-renewed',
  'backup-code-used',
  'api-key-created',
  'api-key-revoked',
  'provider-key-stored',
  'provider-key-deleted',
  'account-exported',
  'account-imported',
  'account-deleted',
  'invited',
  'invitation-revoked',
  'user-created',
  'user-disabled',
  'user-enabled',
  'limits-changed',
  'failures-redriven',
  'made-admin',
  'message-sent',
  'price-set',
  'price-removed',
] as const;
export type AuditAction = (typeof auditActions)[number];

/** Who acts, and from where. */
export interface Actor {
  id: string | null;
  via: Via;
  address: string | null;
  userAgent: string | null;
}

const longestUserAgent = 300;

/** Whoever sent a request; nobody in particular on a public route. */
export function actorOf(request: FastifyRequest): Actor {
  const agent = request.headers['user-agent'];
  return {
    id: request.principal?.userId ?? null,
    via: request.principal?.via ?? 'nobody',
    address: request.clientAddress,
    userAgent: agent ? printable(agent).slice(0, longestUserAgent) : null,
  };
}

/** The instance itself. */
export const systemActor: Actor = { id: null, via: 'system', address: null, userAgent: null };

/** Records what was done to the access of `userId`, in the transaction that does it. `details` hold no secrets. */
export async function recordAudit(
  tx: Db,
  actor: Actor,
  action: AuditAction,
  userId: string | null,
  details: Record<string, unknown> = {},
): Promise<void> {
  await tx.insert(auditEvents).values({
    id: newId(),
    userId,
    actorId: actor.id,
    via: actor.via,
    action,
    address: actor.address,
    userAgent: actor.userAgent,
    details,
  });
}
