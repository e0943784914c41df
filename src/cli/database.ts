import { loadConfig } from '../config.ts';
import { bootstrapDatabase } from '../db/bootstrap.ts';
import { postgresConnection } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { type Io, print } from './io.ts';
import { readAll } from './password.ts';

/** Prepares a PostgreSQL database for the app, signed in as its owner; once, before the first start. */
export async function bootstrapCommand(
  io: Io,
  options: { role: string; passwordStdin?: boolean; json?: boolean },
): Promise<number> {
  // Nothing is encrypted here, so whoever prepares the database need not know the secret.
  const { config, secrets } = loadConfig({ ...io.env, APP_SECRET: io.env.APP_SECRET?.trim() || 'not used'.padEnd(32) });
  if (config.database.kind === 'embedded' || !secrets.databaseUrl) {
    throw new AppError('invalid_request', 'DATABASE_URL is not set: the embedded database needs no preparation.', {
      hint: "Set it to the address of the database with the owner's name and password (doadmin on DigitalOcean).",
    });
  }
  const password = options.passwordStdin ? readPassword(await readAll(io.stdin)) : null;
  const { Client } = (await import('pg')).default;
  const client = new Client(postgresConnection(secrets.databaseUrl, config.database.caCertificate));
  await client.connect();
  try {
    const done = await bootstrapDatabase(client, { role: options.role, password });
    print(io, options.json, done, () => [
      `The database ${done.database} has pgvector ${done.extensionVersion}.`,
      `The role ${done.role} ${done.created ? 'is made and' : 'is there and'} may make tables; it is no superuser and owns nothing else.`,
      `Set DATABASE_URL of the app to the same address with that role and its password; the owner's is not needed again.`,
    ]);
    return 0;
  } finally {
    await client.end();
  }
}

/** Its form is checked because PostgreSQL would prepare other letters in a way that is not imitated here. */
function readPassword(text: string): string {
  const password = text.replace(/\r?\n$/, '');
  if (!/^[\x21-\x7e]{16,128}$/.test(password)) {
    throw new AppError('invalid_request', 'The password must have 16 to 128 letters, digits and signs of ASCII.', {
      hint: 'The output of openssl rand -hex 24 is one.',
    });
  }
  return password;
}
