import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';

/** Headers that only a proxy adds: a request that carries one did not come straight from this machine. */
const forwarded = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'do-connecting-ip', 'cf-connecting-ip', 'via'];
const localNames = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * The address a request came from. `header` is the one in which the operator's own proxy names it
 * (CLIENT_ADDRESS_HEADER); anyone can send that header, so it counts only on connections from a private address, which a
 * proxy in front has and a client on the internet does not. In a list the last entry is the one that our proxy added.
 */
export function clientAddress(request: FastifyRequest, header: string | null): string {
  const socket = normalised(request.socket.remoteAddress ?? '') ?? 'unknown';
  if (!header || socket === 'unknown' || ipaddr.process(socket).range() === 'unicast') return socket;
  const value = request.headers[header];
  const last = (Array.isArray(value) ? value.join(',') : (value ?? '')).split(',').at(-1)?.trim() ?? '';
  return normalised(last) ?? socket;
}

/** True when a request was made on this very machine, by name of this machine, and no proxy stood in between. */
export function isLocal(request: FastifyRequest): boolean {
  const address = normalised(request.socket.remoteAddress ?? '');
  const hostName = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
  return (
    address !== null &&
    ipaddr.process(address).range() === 'loopback' &&
    localNames.has(hostName) &&
    forwarded.every((header) => request.headers[header] === undefined)
  );
}

/** One spelling of an address, an IPv4 address in IPv6 clothes as IPv4; null for what is none. */
function normalised(text: string): string | null {
  return ipaddr.isValid(text) ? ipaddr.process(text).toString() : null;
}

/**
 * Whom an address is counted as: an IPv4 address by itself, an IPv6 address with the /64 it is in, because that is the
 * least that a subscriber gets, who could otherwise come from another address each time (RFC 6177).
 */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv4'
    ? parsed.toString()
    : `${parsed.toNormalizedString().split(':').slice(0, 4).join(':')}::/64`;
}
