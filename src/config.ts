import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { PriceSource } from './budget/prices.ts';
import { AppError } from './errors.ts';
import { storageError } from './storage-error.ts';

/** What this process does: serve HTTP, work the queue, or both. */
export type Role = 'all' | 'web' | 'worker';

/** Everything that may be shown; secrets stand apart in {@link Secrets}. */
export interface Config {
  role: Role;
  http: { host: string; port: number; appUrl: string };
  /** `embedded` is PGlite in `dataDir`; otherwise a PostgreSQL server, whose address is a secret. */
  database: { kind: 'embedded' } | { kind: 'postgres'; caCertificate: string | null; poolSize: number };
  dataDir: string;
  log: { level: string };
  models: { chain: string[]; openaiBaseUrl: string | null; prices: Record<string, PriceSource> };
  net: { allowPrivateHosts: string[]; userAgent: string };
  worker: { concurrentPipelines: number };
}

/** Values that never reach a log, an error or an answer. */
export interface Secrets {
  databaseUrl: string | null;
  /** Key material for encrypting stored credentials; at least 32 characters. */
  appSecret: string;
  openaiApiKey: string | null;
}

export const version = '0.1.0';

const text = z.string().trim();
const optional = (schema: z.ZodType<string>) => schema.optional();
const list = (value: string | undefined) =>
  (value ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

const environment = z.object({
  PORT: text
    .regex(/^\d+$/)
    .refine((v) => Number(v) <= 65535)
    .optional(),
  HOST: optional(text),
  APP_URL: optional(z.url({ protocol: /^https?$/ })),
  APP_SECRET: optional(text.min(32)),
  DATA_DIR: optional(text),
  DATABASE_URL: optional(text.regex(/^postgres(ql)?:\/\//)),
  DATABASE_CA_CERT: optional(text),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).optional(),
  LLM_MODEL: optional(text.regex(/^(offline|[a-z-]+:[^,\s]+)(\s*,\s*(offline|[a-z-]+:[^,\s]+))*$/)),
  MODEL_PRICES: optional(text.regex(/^[a-z-]+:[^,=\s]+=[\d.]+\/[\d.]+(\s*,\s*[a-z-]+:[^,=\s]+=[\d.]+\/[\d.]+)*$/)),
  OPENAI_API_KEY: optional(text),
  OPENAI_BASE_URL: optional(z.url({ protocol: /^https?$/ })),
  ALLOW_PRIVATE_HOSTS: optional(text),
  CONCURRENT_PIPELINES: text.regex(/^[1-9]\d?$/).optional(),
});

/** What is expected of each variable, said to the operator who got it wrong. */
const expectations: Record<keyof z.infer<typeof environment>, string> = {
  PORT: 'must be a port number, for example PORT=3000',
  HOST: 'must be an address to listen on, for example HOST=127.0.0.1',
  APP_URL: 'must be the public address of this instance, for example APP_URL=https://posts.example.com',
  APP_SECRET: 'must have at least 32 characters, for example the output of: openssl rand -base64 48',
  DATA_DIR: 'must be a folder, for example DATA_DIR=./data',
  DATABASE_URL: 'must be a PostgreSQL address, for example DATABASE_URL=postgres://user:password@host:5432/blogposter',
  DATABASE_CA_CERT: 'must be a PEM certificate',
  LOG_LEVEL: 'must be one of trace, debug, info, warn, error, fatal, silent, for example LOG_LEVEL=info',
  LLM_MODEL: 'must be provider:model, for example LLM_MODEL=openai:gpt-5-mini (or offline)',
  MODEL_PRICES:
    'must be prices in dollars per million tokens, input/output, for example MODEL_PRICES=openai:llama3.2=0/0,openai:my-model=0.25/2',
  OPENAI_API_KEY: 'must be a key of the provider',
  OPENAI_BASE_URL:
    'must be the address of an OpenAI-compatible server, for example OPENAI_BASE_URL=http://127.0.0.1:11434/v1',
  ALLOW_PRIVATE_HOSTS: 'must be hosts or networks, for example ALLOW_PRIVATE_HOSTS=127.0.0.1:8080,10.0.0.0/8',
  CONCURRENT_PIPELINES: 'must be a number from 1 to 99, for example CONCURRENT_PIPELINES=2',
};

/** What the command line may set over the environment. */
export interface ConfigOverrides {
  role?: Role;
  port?: number;
  logLevel?: string;
}

/**
 * Reads the environment once into configuration and secrets. An empty value counts as unset.
 * Throws `config_invalid` with one line per mistake: the name, what is wrong, an example.
 */
export function loadConfig(
  env: Record<string, string | undefined>,
  overrides: ConfigOverrides = {},
): { config: Config; secrets: Secrets } {
  const given = Object.fromEntries(
    Object.keys(environment.shape).flatMap((name) => (env[name]?.trim() ? [[name, env[name]?.trim()]] : [])),
  );
  const parsed = environment.safeParse(given);
  const mistakes = parsed.success
    ? []
    : [...new Set(parsed.error.issues.map((issue) => String(issue.path[0])))].map(
        (name) => `${name}: ${expectations[name as keyof typeof expectations]}`,
      );
  const values = parsed.success ? parsed.data : {};
  if (values.DATABASE_URL && !values.APP_SECRET) {
    mistakes.push(`APP_SECRET: is required with DATABASE_URL; it ${expectations.APP_SECRET}`);
  }
  if (mistakes.length > 0) throw new AppError('config_invalid', mistakes.join('\n'));

  const dataDir = resolve(values.DATA_DIR ?? './data');
  const port = overrides.port ?? Number(values.PORT ?? 3000);
  const chain = list(values.LLM_MODEL);
  return {
    config: {
      role: overrides.role ?? 'all',
      http: {
        host: values.HOST ?? (values.DATABASE_URL ? '0.0.0.0' : '127.0.0.1'),
        port,
        appUrl: values.APP_URL?.replace(/\/$/, '') ?? `http://localhost:${port}`,
      },
      database: values.DATABASE_URL
        ? { kind: 'postgres', caCertificate: values.DATABASE_CA_CERT ?? null, poolSize: 5 }
        : { kind: 'embedded' },
      dataDir,
      log: { level: overrides.logLevel ?? values.LOG_LEVEL ?? 'info' },
      models: {
        chain: chain.length > 0 ? chain : ['offline'],
        openaiBaseUrl: values.OPENAI_BASE_URL?.replace(/\/$/, '') ?? null,
        prices: explicitPrices(list(values.MODEL_PRICES)),
      },
      net: {
        allowPrivateHosts: list(values.ALLOW_PRIVATE_HOSTS),
        userAgent: `blog-poster/${version} (+${values.APP_URL ?? 'self-hosted'})`,
      },
      worker: { concurrentPipelines: Number(values.CONCURRENT_PIPELINES ?? 2) },
    },
    secrets: {
      databaseUrl: values.DATABASE_URL ?? null,
      appSecret: values.APP_SECRET ?? generatedSecret(dataDir),
      openaiApiKey: values.OPENAI_API_KEY ?? null,
    },
  };
}

function explicitPrices(entries: string[]): Record<string, PriceSource> {
  return Object.fromEntries(
    entries.map((entry) => {
      const [id = '', prices = ''] = entry.split('=');
      const [input, output] = prices.split('/').map(Number);
      return [id, { kind: 'explicit', inputUsdPerMillion: input ?? 0, outputUsdPerMillion: output ?? 0 }];
    }),
  );
}

/** Shorter than what is generated here: the file was cut while it was written, or someone else's. */
const shortestSecret = 32;

/** The secret of an embedded instance: made on first use and kept in the data directory, readable by its owner only. */
function generatedSecret(dataDir: string): string {
  const file = join(dataDir, 'app-secret');
  const next = `${file}.${process.pid}`;
  let secret: string;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    if (!existsSync(file)) {
      try {
        writeFileSync(next, randomBytes(48).toString('base64'), { mode: 0o600, flush: true });
        // Whole or not at all, and only by the first of several starts.
        linkSync(next, file);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      } finally {
        rmSync(next, { force: true });
      }
    }
    secret = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw storageError(dataDir, cause);
  }
  if (secret.length >= shortestSecret) return secret;
  throw new AppError('data_unusable', `${file} is empty or cut short.`, {
    hint: 'Put the file from a backup in its place. Without one, delete it: a new one is made, and the passwords of your sites have to be entered anew.',
  });
}
