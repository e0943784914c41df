import { createHash, createHmac } from 'node:crypto';
import { and, eq, lt } from 'drizzle-orm';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AppContext } from '../context.ts';
import { digest } from '../digest.ts';
import { AppError } from '../errors.ts';
import { longAgo } from '../retention.ts';
import { open, reseal, type Sealed, type SecretChange, seal } from '../secret-box.ts';
import { idempotencyKeys } from './schema.ts';

const purpose = 'answers kept for repeated requests, version 2';

/** What is kept, encrypted. The digest of the body is in it as well, so that it can be keyed anew with another APP_SECRET. */
interface Kept {
  body: string;
  answer: unknown;
}

const keptFor = longAgo('idempotencyKeys');

/**
 * Runs a creating request at most once per Idempotency-Key: the same key and body get the stored answer, another body
 * 409. The answer is stored in the same transaction as what `create` wrote, so neither can exist without the other.
 * Answers are kept for a day, encrypted: some hold what is shown only once.
 */
export async function onceByKey<Answer>(
  ctx: Pick<AppContext, 'db' | 'secrets'>,
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  create: (tx: AppContext['db']) => Promise<Answer>,
): Promise<Answer> {
  reply.code(status);
  const key = request.headers['idempotency-key'];
  // Without an account there is no one whose key it could be: the command line on a new instance.
  if (typeof key !== 'string' || key === '' || request.userId === '') return ctx.db.transaction((tx) => create(tx));
  if (key.length > 200) throw new AppError('invalid_request', 'Idempotency-Key: must be at most 200 characters');

  const mine = and(eq(idempotencyKeys.userId, request.userId), eq(idempotencyKeys.key, key));
  const operation = `${request.method} ${request.url}`;
  const body = digestOfBody(request.body);
  const bodyDigest = keyed(ctx.secrets, body);
  return ctx.db.transaction(async (tx) => {
    await tx.delete(idempotencyKeys).where(and(mine, lt(idempotencyKeys.createdAt, keptFor)));
    // Waits for a first request that is still in its transaction, and then finds its answer.
    const inserted = await tx
      .insert(idempotencyKeys)
      .values({ userId: request.userId, key, operation, bodyDigest })
      .onConflictDoNothing()
      .returning({ key: idempotencyKeys.key });
    if (inserted.length === 0) {
      const [stored] = await tx.select().from(idempotencyKeys).where(mine);
      if (!stored || stored.operation !== operation || stored.bodyDigest !== bodyDigest) {
        throw new AppError('idempotency_conflict', 'This Idempotency-Key was used for a different request.');
      }
      return readAnswer<Answer>(ctx, key, stored.answer);
    }
    const answer = await create(tx);
    const kept: Kept = { body, answer };
    const sealed = seal(ctx.secrets, purpose, key, JSON.stringify(kept));
    await tx.update(idempotencyKeys).set({ status, answer: sealed }).where(mine);
    return answer;
  });
}

/** A file is not walked through as an object. */
function digestOfBody(body: unknown): string {
  return body instanceof Uint8Array ? createHash('sha256').update(body).digest('hex') : digest(body ?? null);
}

/** Keyed, because a body may hold a password, and a plain digest of a weak one could be guessed from a stolen database. */
function keyed(secrets: SecretChange['to'], body: string): string {
  return createHmac('sha256', secrets.appSecret).update(body).digest('hex');
}

function readAnswer<Answer>(ctx: Pick<AppContext, 'secrets'>, key: string, stored: unknown): Answer {
  return openKept(ctx.secrets, key, stored).answer as Answer;
}

function openKept(secrets: SecretChange['to'], key: string, stored: unknown): Kept {
  return JSON.parse(open(secrets, purpose, key, stored as Sealed, 'The answer to the first of these requests'));
}

/** Carries a kept answer over to another APP_SECRET; null when there is none, or it is encrypted under that already. */
export function resealAnswer(
  change: SecretChange,
  { key, answer }: { key: string; answer: unknown },
): { bodyDigest: string; answer: Sealed } | null {
  if (answer === null) return null;
  const moved = reseal(change, purpose, key, answer as Sealed, 'A kept answer');
  return moved && { bodyDigest: keyed(change.to, openKept(change.to, key, moved).body), answer: moved };
}
