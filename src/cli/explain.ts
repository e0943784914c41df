import { explainDatabaseError } from '../db/database-error.ts';
import { AppError } from '../errors.ts';

/** What a system or the database said when starting failed, in words: what happened, what to do. */
const causes: Record<string, (error: SystemError) => [string, string]> = {
  EADDRINUSE: (error) => [
    `Port ${error.port} is taken by another program.`,
    `Stop that program, or choose another port: PORT=${(error.port ?? 3000) + 1} npm start`,
  ],
  EACCES: (error) => [
    `This user may not listen on port ${error.port}.`,
    'Choose a port from 1024 up, for example: PORT=3000 npm start',
  ],
  EADDRNOTAVAIL: (error) => [
    `${error.address} is not an address of this machine.`,
    'Set HOST to one of its addresses, for example HOST=127.0.0.1, or leave it empty.',
  ],
  ECONNREFUSED: () => [
    'The database in DATABASE_URL refuses connections.',
    'Check that it runs and that host and port are right.',
  ],
  ENOTFOUND: () => ['The host in DATABASE_URL is unknown.', 'Check its spelling and the name server.'],
  ETIMEDOUT: () => ['The database in DATABASE_URL does not answer.', 'Check host, port and firewall.'],
  '28P01': () => ['The database refuses the password in DATABASE_URL.', 'Check user name and password.'],
  '28000': (error) => [
    `The database refuses the user in DATABASE_URL: ${error.message}.`,
    'Check user name and password, its pg_hba.conf, and whether it wants TLS (?sslmode=require).',
  ],
  '3D000': () => ['The database named in DATABASE_URL does not exist.', 'Create it, or correct the name.'],
  '42501': (error) => [
    `The database user lacks a right: ${error.message}.`,
    "Run once with the owner's name and password in DATABASE_URL: blog-poster database bootstrap --role THE_USER",
  ],
  SELF_SIGNED_CERT_IN_CHAIN: foreignCertificate,
  DEPTH_ZERO_SELF_SIGNED_CERT: foreignCertificate,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: foreignCertificate,
  ERR_TLS_CERT_ALTNAME_INVALID: (error) => [
    `The certificate of the database is not for the host in DATABASE_URL: ${error.message}`,
    'Take the host name that the provider gives, not its address.',
  ],
  '0A000': (error) => [
    `The database server cannot do something that is needed: ${error.message}.`,
    'Install pgvector on it.',
  ],
};

interface SystemError extends Error {
  code: string;
  port?: number;
  address?: string;
}

/** The words for a start say more than those for a running server: they name DATABASE_URL. */
function isKnownCause(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code in causes;
}

/** What the database said stands inside what the query builder says of it. */
function withKnownCause(error: unknown): unknown {
  const cause = error instanceof Error ? error.cause : null;
  return isKnownCause(cause) ? cause : error;
}

/**
 * Puts what made a command fail into lines for its user: what happened, then what to do. Mistakes in the configuration
 * are one line each. Only what nobody foresaw shows a stack.
 */
export function explain(error: unknown): string[] {
  if (error instanceof AppError) {
    if (error.code === 'config_invalid') return error.message.split('\n');
    const cause = error.cause instanceof Error ? [`Reason: ${error.cause.message}`] : [];
    return [error.message, ...cause, error.hint];
  }
  const database = explainDatabaseError(error);
  if (database && !(error instanceof AggregateError) && !isKnownCause(error)) return [database.message, database.hint];
  // A host name with several addresses fails with one error for each of them.
  const inner = withKnownCause(error instanceof AggregateError ? error.errors[0] : error);
  if (inner instanceof Error && 'code' in inner && typeof inner.code === 'string') {
    const put = causes[inner.code];
    if (put) return put(inner as SystemError);
  }
  return [inner instanceof Error ? (inner.stack ?? inner.message) : String(inner)];
}

function foreignCertificate(): [string, string] {
  return [
    'The certificate of the database is signed by an authority that is not known here.',
    "Set DATABASE_CA_CERT to the certificate of the provider's authority (DigitalOcean: doctl databases get-ca).",
  ];
}
