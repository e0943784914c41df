import { loadConfig, type Role } from '../config.ts';
import { createLogger } from '../logger.ts';
import { serve } from '../serve.ts';
import type { Io } from './io.ts';

/** Serves and works until a signal asks it to stop, as `npm start` does. With --json only the log is printed. */
export async function start(io: Io, options: { role: Role; json?: boolean }): Promise<number> {
  const { config, secrets } = loadConfig(io.env, { role: options.role });
  const say = options.json ? () => undefined : (line: string) => io.stdout.write(`${line}\n`);
  await serve(config, secrets, createLogger(config.log.level, io.stdout), say, io.signal);
  return 0;
}
