import { printable } from './storable.ts';

/** What each stable error code means to a caller: its HTTP status, whether trying again can help, and the usual mend. */
const errorCodes = {
  invalid_request: { status: 422, retryable: false, hint: 'Correct the named fields and send the request again.' },
  malformed_body: { status: 400, retryable: false, hint: 'Send valid JSON with Content-Type: application/json.' },
  unsupported_media_type: { status: 415, retryable: false, hint: 'Send JSON with Content-Type: application/json.' },
  body_too_large: { status: 413, retryable: false, hint: 'Send at most 1 MB; split long texts over several sources.' },
  unauthenticated: {
    status: 401,
    retryable: false,
    hint: 'Log in, or send Authorization: Bearer with an access token or an API key.',
  },
  invalid_credentials: {
    status: 401,
    retryable: false,
    hint: 'Check both; if you have forgotten the password, ask for a new one (POST /api/v1/auth/forgot-password).',
  },
  two_factor_required: {
    status: 401,
    retryable: false,
    hint: 'Send the same again with code: the six digits of your authenticator app, or a backup code.',
  },
  two_factor_invalid: {
    status: 401,
    retryable: false,
    hint: 'Wait for the next code and check the clock of your phone; a backup code works once.',
  },
  two_factor_locked: {
    status: 429,
    retryable: true,
    hint: 'Wait for 15 minutes; if it was not you, change your password.',
  },
  token_invalid: { status: 401, retryable: false, hint: 'Log in again to get new tokens.' },
  link_invalid: { status: 422, retryable: false, hint: 'Ask for a new link, and use it once and in time.' },
  email_not_verified: {
    status: 403,
    retryable: false,
    hint: 'Open the link in the mail that was sent to it, or ask for another (POST /api/v1/auth/resend-verification).',
  },
  account_disabled: { status: 403, retryable: false, hint: 'Ask the admin of this instance.' },
  password_wrong: { status: 403, retryable: false, hint: 'Enter the password you log in with.' },
  reauthentication_required: { status: 403, retryable: false, hint: 'Send your password, or log in again.' },
  forbidden: { status: 403, retryable: false, hint: 'Ask an admin of this instance.' },
  insufficient_scope: { status: 403, retryable: false, hint: 'Use a key that has this scope.' },
  signups_closed: { status: 403, retryable: false, hint: 'Ask the admin of this instance for an account.' },
  invitation_required: { status: 403, retryable: false, hint: 'Ask the admin of this instance for an invitation.' },
  no_account: {
    status: 409,
    retryable: false,
    hint: 'Make one: blog-poster user create --email you@example.com --admin',
  },
  cross_site_request: {
    status: 403,
    retryable: false,
    hint: 'Send the request from the page that blog-poster itself serves.',
  },
  rate_limited: { status: 429, retryable: true, hint: 'Wait as long as Retry-After says and send the request again.' },
  articles_limit_reached: {
    status: 429,
    retryable: true,
    hint: 'Wait for the next month, or ask the administrator of this instance for more articles.',
  },
  queue_full: {
    status: 429,
    retryable: true,
    hint: 'Nothing was started. Wait as long as Retry-After says and send the same again, also with the same Idempotency-Key.',
  },
  not_found: { status: 404, retryable: false, hint: 'Check the address; the object may have been deleted.' },
  conflict: {
    status: 409,
    retryable: false,
    hint: 'Read the object again and repeat the change on its present state.',
  },
  stale_revision: {
    status: 409,
    retryable: false,
    hint: 'Read the article again, merge your change and send the new revision number.',
  },
  idempotency_conflict: { status: 409, retryable: false, hint: 'Use a new Idempotency-Key for a different request.' },
  invalid_state: { status: 409, retryable: false, hint: 'Look at its status first; this action does not fit it.' },
  already_published: { status: 409, retryable: false, hint: 'Start a new article, or edit this one by hand.' },
  duplicate_topic: {
    status: 409,
    retryable: false,
    hint: 'Look at what it is like; send duplicates: "allow" if you want a second one all the same.',
  },
  import_unreadable: {
    status: 422,
    retryable: false,
    hint: 'Look at what is said to be wrong with the file, correct it, and import it again: nothing is taken twice.',
  },
  no_topic: {
    status: 409,
    retryable: false,
    hint: 'Add topics to the backlog: the next time of the schedule takes the first of them.',
  },
  no_sources: {
    status: 422,
    retryable: false,
    hint: 'Add at least one page, feed, file or pasted text that can be read, and retry.',
  },
  duplicate: {
    status: 409,
    retryable: false,
    hint: 'Open the article named here; continue if you want a second one all the same.',
  },
  budget_exceeded: { status: 402, retryable: false, hint: 'Raise the budget of this pipeline and continue.' },
  price_unknown: {
    status: 422,
    retryable: false,
    hint: 'Choose a model with a known price, or set its price explicitly.',
  },
  model_unknown: {
    status: 422,
    retryable: false,
    hint: 'Use provider:model with the provider openai, anthropic or google, for example openai:gpt-5-mini, or offline.',
  },
  model_rejected: {
    status: 502,
    retryable: false,
    hint: 'Check the key, the model name and the account of the provider, and retry.',
  },
  model_refused: {
    status: 502,
    retryable: false,
    hint: 'Put the topic in other words, look at the sources, or choose another model; then retry.',
  },
  model_unavailable: {
    status: 503,
    retryable: true,
    hint: 'The provider is busy or down; the pipeline tries again by itself.',
  },
  model_output_invalid: {
    status: 502,
    retryable: false,
    hint: 'Retry the step, or choose a model that can return structured output.',
  },
  search_unavailable: {
    status: 503,
    retryable: true,
    hint: 'The search provider is busy or down; the pipeline tries again by itself.',
  },
  search_rejected: {
    status: 502,
    retryable: false,
    hint: 'Check the key and the address of the search provider (blog-poster doctor does), and retry.',
  },
  step_output_unreadable: { status: 409, retryable: false, hint: 'Redo the pipeline from the named step.' },
  lease_lost: {
    status: 409,
    retryable: true,
    hint: 'Another worker has taken the pipeline over; nothing needs to be done.',
  },
  fetch_blocked: {
    status: 422,
    retryable: false,
    hint: 'Use a public http(s) address, or list the host in ALLOW_PRIVATE_HOSTS.',
  },
  fetch_failed: { status: 502, retryable: true, hint: 'Check that the address opens in a browser, and retry.' },
  fetch_too_large: { status: 422, retryable: false, hint: 'Use a smaller page, or paste the text that matters.' },
  extraction_failed: { status: 422, retryable: false, hint: 'Paste the text of the page as a source instead.' },
  image_refused: { status: 422, retryable: false, hint: 'Send another picture as PNG, JPEG, WebP or GIF.' },
  images_full: {
    status: 409,
    retryable: false,
    hint: 'Delete images that no article needs; GET /api/v1/images says where each is used.',
  },
  image_in_use: {
    status: 409,
    retryable: false,
    hint: 'Take it out of these articles, or send ?force=true to delete it all the same.',
  },
  source_in_use: {
    status: 409,
    retryable: false,
    hint: 'It is the proof of what these articles say, and stays for as long as they do, the bin included.',
  },
  site_unreachable: {
    status: 502,
    retryable: true,
    hint: 'Check that the site opens in a browser; then run the check of the site.',
  },
  site_rejected: { status: 502, retryable: false, hint: 'Run the check of the site: it names the cause and the mend.' },
  mail_unavailable: {
    status: 503,
    retryable: true,
    hint: 'The mail server is busy or down; the mail is sent by itself when it answers again.',
  },
  mail_misconfigured: {
    status: 502,
    retryable: true,
    hint: 'Correct the named setting and restart; what waits is sent then. blog-poster doctor tries the settings.',
  },
  mail_refused: {
    status: 502,
    retryable: false,
    hint: 'The words of the mail server say why; look at the address, then send the mail again.',
  },
  webhook_not_accepted: {
    status: 502,
    retryable: true,
    hint: 'Look at the log of the receiver: it has to answer 2xx within 10 seconds. It is tried again by itself for a day.',
  },
  secret_unreadable: {
    status: 500,
    retryable: false,
    hint: 'APP_SECRET has changed: set the old one again, or enter the credentials anew.',
  },
  config_invalid: { status: 500, retryable: false, hint: 'Correct the named environment variables and start again.' },
  data_in_use: {
    status: 409,
    retryable: false,
    hint: 'Stop the other blog-poster that uses this data directory, or set another DATA_DIR.',
  },
  data_unusable: {
    status: 500,
    retryable: false,
    hint: 'Check the data directory: its rights, its free space and the version that wrote it.',
  },
  storage_full: {
    status: 507,
    retryable: true,
    hint: 'Make room on that disk. Nothing that was acknowledged is lost; work goes on by itself, or at the next start.',
  },
  database_unavailable: {
    status: 503,
    retryable: true,
    hint: 'Nothing is lost; work goes on by itself when the database answers again. Check that it runs.',
  },
  backup_running: {
    status: 409,
    retryable: true,
    hint: 'Wait until it is done; the admin page shows how far it is.',
  },
  backup_storage_unavailable: {
    status: 503,
    retryable: true,
    hint: 'Check that the storage of the backups can be reached from here. Backups that are there already are untouched.',
  },
  backup_storage_rejected: {
    status: 502,
    retryable: false,
    hint: 'Check S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, and what the key may do.',
  },
  backup_damaged: {
    status: 422,
    retryable: false,
    hint: 'Use another backup: blog-poster backup list shows which were verified. Nothing was changed.',
  },
  backup_unreadable: {
    status: 422,
    retryable: false,
    hint: 'Set BACKUP_AGE_IDENTITY to the private key that belongs to the recipient of this backup.',
  },
  backup_tools_missing: {
    status: 500,
    retryable: false,
    hint: 'Install the client programs of PostgreSQL (Debian and Ubuntu: postgresql-client) of at least the version of the server.',
  },
  database_not_empty: {
    status: 409,
    retryable: false,
    hint: 'Restore into an empty database, or name this one to replace what is in it.',
  },
  shutting_down: { status: 503, retryable: true, hint: 'The server is restarting; try again in a few seconds.' },
  internal: {
    status: 500,
    retryable: false,
    hint: 'This is a fault of blog-poster: look for the request id in its log.',
  },
} as const satisfies Record<string, { status: number; retryable: boolean; hint: string }>;

/** The stable, documented codes of every error that leaves the product. */
export type ErrorCode = keyof typeof errorCodes;

/** All codes with their meaning, for documentation and tests. */
export const errorCatalogue: Readonly<Record<ErrorCode, { status: number; retryable: boolean; hint: string }>> =
  errorCodes;

/** One mistake in a request: where it is, and what is wrong with it. */
export interface FieldError {
  path: string;
  message: string;
}

/** Options of an {@link AppError}; `details` is evidence for the log and may be shown, so it never holds a secret. */
export interface AppErrorOptions {
  hint?: string;
  cause?: unknown;
  errors?: FieldError[];
  details?: Record<string, unknown>;
  /** Names that may have been meant by one that is not known, the nearest first. */
  suggestions?: string[];
  /** When trying again makes sense, as a time in UTC. */
  retryAt?: Date;
}

/** An expected failure: `message` says what happened in plain words, `hint` what to do next. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly retryable: boolean;
  readonly hint: string;
  readonly errors: FieldError[] | undefined;
  readonly details: Record<string, unknown> | undefined;
  readonly suggestions: string[] | undefined;
  readonly retryAt: Date | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.status = errorCodes[code].status;
    this.retryable = errorCodes[code].retryable;
    this.hint = options.hint ?? errorCodes[code].hint;
    this.errors = options.errors;
    this.details = options.details;
    this.suggestions = options.suggestions;
    this.retryAt = options.retryAt;
  }
}

/** What is stored of an error and shown to users; never a stack, never a secret. */
export interface StoredError {
  code: ErrorCode;
  message: string;
  hint: string;
}

/** Turns anything thrown into what may be stored and shown. Unexpected errors keep only a general message. */
export function toStoredError(error: unknown): StoredError {
  // A message may repeat what a page, a model or a site said.
  if (error instanceof AppError)
    return { code: error.code, message: printable(error.message), hint: printable(error.hint) };
  return { code: 'internal', message: 'Something unexpected went wrong.', hint: errorCodes.internal.hint };
}
