import type { FastifyReply } from 'fastify';
import { AppError } from '../errors.ts';
import type { LimitResult } from './limiter.ts';

/** Tells the client where it stands, on answers and refusals alike; a refusal also says when to come back. */
export function setLimitHeaders(reply: Pick<FastifyReply, 'header'>, result: LimitResult): void {
  reply.header('ratelimit-limit', String(result.limit));
  reply.header('ratelimit-remaining', String(result.remaining));
  reply.header('ratelimit-reset', String(result.resetSeconds));
  if (!result.allowed) reply.header('retry-after', String(result.resetSeconds));
}

/** The refusal of one request too many; `what` names what was counted, as in "requests" or "attempts to sign in". */
export function limitExceeded(result: LimitResult, what: string): AppError {
  const seconds = result.resetSeconds === 1 ? '1 second' : `${result.resetSeconds} seconds`;
  return new AppError('rate_limited', `Too many ${what}: ${result.limit} a minute are allowed.`, {
    hint: `Wait ${seconds} and send the request again.`,
    retryAt: new Date(Date.now() + result.resetSeconds * 1000),
  });
}
