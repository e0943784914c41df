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
  'metricsToken',
  'tracesHeaders',
];
const redact = secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** Hears of each error that is logged as one, with the ids that stand beside it. */
export type ErrorListener = (error: Error, context: Record<string, string>) => void;

/** Who hears of the errors of a log; by the log, so that two instances in one process do not hear of each other's. */
const listeners = new WeakMap<object, ErrorListener>();
/** The level of errors in pino. */
const errorLevel = 50;

/** The root logger; `destination` is a stream for tests or the command line, standard output otherwise. */
export function createLogger(level: string, destination?: { write(line: string): void }): Logger {
  const options = {
    level,
    redact: { paths: redact, censor: '[secret]' },
    base: undefined,
    serializers: { err: withoutClient },
    hooks: {
      logMethod(this: PinoLogger, args: unknown[], method: (...args: never[]) => void, at: number) {
        if (at >= errorLevel) tell(root, this, args[0]);
        method.apply(this, args as never[]);
      },
    },
  };
  const root: Logger = destination ? pino(options, destination) : pino(options);
  return root;
}

/** Lets `listener` hear of every error that is logged by this logger and its children. */
export function reportErrorsTo(log: Logger, listener: ErrorListener): void {
  listeners.set(log, listener);
}

function tell(root: Logger, log: Logger, fields: unknown): void {
  const listener = listeners.get(root);
  if (!listener || typeof fields !== 'object' || fields === null || !('err' in fields)) return;
  if (!(fields.err instanceof Error)) return;
  const { reqId } = log.bindings();
  listener(fields.err, {
    ...(typeof reqId === 'string' ? { requestId: reqId } : {}),
    ...Object.fromEntries(
      Object.entries(fields).filter(
        (field): field is [string, string] => typeof field[1] === 'string' && isId(field[0], field[1]),
      ),
    ),
  });
}

/** Ids and names of the program's own; any other text beside an error may be a person's. */
const isId = (name: string, value: string) =>
  (name.endsWith('Id') || name === 'step' || name === 'job') && /^[\w:.-]{1,100}$/.test(value);

/** An error for the log. Those of a lost database connection carry the whole connection with them, 40 KB of it. */
function withoutClient(error: Error): object {
  const { client: _, ...rest } = pino.stdSerializers.err(error) as object & { client?: unknown };
  return rest;
}
