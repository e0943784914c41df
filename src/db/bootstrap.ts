import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { AppError } from '../errors.ts';

/** What of a connection is needed here; one of pg, as the owner of the database. */
export interface OwnerConnection {
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  escapeIdentifier(name: string): string;
  escapeLiteral(text: string): string;
}

/** What the app needs beside the tables that it makes itself. */
const extension = 'vector';

/** What was found and done. */
export interface Bootstrapped {
  database: string;
  owner: string;
  role: string;
  /** True when the role was made here; one that was there keeps its password unless one was given. */
  created: boolean;
  extensionVersion: string;
}

/**
 * Prepares a database for an app that is neither superuser nor owner, as the owner: the extension, the app's role, and
 * its right to make tables and the schema of the queue. Safe to run again. Throws `invalid_request` for a role that
 * cannot be used, and `data_unusable` where the server does not let the owner do it, or tables are there that the role
 * could not change.
 */
export async function bootstrapDatabase(
  owner: OwnerConnection,
  { role, password }: { role: string; password: string | null },
): Promise<Bootstrapped> {
  const [me] = (
    await owner.query('select current_user as owner, current_database() as database, current_schema() as schema')
  ).rows;
  if (me?.owner === role) {
    throw new AppError('invalid_request', `${role} is who DATABASE_URL signs in as.`, {
      hint: 'DATABASE_URL has to be that of the owner here (doadmin on DigitalOcean); --role names another role, for the app.',
    });
  }
  const name = owner.escapeIdentifier(role);
  const database = owner.escapeIdentifier(String(me?.database));
  const extensionVersion = await ensureExtension(owner);
  const found = await findRole(owner, role);
  if (found?.superuser) {
    throw new AppError('invalid_request', `${role} is a superuser.`, {
      hint: 'The app needs no such rights: name another role, which is then made.',
    });
  }
  if (!found && password === null) {
    throw new AppError('invalid_request', `There is no role ${role} yet, and no password to make it with.`, {
      hint: 'Send one through standard input: openssl rand -hex 24 | blog-poster database bootstrap --role NAME --password-stdin',
    });
  }
  if (!found) await owner.query(`create role ${name} login`);
  if (password !== null) {
    // The digest, not the password: statements may stand in the log of the server.
    await owner.query(`alter role ${name} password ${owner.escapeLiteral(scramVerifier(password))}`);
  }
  await owner.query(`grant connect, create, temporary on database ${database} to ${name}`);
  await owner.query(`grant usage, create on schema public to ${name}`);
  await refuseForeignTables(owner, role);
  return {
    database: String(me?.database),
    owner: String(me?.owner),
    role,
    created: !found,
    extensionVersion,
  };
}

async function ensureExtension(owner: OwnerConnection): Promise<string> {
  try {
    await owner.query(`create extension if not exists ${extension} with schema public`);
  } catch (cause) {
    throw new AppError('data_unusable', `The extension ${extension} could not be made: ${(cause as Error).message}.`, {
      hint: 'Install pgvector on the server, and sign in as the owner of the database (doadmin on DigitalOcean).',
      cause,
    });
  }
  const { rows } = await owner.query('select extversion from pg_extension where extname = $1', [extension]);
  return String(rows[0]?.extversion);
}

async function findRole(owner: OwnerConnection, role: string): Promise<{ superuser: boolean } | null> {
  const { rows } = await owner.query('select rolsuper from pg_roles where rolname = $1', [role]);
  return rows[0] ? { superuser: rows[0].rolsuper === true } : null;
}

/** Migrations change tables, which only their owner may. */
async function refuseForeignTables(owner: OwnerConnection, role: string): Promise<void> {
  const { rows } = await owner.query(
    `select tableowner, count(*)::int as count from pg_tables
     where schemaname in ('public', 'pgboss') and tableowner <> $1 group by 1 order by 2 desc`,
    [role],
  );
  if (!rows[0]) return;
  const { tableowner, count } = rows[0];
  throw new AppError('data_unusable', `${count} tables of this database belong to ${tableowner}, not to ${role}.`, {
    hint: `The rights are granted, but ${role} cannot migrate those. Hand them over as ${tableowner}: reassign owned by ${tableowner} to ${role};`,
  });
}

/** The form in which PostgreSQL keeps a password (RFC 5802 and 7677). Plain ASCII only, which needs no preparation. */
function scramVerifier(password: string): string {
  const iterations = 4096;
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const sign = (text: string) => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(sign('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${sign('Server Key').toString('base64')}`;
}
