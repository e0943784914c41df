import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AppContext } from '../context.ts';
import { networkOf } from '../http/client-address.ts';
import { limitExceeded, setLimitHeaders } from '../limits/hook.ts';

/** Counts an attempt for the address it came from, and for the account it is about. Throws `rate_limited`. */
export async function limitAttempts(
  ctx: Pick<AppContext, 'config' | 'limiter'>,
  request: FastifyRequest,
  reply: FastifyReply,
  email: string | null,
): Promise<void> {
  const perMinute = ctx.config.accounts.authRequestsPerMinute;
  const results = await Promise.all([
    ctx.limiter.take({ name: 'attempts-of-address', perMinute }, networkOf(request.clientAddress)),
    ...(email === null ? [] : [ctx.limiter.take({ name: 'attempts-on-account', perMinute }, email)]),
  ]);
  const [tightest] = results.sort((a, b) => Number(a.allowed) - Number(b.allowed) || a.remaining - b.remaining);
  if (!tightest) return;
  setLimitHeaders(reply, tightest);
  if (!tightest.allowed) throw limitExceeded(tightest, 'attempts');
}
