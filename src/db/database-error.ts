import { AppError } from '../errors.ts';
import { storageError } from '../storage-error.ts';

/** SQLSTATE (PostgreSQL, appendix A) and system errors after which waiting helps, in words. */
const passing: Readonly<Record<string, string>> = {
  '08000': 'the connection failed',
  '08001': 'it takes no connections',
  '08003': 'the connection is gone',
  '08004': 'it refused the connection',
  '08006': 'the connection was lost',
  '25006': 'it takes no writes: it is read-only',
  '25P03': 'it took back a transaction that stood still',
  '53000': 'it is short of resources',
  '53200': 'it is out of memory',
  '53300': 'all of its connections are taken',
  '57P01': 'it was stopped',
  '57P02': 'it crashed and restarts',
  '57P03': 'it is starting or stopping',
  '57P05': 'it closed an idle connection',
  ECONNREFUSED: 'it refuses connections',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: 'it does not answer',
};
const hints: Readonly<Record<string, string>> = {
  '25006':
    'Nothing is lost; work goes on as soon as it can be written. Check whether it is a standby, or default_transaction_read_only is on.',
  '53300':
    'Nothing is lost; work goes on by itself. Each process needs 9 connections: raise the limit, or close other programs.',
};
/** node-postgres gives these no code. */
const lostConnection =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/**
 * What the database (or the way to it) said, as an error for users: `storage_full`, `database_unavailable` (both pass and
 * are tried again), or `invalid_request` for a character that it cannot keep. Null for anything else, which is a fault of
 * ours.
 */
export function explainDatabaseError(error: unknown): AppError | null {
  for (let cause: unknown = error, depth = 0; cause !== null && typeof cause === 'object' && depth < 8; depth++) {
    if (cause instanceof AppError) return null;
    const { code, message, errors } = cause as { code?: unknown; message?: unknown; errors?: unknown[] };
    if (code === '53100') {
      return new AppError('storage_full', 'The disk of the database is full.', { cause: error });
    }
    if (code === 'ENOSPC') return storageError('the database', error);
    if (code === '22021' || code === '22P05') {
      return new AppError('invalid_request', 'A text holds a character that the database cannot keep.', {
        cause: error,
      });
    }
    const lost = typeof message === 'string' && lostConnection.test(message);
    const reason = typeof code === 'string' ? passing[code] : lost ? 'the connection was lost' : undefined;
    if (reason) {
      const hint = typeof code === 'string' ? hints[code] : undefined;
      return new AppError('database_unavailable', `The database cannot be used now: ${reason}.`, {
        cause: error,
        ...(hint ? { hint } : {}),
      });
    }
    cause = (cause as { cause?: unknown }).cause ?? errors?.[0];
  }
  return null;
}
