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
  'previousAppSecret',
  'databaseUrl',
  'smtpUrl',
  'sendgridApiKey',
  's3AccessKeyId',
  's3SecretAccessKey',
  'ageIdentities',
];
const redact = secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** The root logger; `destination` is a stream for tests or the command line, standard output otherwise. */
export function createLogger(level: string, destination?: { write(line: string): void }): Logger {
  const options = {
    level,
    redact: { paths: redact, censor: '[secret]' },
    base: undefined,
    serializers: { err: withoutClient },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** An error for the log. Those of a lost database connection carry the whole connection with them, 40 KB of it. */
function withoutClient(error: Error): object {
  const { client: _, ...rest } = pino.stdSerializers.err(error) as object & { client?: unknown };
  return rest;
}
