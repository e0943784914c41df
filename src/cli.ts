import { runCli } from './cli/program.ts';
import { onStopSignal } from './cli/stop-signals.ts';

const wish = new AbortController();
const stopListening = onStopSignal(
  (signal) => wish.abort(new Error(`ended by ${signal}`)),
  process.env.npm_lifecycle_event !== undefined,
);
try {
  const { env, stdin, stdout, stderr } = process;
  process.exitCode = await runCli(process.argv.slice(2), { env, stdin, stdout, stderr, signal: wish.signal });
} finally {
  stopListening();
}
