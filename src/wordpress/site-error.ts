import { AppError } from '../errors.ts';
import type { FetchFailure } from '../net/fetch-errors.ts';

/** Why a call to a site failed: `details.cause` of every error from here, and the code of the check's finding. Stable. */
export type SiteCause = keyof typeof causes;

/** Whether trying again later can help, and what a person can do. */
export const causes = {
  dns: { retryable: true, hint: 'Check the spelling of the address, and that the domain has not expired.' },
  refused: { retryable: true, hint: 'Check that the web server runs and that the port in the address is right.' },
  tls: {
    retryable: true,
    hint: 'Open the site in a browser and look at its certificate; ask the host to renew or complete it.',
  },
  tls_expired: { retryable: true, hint: 'Renew the certificate, or ask the host to; renewal can be made automatic.' },
  tls_self_signed: {
    retryable: true,
    hint: 'Get a certificate from a public authority: Let’s Encrypt and most hosts give one for free.',
  },
  tls_wrong_host: {
    retryable: true,
    hint: 'Enter the address that the certificate is made for (with or without www), or ask the host for one that names this address.',
  },
  timeout: {
    retryable: true,
    hint: 'The site is slow or a firewall drops our requests; try again, then ask the host.',
  },
  connection_lost: {
    retryable: true,
    hint: 'Try again; if it keeps happening, ask the host what closes the connection.',
  },
  rate_limited: {
    retryable: true,
    hint: 'The site asks for fewer requests; the next attempt waits as long as it said.',
  },
  server_error: {
    retryable: true,
    hint: 'Look at the error log of the site; a plugin may fail, or it is being updated.',
  },
  maintenance: {
    retryable: true,
    hint: 'Wait until the update is done. If it lasts, delete the file .maintenance in the folder of WordPress, or turn the maintenance mode off.',
  },
  answer_incomplete: {
    retryable: true,
    hint: 'Try again; if it keeps happening, a plugin may be printing errors into the answer.',
  },
  address_blocked: { retryable: false, hint: 'Use a public address, or list the host in ALLOW_PRIVATE_HOSTS.' },
  answer_too_large: { retryable: false, hint: 'A plugin may be adding to the REST answers; ask the host of the site.' },
  redirected: { retryable: false, hint: 'Enter the address that the site redirects to as the address of the site.' },
  redirected_to_other_host: {
    retryable: false,
    hint: 'Enter the address that the site redirects to: passwords are not sent along to another host.',
  },
  redirected_to_www: {
    retryable: false,
    hint: 'Enter the address that the site redirects to, with www or without: a redirect loses the header with the password.',
  },
  redirected_to_http: {
    retryable: false,
    hint: 'Let the site answer over https: the password would travel unprotected.',
  },
  rest_missing: {
    retryable: false,
    hint: 'Check that this is the address of the WordPress site itself, and that no security plugin turns the REST API off.',
  },
  rest_disabled: {
    retryable: false,
    hint: 'Let users with an Application Password use the REST API in the security plugin that closes it, or turn that setting off.',
  },
  rest_on_other_host: { retryable: false, hint: 'Enter the address that WordPress names as the address of the site.' },
  not_json: {
    retryable: false,
    hint: 'A login wall, cache or firewall answers in place of the REST API; let /wp-json/ through.',
  },
  credentials_rejected: {
    retryable: false,
    hint:
      'Make a new Application Password under Users > Profile (the login password does not work) and enter it with the user name. ' +
      'If it is right, the web server drops the Authorization header: let it pass to PHP.',
  },
  role_insufficient: {
    retryable: false,
    hint: 'Give the user the role Author or Editor on the site, or publish as a draft.',
  },
  firewall: { retryable: false, hint: 'Allow blog-poster in the firewall or security plugin of the site.' },
  not_found: { retryable: false, hint: 'It may have been deleted on the site.' },
  upload_refused: { retryable: false, hint: 'The site does not accept this kind of file; use JPEG, PNG or WebP.' },
  rejected: { retryable: false, hint: 'Read what the site says, correct it and try again.' },
} as const satisfies Record<string, { retryable: boolean; hint: string }>;

interface SiteErrorOptions {
  hint?: string;
  details?: Record<string, unknown>;
  retryAt?: Date;
  cause?: unknown;
}

/** The cause of a redirect from one host to another: only a `www.` more or less, or another site altogether. */
export function otherHostCause(from: string, to: string): SiteCause {
  const bare = (name: string) => name.replace(/^www\./i, '').toLowerCase();
  return bare(from) === bare(to) && from !== to ? 'redirected_to_www' : 'redirected_to_other_host';
}

/** The error of a failed call: `site_unreachable` when waiting can help, else `site_rejected`; names its cause. */
export function siteError(cause: SiteCause, message: string, options: SiteErrorOptions = {}): AppError {
  const { retryable, hint } = causes[cause];
  return new AppError(retryable ? 'site_unreachable' : 'site_rejected', message, {
    hint: options.hint ?? hint,
    details: { ...options.details, cause },
    retryAt: options.retryAt,
    cause: options.cause,
  });
}

/** Whether a cause may pass by itself, so that trying again later can help. */
export function isTransient(cause: string): boolean {
  return Object.hasOwn(causes, cause) && causes[cause as SiteCause].retryable && !lasting.has(cause);
}
/** What is tried again, in case it is mended, but seldom passes by itself. */
const lasting: ReadonlySet<string> = new Set(['dns', 'tls', 'tls_expired', 'tls_self_signed', 'tls_wrong_host']);

/** The cause of an error made by {@link siteError}, or undefined for any other error. */
export function siteCauseOf(error: unknown): SiteCause | undefined {
  const cause = error instanceof AppError ? error.details?.cause : undefined;
  return typeof cause === 'string' && Object.hasOwn(causes, cause) ? (cause as SiteCause) : undefined;
}

/** How each failure of the safe fetch is named here, and whether the request may have reached the site by then. */
const failures: Readonly<Record<FetchFailure, { cause: SiteCause; sent: boolean }>> = {
  dns: { cause: 'dns', sent: false },
  refused: { cause: 'refused', sent: false },
  unreachable: { cause: 'refused', sent: false },
  tls: { cause: 'tls', sent: false },
  timeout: { cause: 'timeout', sent: true },
  reset: { cause: 'connection_lost', sent: true },
  network: { cause: 'connection_lost', sent: true },
  redirects: { cause: 'redirected', sent: true },
  headers: { cause: 'answer_incomplete', sent: true },
  encoding: { cause: 'answer_incomplete', sent: true },
  protocol: { cause: 'answer_incomplete', sent: true },
};
const circleHint =
  'Open the site in a browser: check its address under Settings > General, and its redirects and cache.';
/** What Node says of a certificate, where there is a mend of its own. */
const certificates: Readonly<Record<string, SiteCause>> = {
  CERT_HAS_EXPIRED: 'tls_expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls_self_signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls_self_signed',
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls_wrong_host',
};
/** Time-outs of the connection itself, before a byte of the request was sent. */
const connectCodes = new Set(['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT']);

/** Names the failure of a request that got no answer. What is not an error of the safe fetch (an abort) is returned as it is. */
export function noAnswer(error: unknown, method: string): unknown {
  if (!(error instanceof AppError)) return error;
  const { cause: failure, code } = error.details ?? {};
  const wrap = (cause: SiteCause, sent: boolean) =>
    siteError(cause, error.message, {
      details: { mayHaveHappened: sent && method !== 'GET' },
      cause: error,
      // Safe fetch follows redirects itself; what fails then is a circle.
      ...(failure === 'redirects' ? { hint: circleHint } : {}),
    });
  if (error.code === 'fetch_blocked') return wrap('address_blocked', false);
  if (error.code === 'fetch_too_large') return wrap('answer_too_large', true);
  if (error.code !== 'fetch_failed') return error;
  const known =
    typeof failure === 'string' && Object.hasOwn(failures, failure)
      ? failures[failure as FetchFailure]
      : failures.network;
  const cause = (known.cause === 'tls' && certificates[String(code)]) || known.cause;
  return wrap(cause, known.sent && !connectCodes.has(String(code)));
}
