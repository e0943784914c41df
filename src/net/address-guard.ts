import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { buildConnector } from 'undici';
import { AppError } from '../errors.ts';

/** Resolves a name to all its addresses; replaced in tests to imitate DNS rebinding. */
export type ResolveAll = (hostname: string) => Promise<LookupAddress[]>;

/** What may be reached besides the public network, as parsed from ALLOW_PRIVATE_HOSTS. */
export interface PrivateHosts {
  hosts: Set<string>;
  hostsWithPort: Set<string>;
  ranges: [ipaddr.IPv4 | ipaddr.IPv6, number][];
}

// Answers only from inside Azure although it is a public address: the platform's own agent with machine secrets.
const platformAddresses = new Set(['168.63.129.16']);
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Reads a list of `host`, `host:port`, addresses and CIDR ranges.
 * @throws AppError config_invalid for an entry that is none of these.
 */
export function parsePrivateHosts(entries: readonly string[]): PrivateHosts {
  const allowed: PrivateHosts = { hosts: new Set(), hostsWithPort: new Set(), ranges: [] };
  for (const raw of entries) {
    const entry = raw.trim().toLowerCase();
    if (entry === '') continue;
    if (entry.includes('/')) {
      if (!ipaddr.isValidCIDR(entry)) throw invalidEntry(raw);
      allowed.ranges.push(ipaddr.parseCIDR(entry));
      continue;
    }
    if (ipaddr.IPv6.isValid(entry)) {
      allowed.ranges.push([ipaddr.IPv6.parse(entry), 128]);
      continue;
    }
    // The URL parser brings the entry into the very form in which the host of a request will be compared with it.
    const url = URL.canParse(`http://${entry}`) ? new URL(`http://${entry}`) : null;
    if (url === null || url.pathname !== '/' || url.username !== '' || url.search !== '') throw invalidEntry(raw);
    const port = /:(\d+)$/.exec(entry)?.[1];
    const host = withoutFinalDot(url.hostname);
    if (port === undefined) allowed.hosts.add(host);
    else allowed.hostsWithPort.add(`${host}:${Number(port)}`);
  }
  return allowed;
}

function invalidEntry(entry: string): AppError {
  return new AppError('config_invalid', `"${entry}" is not a host, host:port or CIDR range.`, {
    hint: 'Write ALLOW_PRIVATE_HOSTS like this: intranet.example,localhost:8080,10.0.0.0/8',
  });
}

/**
 * True for an address of the public internet. IPv4 inside IPv6 counts as the IPv4 address when mapped (::ffff:0:0/96);
 * every other IPv6 address must lie in 2000::/3, the only block that IANA gives out for global unicast, which leaves
 * out ::/96, NAT64 (64:ff9b::/96), unique local and site-local addresses whatever the library calls them.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const ip = ipaddr.process(address);
  if (ip.range() !== 'unicast') return false;
  if (ip instanceof ipaddr.IPv6) return ip.match(globalUnicast);
  return !platformAddresses.has(ip.toString());
}

function inAllowedRange(address: string, allowed: PrivateHosts): boolean {
  if (!ipaddr.isValid(address)) return false;
  const ip = ipaddr.process(address);
  return allowed.ranges.some(([range, bits]) => range.kind() === ip.kind() && ip.match(range, bits));
}

/** True when the operator has named this host, or this host with this port, as one that may be private. */
export function isNamedHost(hostname: string, port: number, allowed: PrivateHosts): boolean {
  const host = withoutFinalDot(hostname.toLowerCase());
  return allowed.hosts.has(host) || allowed.hostsWithPort.has(`${host}:${port}`);
}

/**
 * Refuses a URL before anything is resolved: other schemes than http(s), credentials, and literal addresses that are
 * not public (name resolution, where names are checked, does not run for them).
 * @throws AppError fetch_blocked
 */
export function checkUrl(url: URL, allowed: PrivateHosts): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw blocked(`Addresses that begin with ${url.protocol} are not fetched, only http and https.`, 'scheme');
  }
  if (url.username !== '' || url.password !== '') {
    throw blocked('The address holds a user name or password, which are not accepted there.', 'credentials', {
      hint: 'Remove the part before the @ from the address.',
    });
  }
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  checkLiteral(url.hostname, port, allowed);
}

/** `example.com.` is the same name as `example.com`. */
const withoutFinalDot = (hostname: string) => hostname.replace(/\.$/, '');

function checkLiteral(hostname: string, port: number, allowed: PrivateHosts): void {
  // RFC 6761: these names mean the machine itself, wherever a resolver may send them.
  if (/(^|\.)localhost\.?$/i.test(hostname) && allowed.ranges.length === 0 && !isNamedHost(hostname, port, allowed)) {
    throw blocked(`${hostname} is this machine itself, so it is not fetched.`, 'private_address', {
      details: { host: hostname },
    });
  }
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) === 0 || isPublicAddress(literal)) return;
  if (inAllowedRange(literal, allowed) || isNamedHost(hostname, port, allowed)) return;
  throw blocked(`${hostname} is not a public internet address, so it is not fetched.`, 'private_address', {
    details: { host: hostname },
  });
}

/** A fetch_blocked error with a stable word for its reason in `details.cause`. */
export function blocked(
  message: string,
  cause: string,
  options: { hint?: string; details?: Record<string, unknown> } = {},
): AppError {
  return new AppError('fetch_blocked', message, { hint: options.hint, details: { ...options.details, cause } });
}

/** Resolves through the operating system, as Node itself does, but asks for every address. */
export const resolveAll: ResolveAll = (hostname) =>
  new Promise((resolve, reject) => {
    dnsLookup(hostname, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
  });

/**
 * The function that opens connections. The check stands here, on the very addresses that the socket is then given, so
 * a name that answers differently the second time (DNS rebinding) gains nothing. One private address among several
 * refuses the name: which of them a socket would take cannot be foreseen.
 */
export function createGuardedConnector(args: {
  allowed: PrivateHosts;
  resolve: ResolveAll;
  ca: string | undefined;
  connectTimeoutMs: number;
}): buildConnector.connector {
  const { allowed, resolve } = args;
  const lookupFor =
    (named: boolean): LookupFunction =>
    (hostname, options, callback) => {
      resolve(hostname).then(
        (addresses) => {
          const first = addresses[0];
          if (first === undefined) {
            callback(Object.assign(new Error(`no address for ${hostname}`), { code: 'ENOTFOUND' }), '');
            return;
          }
          const bad = named
            ? undefined
            : addresses.find(({ address }) => !isPublicAddress(address) && !inAllowedRange(address, allowed));
          if (bad !== undefined) {
            callback(
              blocked(
                `${hostname} leads to ${bad.address}, which is not a public internet address.`,
                'private_address',
                {
                  details: { host: hostname, address: bad.address },
                },
              ),
              '',
            );
          } else if (options.all) callback(null, addresses);
          else callback(null, first.address, first.family);
        },
        (error: NodeJS.ErrnoException) => callback(error, ''),
      );
    };
  const build = (named: boolean): buildConnector.connector =>
    // HTTP/2 is left out: it saves nothing on single pages and adds header and stream bombs to defend against.
    buildConnector({
      lookup: lookupFor(named),
      timeout: args.connectTimeoutMs,
      allowH2: false,
      ca: args.ca,
    } as buildConnector.BuildOptions);
  const connectPublic = build(false);
  const connectNamed = build(true);
  return (options, callback) => {
    const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80);
    try {
      checkLiteral(options.hostname, port, allowed);
    } catch (error) {
      callback(error as AppError, null);
      return;
    }
    (isNamedHost(options.hostname, port, allowed) ? connectNamed : connectPublic)(options, callback);
  };
}
