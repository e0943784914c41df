import { z } from 'zod';
import type { Secrets } from '../config.ts';
import { postOptionsSchema } from '../publishing/options.ts';
import type { PublicationStatus } from '../publishing/publication-status.ts';
import { sealCredential } from '../sites/credentials.ts';
import { newSecret, sealSecret } from '../webhooks/secrets.ts';
import { unreadable } from './open-archive.ts';

type Row = Record<string, unknown>;
interface Arrival {
  secrets: Pick<Secrets, 'appSecret'>;
  /** When it is taken in, ISO 8601 in UTC. */
  now: string;
}

const waiting: readonly unknown[] = ['queued', 'scheduled', 'publishing'] satisfies PublicationStatus[];

/** Whether a publication waits to be sent, or is on its way. */
export const isToBeSent = ({ status }: Row): boolean => waiting.includes(status);
const idSchema = z.uuid();
/** As much of a post as its comparing relies on. */
const postSchema = z.looseObject({ id: z.int(), title: z.string(), content: z.string() }).nullish();
const conflictSchema = z
  .looseObject({ kind: z.string(), fields: z.array(z.looseObject({ name: z.string() })) })
  .nullish();

/**
 * A row as another instance takes it in: nothing of it is sent, read on a schedule or told to anybody before its owner has
 * looked at it. The instance it comes from may still be at work.
 * @throws AppError import_unreadable
 */
export function arrive(table: string, row: Row, arrival: Arrival): Row {
  return arrivals[table]?.(row, arrival) ?? row;
}

const arrivals: Readonly<Record<string, (row: Row, arrival: Arrival) => Row>> = {
  /** Its password did not come along: it is held until a check with a new one succeeds, and goes on by itself then. */
  sites(row, { secrets, now }) {
    const { credential, credentialKeyId } = sealCredential(secrets, idOf('sites', row), '');
    return {
      ...row,
      ...{ credential, credential_key_id: credentialKeyId, paused_at: now, paused_by: 'site' },
      ...{ last_check: null, last_checked_at: null, last_ok_at: null, failing_since: null, told_failing: false },
      next_check_at: now,
    };
  },

  /**
   * What waited there is not sent from here as well. One with a post on the site stays the publication of that post; its
   * id is the mark in the post, so that a later publication finds it.
   */
  publications(row) {
    fits(postOptionsSchema, row.options, 'publications', row);
    for (const post of [row.sent, row.theirs]) fits(postSchema, post, 'publications', row);
    fits(conflictSchema, row.conflict, 'publications', row);
    const stopped = isToBeSent(row);
    const status = stopped ? (typeof row.remote_id === 'number' ? 'published' : 'cancelled') : row.status;
    return { ...row, status, next_attempt_at: null, error: stopped ? null : row.error };
  },

  schedules: (row, { now }) => ({ ...row, paused_at: now, paused_by: 'user', next_slot_at: null }),
  watched_sources: (row, { now }) => ({ ...row, paused_at: row.paused_at ?? now }),

  webhooks(row, { secrets, now }) {
    const { sealed, keyId } = sealSecret(secrets, idOf('webhooks', row), newSecret());
    return {
      ...row,
      ...{ secret: sealed, secret_key_id: keyId, status: 'disabled', disabled_reason: 'user', disabled_at: now },
    };
  },
};

function idOf(table: string, row: Row): string {
  const id = idSchema.safeParse(row.id).data;
  if (id === undefined) throw notARow(table, row);
  return id;
}

function fits(schema: z.ZodType, value: unknown, table: string, row: Row): void {
  const read = schema.safeParse(value);
  if (!read.success) throw notARow(table, row, read.error);
}

/** A row that no export writes. */
export function notARow(table: string, row: Row, cause?: unknown): Error {
  const id = idSchema.safeParse(row.id).data;
  return unreadable(`A row of ${table} in the archive is not what an export writes${id ? ` (${id})` : ''}.`, { cause });
}
