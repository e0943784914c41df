import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose request this is; every query is limited to this user's rows. */
    userId: string;
  }
}

const forwarded = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'do-connecting-ip', 'cf-connecting-ip'];
const localNames = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Until there are accounts, one local owner exists, and only someone on this very machine is taken for them: the
 * connection comes from loopback, was not forwarded by a proxy, and names a loopback host (a page elsewhere that
 * resolves its own name to 127.0.0.1 does not). Throws `unauthenticated`, or `cross_site_request` for a request that
 * another site's page sent.
 */
export function requireLocalOwner(ctx: Pick<AppContext, 'ownerId'>): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const host = request.headers.host ?? '';
    const hostName = host.replace(/:\d+$/, '').toLowerCase();
    const local =
      isLoopback(request.socket.remoteAddress) &&
      localNames.has(hostName) &&
      forwarded.every((header) => request.headers[header] === undefined);
    if (!local) throw new AppError('unauthenticated', 'Only the machine that blog-poster runs on may use it.');
    const origin = request.headers.origin;
    if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
      throw new AppError('cross_site_request', `Requests from pages of ${origin} are refused.`);
    }
    request.userId = ctx.ownerId;
  };
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
}
