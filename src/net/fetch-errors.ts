import { AppError } from '../errors.ts';

/** The stable word in `details.cause` that says why a fetch failed. */
export type FetchFailure =
  | 'dns'
  | 'refused'
  | 'unreachable'
  | 'reset'
  | 'tls'
  | 'timeout'
  | 'redirects'
  | 'headers'
  | 'encoding'
  | 'protocol'
  | 'network';

const byCode: Record<string, [FetchFailure, (host: string) => string]> = {
  ENOTFOUND: ['dns', (host) => `The name ${host} does not exist in DNS.`],
  ENODATA: ['dns', (host) => `The name ${host} has no address in DNS.`],
  EAI_AGAIN: ['dns', (host) => `The name ${host} could not be resolved just now: the DNS server did not answer.`],
  ECONNREFUSED: ['refused', (host) => `${host} refused the connection: nothing listens on that port.`],
  EHOSTUNREACH: ['unreachable', (host) => `There is no route to ${host}.`],
  ENETUNREACH: ['unreachable', (host) => `There is no route to the network of ${host}.`],
  ECONNRESET: ['reset', (host) => `${host} cut the connection before the answer was complete.`],
  EPIPE: ['reset', (host) => `${host} cut the connection while the request was being sent.`],
  UND_ERR_SOCKET: ['reset', (host) => `${host} cut the connection before the answer was complete.`],
  ETIMEDOUT: ['timeout', (host) => `${host} did not answer the attempt to connect.`],
  UND_ERR_CONNECT_TIMEOUT: ['timeout', (host) => `${host} did not answer the attempt to connect.`],
  UND_ERR_HEADERS_TIMEOUT: ['timeout', (host) => `${host} accepted the request and then did not answer.`],
  UND_ERR_BODY_TIMEOUT: ['timeout', (host) => `${host} stopped sending in the middle of its answer.`],
  UND_ERR_HEADERS_OVERFLOW: ['headers', (host) => `${host} sent more header lines than are accepted.`],
  HPE_HEADER_OVERFLOW: ['headers', (host) => `${host} sent more header lines than are accepted.`],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['reset', (host) => `${host} sent less than it had announced.`],
  CERT_HAS_EXPIRED: ['tls', (host) => `The TLS certificate of ${host} has expired.`],
  CERT_NOT_YET_VALID: ['tls', (host) => `The TLS certificate of ${host} is not valid yet; check the clocks.`],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['tls', (host) => `The TLS certificate of ${host} is self-signed.`],
  SELF_SIGNED_CERT_IN_CHAIN: ['tls', (host) => `The TLS certificate of ${host} comes from an unknown authority.`],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['tls', (host) => `${host} does not send the whole chain of its TLS certificate.`],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'tls',
    (host) => `The TLS certificate of ${host} comes from an unknown authority.`,
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: ['tls', (host) => `The TLS certificate that ${host} shows was made for another name.`],
};

/** Codes along the chain of causes, outermost first; a failed attempt on several addresses carries an AggregateError. */
function* chain(error: unknown): Generator<Error & { code?: unknown }> {
  let current = error;
  for (let depth = 0; depth < 8 && current instanceof Error; depth++) {
    yield current;
    current = current.cause ?? (current instanceof AggregateError ? current.errors[0] : undefined);
  }
}

/**
 * Translates what undici and Node throw into an AppError with plain words; an AppError anywhere in the chain (the
 * address guard's own) is returned as it is. `host` is the host and port that was being asked.
 */
export function toFetchError(error: unknown, host: string): AppError {
  for (const link of chain(error)) {
    if (link instanceof AppError) return link;
  }
  for (const link of chain(error)) {
    const code = typeof link.code === 'string' ? link.code : '';
    const known = byCode[code];
    if (known !== undefined) return fetchFailed(known[1](host), known[0], { host, code }, error);
    if (/^(CERT_|ERR_TLS_|ERR_SSL_|EPROTO$|UNABLE_TO_)/.test(code)) {
      return fetchFailed(
        `No encrypted connection to ${host} could be agreed on (${code}).`,
        'tls',
        { host, code },
        error,
      );
    }
    if (/^Z_|^ERR_(BROTLI|ZSTD|_)|ZLIB|^ERR__ERROR/.test(code)) {
      return fetchFailed(`${host} sent an answer whose compression is broken.`, 'encoding', { host, code }, error);
    }
    if (/^HPE_/.test(code) || link.name === 'HTTPParserError') {
      return fetchFailed(`${host} did not answer in proper HTTP.`, 'protocol', { host, code }, error);
    }
    if (link.message === 'bad port') {
      return new AppError('fetch_blocked', `The port of ${host} belongs to another protocol and is not fetched.`, {
        details: { host, cause: 'port' },
      });
    }
  }
  return fetchFailed(`The connection to ${host} failed.`, 'network', { host }, error);
}

/** A fetch_failed error with its stable cause. */
export function fetchFailed(
  message: string,
  cause: FetchFailure,
  details: Record<string, unknown>,
  error?: unknown,
): AppError {
  return new AppError('fetch_failed', message, { cause: error, details: { ...details, cause } });
}
