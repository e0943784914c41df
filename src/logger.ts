import { type Logger as PinoLogger, pino } from 'pino';

/** Structured log on standard output; secrets are cut out by name wherever they stand. */
export type Logger = PinoLogger;

const secretNames = [
  'password',
  'applicationPassword',
  'authorization',
  'cookie',
  'apiKey',
  'braveApiKey',
  'tavilyApiKey',
  'x-subscription-token',
  'appSecret',
  'databaseUrl',
];
const redact = secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** The root logger; `destination` is a stream for tests or the command line, standard output otherwise. */
export function createLogger(level: string, destination?: { write(line: string): void }): Logger {
  const options = { level, redact: { paths: redact, censor: '[secret]' }, base: undefined };
  return destination ? pino(options, destination) : pino(options);
}
