import { readRetryAfter } from '../net/retry-after.ts';
import type { SafeFetchResponse } from '../net/safe-fetch.ts';
import { otherHostCause, siteError } from './site-error.ts';

/** The JSON of an answer and its headers. */
export interface RestAnswer {
  json: unknown;
  headers: Headers;
}

/** What WordPress says of a failure: its code, its words, and the status it means. */
interface WordPressFailure {
  code: string;
  message: string;
  status: number;
  /** Of the term that has the name already (`term_exists`). */
  termId?: number;
  /** The parameters that it refuses (`rest_invalid_param`). */
  parameters?: string[];
}

export function isJson(response: SafeFetchResponse): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\b/i.test(response.headers.get('content-type') ?? '');
}

/** How an answer looks, for messages: `200 text/html`. */
export function describe(response: SafeFetchResponse): string {
  const type = response.headers.get('content-type')?.split(';')[0]?.trim();
  return `${response.status} ${type || 'without a content type'}`;
}

/** What PHP prints into an answer when its errors are shown (display_errors, WP_DEBUG_DISPLAY). */
const phpNotice =
  /^\s*(?:<br \/>\s*)?(?:<b>)?(?:PHP )?(Fatal error|Parse error|Warning|Notice|Deprecated)(?:<\/b>)?: +([^\n]{0,200})/;
/** Where an object or a list may begin; notices may hold brackets of their own. */
const jsonStart = /\{"|\{\}|\[\{|\[\]/g;
const maxStarts = 20;

/** The first PHP error that stands in front of an answer, as one line; undefined when there is none. */
function printedError(body: Uint8Array): string | undefined {
  const found = phpNotice.exec(new TextDecoder().decode(body.subarray(0, 2_000)));
  return found ? `${found[1]}: ${found[2]?.replace(/<[^>]*>/g, '').trim()}` : undefined;
}

/**
 * The JSON of a body. Plugins that print PHP notices in front of it are common, so whatever stands before the first
 * object or list that goes on to the end is passed over.
 * @returns undefined when there is no complete JSON in it.
 */
export function parseJson(body: Uint8Array): unknown {
  const text = new TextDecoder().decode(body).trim();
  let starts = 0;
  for (const start of [0, ...text.matchAll(jsonStart).map(({ index }) => index)]) {
    if (starts++ > maxStarts) break;
    try {
      if (text !== '') return JSON.parse(start === 0 ? text : text.slice(start));
    } catch (error) {
      // Not JSON from here: the next start may be. Anything but a syntax error is a fault of ours.
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return undefined;
}

/**
 * Takes the JSON out of an answer of the REST API, or throws what the answer means. The status is the key; WordPress's
 * code only refines it, because wrong credentials look like none at all (401 rest_cannot_create, rest_not_logged_in).
 * @throws AppError site_unreachable (429, 5xx, cut answers) or site_rejected, with `details.cause`.
 */
export function readAnswer(
  response: SafeFetchResponse,
  method: string,
  now: () => Date = () => new Date(),
): RestAnswer {
  const { status, headers } = response;
  const host = new URL(response.url).host;
  // Once something was printed, PHP can no longer say that JSON follows: the type is then that of a page.
  const printed = printedError(response.body);
  const json = isJson(response) || printed ? parseJson(response.body) : undefined;
  if (status >= 200 && status < 300) {
    const details = { status, mayHaveHappened: method !== 'GET' };
    if (printed && json === undefined) {
      throw siteError('answer_incomplete', `PHP on ${host} prints an error in place of the answer: ${printed}`, {
        details,
        hint: 'Look at the error log of the site: a plugin or theme fails. Turn off WP_DEBUG_DISPLAY there.',
      });
    }
    if (!isJson(response) && !printed) {
      throw siteError('not_json', `${host} answered ${describe(response)} where WordPress answers JSON.`, { details });
    }
    if (json === undefined)
      throw siteError('answer_incomplete', `The answer of ${host} was cut off or is not valid JSON.`, { details });
    return { json, headers };
  }
  throw failureOf(response, host, method, json, now);
}

function failureOf(response: SafeFetchResponse, host: string, method: string, json: unknown, now: () => Date): Error {
  const said = wordPressFailure(json, response.status);
  const status = said?.status ?? response.status;
  const words = said ? `: ${said.message} (${said.code})` : ` (${describe(response)})`;
  const refused = {
    details: {
      status: response.status,
      wordpressCode: said?.code,
      termId: said?.termId,
      parameters: said?.parameters,
      mayHaveHappened: false,
    },
  };
  const retryAt = retryAfter(response.headers, now());
  // The first is for a body that is the file, the second for a form.
  if (said?.code === 'rest_upload_sideload_error' || said?.code === 'rest_upload_unknown_error')
    return siteError('upload_refused', `${host} does not accept the file${words}`, refused);
  if (status >= 300 && status < 400) return redirectError(response, host);
  if (status === 429)
    return siteError('rate_limited', `${host} asks for fewer requests${words}`, { ...refused, retryAt });
  if (status === 503 && isMaintenance(response, said, retryAt !== undefined)) {
    const details = { ...refused.details, mayHaveHappened: method !== 'GET' };
    return siteError('maintenance', `${host} is in maintenance mode${words}`, { details, retryAt });
  }
  if (status === 408 || status === 425 || status >= 500) {
    const details = { ...refused.details, mayHaveHappened: method !== 'GET' };
    return siteError('server_error', `${host} failed with status ${status}${words}`, { details, retryAt });
  }
  if ((status === 401 || status === 403) && said && closedCodes.has(said.code))
    return siteError('rest_disabled', `A plugin on ${host} closes the REST API${words}`, refused);
  if (status === 401) {
    if (!isJson(response) && response.headers.has('www-authenticate')) {
      return siteError('firewall', `A password wall in front of ${host} asks for a login of its own${words}`, {
        ...refused,
        hint: 'Take the directory protection (HTTP basic authentication) off /wp-json/; it uses the same header as Application Passwords.',
      });
    }
    return siteError(
      'credentials_rejected',
      `${host} does not accept the user name and Application Password${words}`,
      refused,
    );
  }
  if (status === 403) {
    return said
      ? siteError('role_insufficient', `The user may not do this on ${host}${words}`, refused)
      : siteError('firewall', `Something in front of WordPress on ${host} forbids the request${words}`, refused);
  }
  if (said?.code === 'rest_no_route')
    return siteError('rest_missing', `${host} does not offer this part of the REST API${words}`, refused);
  if (status === 404 || status === 410) {
    return said
      ? siteError('not_found', `${host} does not have it${words}`, refused)
      : siteError('rest_missing', `${host} has no REST API at this address${words}`, refused);
  }
  return siteError('rejected', `${host} refused the request${words}`, refused);
}

/**
 * What plugins answer that close the REST API to visitors or to everybody: Disable REST API (rest_cannot_access), Disable
 * WP REST API (rest_login_required), Solid Security, Perfmatters, and the snippets that are passed around.
 */
const closedCodes: ReadonlySet<string> = new Set([
  'rest_disabled',
  'rest_api_disabled',
  'rest_cannot_access',
  'rest_login_required',
  'rest_authentication_error',
  'itsec_rest_api_access_restricted',
]);

/**
 * Whether a 503 is WordPress's own “Briefly unavailable for scheduled maintenance” (as JSON or as a page, in the language
 * of the site, always with Retry-After) or the page of a maintenance plugin.
 */
function isMaintenance(response: SafeFetchResponse, said: WordPressFailure | undefined, told: boolean): boolean {
  const text = new TextDecoder().decode(response.body.subarray(0, 20_000));
  if (/Briefly unavailable for scheduled maintenance/i.test(text)) return true;
  if (told && (said?.code === 'wp_die' || /class="wp-die-message"|id="error-page"/.test(text))) return true;
  return /<title>[^<]*maintenance/i.test(text);
}

/** A redirect is never followed with the password; where it points decides what the user has to do. */
function redirectError(response: SafeFetchResponse, host: string): Error {
  const location = URL.parse(response.headers.get('location') ?? '', response.url);
  const details = {
    status: response.status,
    location: location && `${location.origin}${location.pathname}`,
    mayHaveHappened: false,
  };
  const target = location ? location.origin : 'an address that cannot be read';
  const other = location !== null && location.host !== host;
  return siteError(
    other ? otherHostCause(new URL(response.url).hostname, location.hostname) : 'redirected',
    `${host} redirects to ${other ? target : (details.location ?? target)}.`,
    { details },
  );
}

/**
 * WordPress's error object. A forbidden parameter (the status `any` without a login) comes as 400 rest_invalid_param with
 * the true status inside.
 */
function wordPressFailure(json: unknown, status: number): WordPressFailure | undefined {
  const { code, message, data } = record(json);
  if (typeof code !== 'string') return undefined;
  const inner = Object.values(record(record(data).details)).map((detail) => record(record(detail).data).status);
  const meant = inner.find((value) => value === 401 || value === 403);
  const term = record(data).term_id;
  // Long enough to understand, too short to fill a log; some plugins put whole pages here.
  const clean = String(message ?? '')
    .replace(/<[^>]*>/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 200);
  return {
    code: code.slice(0, 80),
    message: clean || 'no message',
    status: typeof meant === 'number' && status === 400 ? meant : status,
    ...(code === 'term_exists' && typeof term === 'number' ? { termId: term } : {}),
    ...(code === 'rest_invalid_param' ? { parameters: Object.keys(record(record(data).params)).slice(0, 20) } : {}),
  };
}

/** A JSON value as a record; anything else (PHP writes an empty object as `[]`) is empty. */
export function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** What a site asks for, at most a day ahead. */
function retryAfter(headers: Headers, now: Date): Date | undefined {
  const at = readRetryAfter(headers.get('retry-after'), now);
  return at ? new Date(Math.min(at.getTime(), now.getTime() + 86_400_000)) : undefined;
}
