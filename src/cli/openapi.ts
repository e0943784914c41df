import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { closeContext, createContext, createHttpServer, migrateAll } from '../app.ts';
import { loadConfig } from '../config.ts';
import { fromPglite } from '../db/open.ts';
import { createLogger } from '../logger.ts';
import { apiDescription } from '../shipped-files.ts';
import { type Io, print } from './io.ts';

const checkedIn = fileURLToPath(apiDescription);

/**
 * Writes the description of the API, always the same bytes for the same routes. With `check` nothing is written and
 * exit status 1 says that the file is not that of the present routes.
 */
export async function openapiCommand(
  io: Io,
  options: { out?: string; check?: boolean; json?: boolean },
): Promise<number> {
  const file = options.out ?? checkedIn;
  const text = await describeApi();
  const same = existsSync(file) && readFileSync(file, 'utf8') === text;
  if (!options.check && !same) writeFileSync(file, text);
  const changed = options.check ? [] : same ? [`${file} is up to date.`] : [`Wrote ${file}.`];
  print(io, options.json, { file, upToDate: same, written: !options.check && !same }, () =>
    options.check
      ? [same ? `${file} is up to date.` : `${file} is not that of the present routes: npm run openapi`]
      : changed,
  );
  return options.check && !same ? 1 : 0;
}

/**
 * The OpenAPI document of all routes as text with sorted keys. The application is built over a database in memory, so
 * that neither a server nor a data directory is touched.
 */
export async function describeApi(): Promise<string> {
  const { config, secrets } = loadConfig(
    { APP_SECRET: 'only for describing the routes, never stored' },
    { role: 'web', logLevel: 'silent' },
  );
  const { PGlite } = await import('@electric-sql/pglite');
  const { vector } = await import('@electric-sql/pglite-pgvector');
  const database = await fromPglite(await PGlite.create({ extensions: { vector } }));
  await migrateAll(database);
  const ctx = await createContext(config, secrets, createLogger('silent'), database);
  try {
    const server = await createHttpServer(ctx);
    await server.ready();
    const document = server.swagger();
    await server.close();
    return `${JSON.stringify(sorted(document), null, 2)}\n`;
  } finally {
    await closeContext(ctx);
  }
}

/** The same value with the keys of every object in alphabetical order; lists keep theirs. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
