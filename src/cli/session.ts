import { type App, startApp } from '../app.ts';
import { loadConfig } from '../config.ts';
import { findHolder } from '../db/data-dir.ts';
import { AppError } from '../errors.ts';
import { createLogger } from '../logger.ts';
import { type Api, createApi } from './api.ts';
import type { Io } from './io.ts';

/** A way to the HTTP API for the length of one command. */
export interface Session {
  api: Api;
  /** `server`: one that was running already and goes on afterwards; `own`: started for this command. */
  kind: 'server' | 'own';
  /** Where a person can look at things in a browser; null for an own server, which is gone in a moment. */
  webUrl: string | null;
  /** True where nobody works on what a command asks for: an embedded database without a server. */
  unattended: boolean;
  close(): Promise<void>;
}

/** How long another process may hold the data directory without serving yet, in milliseconds. */
const startingMs = 20_000;

/**
 * Finds the API: at the server that holds the embedded data directory, or at one started in this process on a free
 * loopback port. `work` asks for workers too; `account` is the address of the account to work for. Throws `config_invalid`, `data_in_use` and what keeps a server from starting.
 */
export async function openSession(io: Io, options: { work: boolean; account?: string | undefined }): Promise<Session> {
  const { config, secrets } = loadConfig(io.env, { role: options.work ? 'all' : 'web', port: 0 });
  const holder = config.database.kind === 'embedded' ? await findServer(config.dataDir, io.signal) : null;
  if (holder !== null) {
    const { port, operatorToken } = holder;
    const origin = await reachable(port);
    return {
      api: createApi(origin, { operatorToken, account: options.account ?? null }, io.signal),
      kind: 'server',
      webUrl: `http://localhost:${port}`,
      unattended: false,
      close: () => Promise.resolve(),
    };
  }
  // Its log is for operators of a server; a command shows only what is wrong, unless more is asked for.
  const log = createLogger(io.env.LOG_LEVEL?.trim() ? config.log.level : 'error', io.stderr);
  const app = await startApp({ ...config, http: { ...config.http, host: '127.0.0.1' } }, secrets, log);
  const unattended = config.database.kind === 'embedded' && !options.work;
  return ownSession(app, io, { account: options.account ?? null, unattended });
}

/** Says that what was asked for waits for a server, where none runs. */
export function sayUnattended(io: Io, session: Pick<Session, 'unattended'>): void {
  if (session.unattended) io.stderr.write('No server is running here: it is done once one is (npm start).\n');
}

function ownSession(
  app: App,
  io: Io,
  { account, unattended }: { account: string | null; unattended: boolean },
): Session {
  return {
    api: createApi(`http://127.0.0.1:${app.port}`, { operatorToken: app.ctx.operatorToken, account }, io.signal),
    kind: 'own',
    webUrl: null,
    unattended,
    close: () => app.stop(),
  };
}

/** The living server that holds the directory; waits for one that is just starting. Null when nobody does. */
async function findServer(
  dataDir: string,
  signal: AbortSignal,
): Promise<{ port: number; operatorToken: string } | null> {
  const deadline = performance.now() + startingMs;
  for (;;) {
    const holder = findHolder(dataDir);
    if (!holder) return null;
    const { port, operatorToken } = holder;
    if (port !== null && operatorToken !== null) return { port, operatorToken };
    if (performance.now() > deadline || signal.aborted) {
      throw new AppError('data_in_use', `${dataDir} is in use by process ${holder.pid}, which does not serve.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A server may be bound to either loopback address, or to all. */
async function reachable(port: number): Promise<string> {
  for (const origin of [`http://127.0.0.1:${port}`, `http://[::1]:${port}`]) {
    try {
      await fetch(`${origin}/health/live`, { signal: AbortSignal.timeout(5_000) });
      return origin;
    } catch (error) {
      // No answer at this address: the other one, and then the error below, tells.
      if (!(error instanceof TypeError) && !(error instanceof DOMException)) throw error;
    }
  }
  throw new AppError('data_in_use', `The server of this data directory (port ${port}) does not answer on loopback.`, {
    hint: 'Check HOST: the commands need it to listen on 127.0.0.1 or on all addresses. Or stop it and run the command again.',
  });
}
