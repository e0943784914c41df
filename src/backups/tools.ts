import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { constants, existsSync, readdirSync } from 'node:fs';
import { access, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Config, Secrets } from '../config.ts';
import { AppError } from '../errors.ts';

/** The client programs of one version of PostgreSQL. */
export interface Tools {
  folder: string;
  major: number;
  /** PATH for them: those of Debian are wrappers in Perl. */
  path: string;
}

/** Where Debian's and the PostgreSQL project's packages put them, besides PATH. */
const packaged = ['/usr/lib/postgresql', '/usr/pgsql', '/opt/homebrew/opt', '/usr/local/opt'];

/**
 * Finds pg_dump, pg_restore and psql for a server of version `serverMajor`: of its own version, else of the next newer one
 * (older ones cannot read it). Looks on PATH, then where packages put them. Throws `backup_tools_missing` with what to install.
 */
export async function findTools({ backups }: Pick<Config, 'backups'>, serverMajor: number): Promise<Tools> {
  const folders = [...backups.toolPath.split(delimiter).filter(Boolean), ...packaged.flatMap(versionsIn)];
  const found: Tools[] = [];
  for (const folder of new Set(folders)) {
    const major = await majorIn(folder);
    if (major !== null) found.push({ folder, major, path: [backups.toolPath, '/usr/bin', '/bin'].join(delimiter) });
  }
  const [best] = found.filter(({ major }) => major >= serverMajor).sort((a, b) => a.major - b.major);
  if (best) return best;
  const have =
    found.length === 0 ? 'none was found' : `only version ${Math.max(...found.map(({ major }) => major))} was found`;
  throw new AppError(
    'backup_tools_missing',
    `Backups of PostgreSQL ${serverMajor} need pg_dump, pg_restore and psql of version ${serverMajor} or newer; ${have} on PATH and in /usr/lib/postgresql.`,
    { hint: `Install them: on Debian and Ubuntu "apt-get install postgresql-client-${serverMajor}".` },
  );
}

function versionsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^(postgresql@)?\d+$/.test(name))
    .map((name) => join(folder, name, 'bin'));
}

const programs = ['pg_dump', 'pg_restore', 'psql'];

async function majorIn(folder: string): Promise<number | null> {
  try {
    for (const program of programs) await access(join(folder, program), constants.X_OK);
    const { stdout } = await promisify(execFile)(join(folder, 'pg_dump'), ['--version'], { timeout: 5_000 });
    return Number(/\) (\d+)/.exec(stdout)?.[1] ?? Number.NaN) || null;
  } catch (error) {
    // Not there, or nothing that can be run here, such as a wrapper without the version that it wants.
    if (error instanceof Error) return null;
    throw error;
  }
}

/** How the programs reach a database: an address without the password, which goes where no list of processes shows it. */
export interface ToolConnection {
  address: string;
  env: Record<string, string>;
}

/**
 * As `postgresConnection` reads an address: with a certificate of our own the server must prove its name by it, and
 * `sslmode=require` only encrypts. `workFolder` gets the certificate as a file.
 */
export async function toolConnection(
  databaseUrl: Secrets['databaseUrl'],
  caCertificate: string | null,
  workFolder: string,
): Promise<ToolConnection> {
  const url = new URL(databaseUrl ?? '');
  const password = decodeURIComponent(url.password);
  url.password = '';
  const env: Record<string, string> = { PGAPPNAME: 'blog-poster backup', PGCONNECT_TIMEOUT: '10' };
  if (password) env.PGPASSWORD = password;
  const mode = url.searchParams.get('sslmode');
  url.searchParams.delete('sslmode');
  if (caCertificate !== null) {
    const file = join(workFolder, 'ca.pem');
    await writeFile(file, caCertificate, { mode: 0o600 });
    env.PGSSLMODE = 'verify-full';
    env.PGSSLROOTCERT = file;
  } else if (mode === 'verify-full' || mode === 'verify-ca') {
    env.PGSSLMODE = 'verify-full';
    env.PGSSLROOTCERT = 'system';
  } else {
    env.PGSSLMODE = mode === null || mode === 'disable' ? 'disable' : 'require';
  }
  return { address: url.toString(), env };
}

/** A program of PostgreSQL that runs, and how it ends. */
export interface RunningTool {
  child: ChildProcessWithoutNullStreams;
  /** Resolves when it has ended well; rejects with what it said otherwise. */
  ended: Promise<void>;
}

/** Starts one of the programs; `signal` ends it. */
export function startTool(
  tools: Tools,
  program: 'pg_dump' | 'pg_restore' | 'psql',
  args: string[],
  env: Record<string, string>,
  signal: AbortSignal,
): RunningTool {
  const child = spawn(join(tools.folder, program), args, {
    env: { PATH: tools.path, LC_ALL: 'C', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stop = () => child.kill('SIGKILL');
  signal.addEventListener('abort', stop);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      signal.removeEventListener('abort', stop);
      if (signal.aborted) reject(signal.reason);
      else if (status === 0) resolve();
      else reject(toolError(program, said));
    });
  });
  // Whoever reads its output looks at this afterwards; until then it is nobody's.
  ended.catch(() => undefined);
  return { child, ended };
}

/** What a program said last, as an error in words. */
function toolError(program: string, said: string): AppError {
  const [line = 'it ended without a word'] = said
    .split('\n')
    .map((text) => text.replace(/^(psql|pg_dump|pg_restore)(:<stdin>:\d+)?: (error: )?/, '').trim())
    .filter((text) => /error|fatal|failed|could not/i.test(text) || text.length > 0);
  const details = { said: said.trim() };
  if (/No space left|could not extend file|disk full/i.test(said)) {
    return new AppError('storage_full', `The disk of the database is full: ${line}`, { details });
  }
  if (/could not connect|connection to server|server closed the connection|terminating connection/i.test(said)) {
    return new AppError('database_unavailable', `The database cannot be used now: ${line}`, { details });
  }
  if (/input file|archive|unexpected end|invalid/i.test(said) && program === 'pg_restore') {
    return new AppError('backup_damaged', `The dump in the backup cannot be read: ${line}`, { details });
  }
  if (/permission denied|must be owner|must be superuser/i.test(said)) {
    return new AppError('forbidden', `The database user may not do this: ${line}`, {
      hint: 'Let the user of DATABASE_URL own the database, or have the extension vector made by an admin of the server first.',
      details,
    });
  }
  return new AppError('internal', `${program} failed: ${line}`, {
    hint: 'Look at what it said in the log of blog-poster.',
    details,
  });
}
