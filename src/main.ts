import { explain } from './cli/explain.ts';
import { readRole } from './cli/read-role.ts';
import { onStopSignal } from './cli/stop-signals.ts';
import { loadConfig } from './config.ts';
import { createLogger } from './logger.ts';
import { serve } from './serve.ts';

const wish = new AbortController();
const stopListening = onStopSignal((signal) => wish.abort(signal), process.env.npm_lifecycle_event !== undefined);
const say = (line: string) => process.stdout.write(`${line}\n`);
try {
  const { config, secrets } = loadConfig(process.env, { role: readRole(process.argv.slice(2)) });
  await serve(config, secrets, createLogger(config.log.level), say, wish.signal);
} catch (error) {
  for (const line of explain(error)) process.stderr.write(`${line}\n`);
  process.exitCode = 1;
} finally {
  stopListening();
}
