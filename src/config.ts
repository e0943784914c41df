import { resolve } from 'node:path';
import { z } from 'zod';
import { secretOfDataDir } from './app-secret.ts';
import type { PriceSource } from './budget/prices.ts';
import { AppError } from './errors.ts';

/** What this process does: serve HTTP, work the queue, or both. */
export type Role = 'all' | 'web' | 'worker';

/** Everything that may be shown; secrets stand apart in {@link Secrets}. */
export interface Config {
  role: Role;
  /** `fixedAppUrl` is false where the address follows from the port that was taken. */
  http: { host: string; port: number; appUrl: string; fixedAppUrl: boolean };
  /** `embedded` is PGlite in `dataDir`; otherwise a PostgreSQL server, whose address is a secret. */
  database: { kind: 'embedded' } | { kind: 'postgres'; caCertificate: string | null; poolSize: number };
  dataDir: string;
  /** Whether APP_SECRET is a file in `dataDir`, and not set from outside. */
  secretInDataDir: boolean;
  log: { level: string };
  models: { chain: string[]; openaiBaseUrl: string | null; prices: Record<string, PriceSource> };
  search: SearchConfig;
  net: { allowPrivateHosts: string[]; userAgent: string };
  accounts: AccountsConfig;
  mail: { from: string; kind: 'smtp' | 'sendgrid' | 'none' };
  budget: BudgetConfig;
}

/** Limits on what the instance pays, in micro-dollars. */
export interface BudgetConfig {
  /** A month of a user, in their time zone, unless an admin sets another for them. */
  userLimitMicroUsd: number;
  /** A month (of UTC) of all users together. */
  instanceLimitMicroUsd: number;
}

export const signUpModes = ['open', 'invite', 'closed'] as const;
/** Who may register: anyone, those with an invitation, or no one (accounts are made on the command line). */
export type SignUps = (typeof signUpModes)[number];

/** Who may have an account, and what an account may use unless an admin sets something else for it. */
export interface AccountsConfig {
  signUps: SignUps;
  /** Becomes admin once this address is verified by mail; in lower case. */
  adminEmail: string | null;
  /** The header in which the operator's proxy names the client's address; null where no proxy stands in front. */
  clientAddressHeader: string | null;
  requestsPerMinute: number;
  /** Attempts a minute on the routes of signing in, for an address and for an account. */
  authRequestsPerMinute: number;
  concurrentPipelines: number;
  articlesPerMonth: number;
  /** True when counters are kept in Redis or Valkey. */
  redis: boolean;
}

export const searchProviderNames = ['searxng', 'brave', 'tavily'] as const;
/** The search providers, in the order in which they are asked. */
export type SearchProviderName = (typeof searchProviderNames)[number];

/** Where sources are looked for when a brief brings none, and which of them may be read. */
export interface SearchConfig {
  /** The address of a SearXNG instance, without a final slash. */
  searxngUrl: string | null;
  /** Domains that found sources may only come from; empty for all. Subdomains count. */
  allow: string[];
  /** Domains that found sources never come from. */
  deny: string[];
  /** Micro-dollars a request. */
  prices: Record<SearchProviderName, number>;
}

/** Values that never reach a log, an error or an answer. */
export interface Secrets {
  databaseUrl: string | null;
  /** Key material for encrypting stored credentials; at least 32 characters. */
  appSecret: string;
  /** What it was before, while it is being changed; null otherwise. */
  previousAppSecret: string | null;
  openaiApiKey: string | null;
  braveApiKey: string | null;
  tavilyApiKey: string | null;
  anthropicApiKey: string | null;
  googleApiKey: string | null;
  redisUrl: string | null;
  smtpUrl: string | null;
  sendgridApiKey: string | null;
}

export const version = '0.1.0';

const text = z.string().trim();
const optional = (schema: z.ZodType<string>) => schema.optional();
const list = (value: string | undefined) =>
  (value ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

/** What can be sent as a header: a key with a line break in it was copied wrongly. */
const headerValue = /^[\x21-\x7e]+$/;
/** A name or an address of a host, and nothing else. Names may hold any letters; they are compared in ASCII form. */
const isHost = (value: string) => /^[^\s/:@?#\\]+$/.test(value) && URL.canParse(`http://${value}`);
const hosts = text.refine((value) => list(value).every(isHost));

/** A mail address as it is written in practice, without the quoted forms that RFC 5321 also allows. */
const mailAddress = /^[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/;
const mailbox = text.refine((value) => mailAddress.test(/^[^<>"\r\n]*<([^<>]+)>$/.exec(value)?.[1] ?? value));
/** Dollars to the cent, up to ten million. */
const usd = text.regex(/^\d{1,7}(\.\d{1,2})?$/);
const perMinute = text.regex(/^[1-9]\d{0,5}$/).optional();

/** `provider:model=input/output`; more than ten thousand dollars for a million tokens is a slip. */
const modelPrice = /^[a-z-]+:[^,=\s]+=\d{1,4}(\.\d+)?\/\d{1,4}(\.\d+)?$/;

const environment = z.object({
  PORT: text
    .regex(/^\d+$/)
    .refine((v) => Number(v) <= 65535)
    .optional(),
  HOST: optional(text),
  APP_URL: optional(z.url({ protocol: /^https?$/ })),
  APP_SECRET: optional(text.min(32)),
  APP_SECRET_PREVIOUS: optional(text.min(32)),
  DATA_DIR: optional(text),
  DATABASE_URL: optional(text.regex(/^postgres(ql)?:\/\//)),
  DATABASE_CA_CERT: optional(text),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).optional(),
  LLM_MODEL: optional(text.regex(/^(offline|[a-z-]+:[^,\s]+)(\s*,\s*(offline|[a-z-]+:[^,\s]+))*$/)),
  MODEL_PRICES: optional(text.refine((value) => list(value).every((entry) => modelPrice.test(entry)))),
  OPENAI_API_KEY: optional(text),
  ANTHROPIC_API_KEY: optional(text),
  GOOGLE_GENERATIVE_AI_API_KEY: optional(text),
  OPENAI_BASE_URL: optional(z.url({ protocol: /^https?$/ })),
  SEARCH_URL: optional(z.url({ protocol: /^https?$/ }).refine((value) => !/[@?#]/.test(value))),
  BRAVE_API_KEY: optional(text.regex(headerValue)),
  TAVILY_API_KEY: optional(text.regex(headerValue)),
  SEARCH_ALLOW: optional(hosts),
  SEARCH_DENY: optional(hosts),
  SEARCH_PRICES: optional(
    text.regex(/^(searxng|brave|tavily)=\d+(\.\d+)?(\s*,\s*(searxng|brave|tavily)=\d+(\.\d+)?)*$/),
  ),
  ALLOW_PRIVATE_HOSTS: optional(text),
  SIGNUPS: z.enum(signUpModes).optional(),
  ADMIN_EMAIL: optional(text.regex(mailAddress)),
  CLIENT_ADDRESS_HEADER: optional(text.regex(/^[A-Za-z][A-Za-z0-9-]*$/)),
  RATE_LIMIT_PER_MINUTE: perMinute,
  AUTH_RATE_LIMIT_PER_MINUTE: perMinute,
  CONCURRENT_PIPELINES: text.regex(/^[1-9]\d?$/).optional(),
  ARTICLES_PER_MONTH: text.regex(/^\d{1,6}$/).optional(),
  MONTHLY_LIMIT_USD: optional(usd),
  INSTANCE_MONTHLY_LIMIT_USD: optional(usd),
  REDIS_URL: optional(z.url({ protocol: /^rediss?$/ })),
  SMTP_URL: optional(z.url({ protocol: /^smtps?$/ })),
  SENDGRID_API_KEY: optional(text.regex(headerValue)),
  MAIL_FROM: optional(mailbox),
});

/** What is expected of each variable, said to the operator who got it wrong. */
const expectations: Record<keyof z.infer<typeof environment>, string> = {
  PORT: 'must be a port number, for example PORT=3000',
  HOST: 'must be an address to listen on, for example HOST=127.0.0.1',
  APP_URL: 'must be the public address of this instance, for example APP_URL=https://posts.example.com',
  APP_SECRET: 'must have at least 32 characters, for example the output of: openssl rand -base64 48',
  APP_SECRET_PREVIOUS:
    'must be what APP_SECRET was before, and another than it: at least 32 characters; only blog-poster doctor --rotate-secret needs it',
  DATA_DIR: 'must be a folder, for example DATA_DIR=./data',
  DATABASE_URL: 'must be a PostgreSQL address, for example DATABASE_URL=postgres://user:password@host:5432/blogposter',
  DATABASE_CA_CERT: 'must be a PEM certificate',
  LOG_LEVEL: 'must be one of trace, debug, info, warn, error, fatal, silent, for example LOG_LEVEL=info',
  LLM_MODEL:
    'must be provider:model, several by commas in the order in which they are asked, for example LLM_MODEL=anthropic:claude-sonnet-5,openai:gpt-5-mini (or offline)',
  MODEL_PRICES:
    'must be prices in dollars per million tokens, input/output, for example MODEL_PRICES=openai:llama3.2=0/0,openai:my-model=0.25/2',
  OPENAI_API_KEY: 'must be a key of OpenAI, or of the server at OPENAI_BASE_URL',
  ANTHROPIC_API_KEY: 'must be a key of Anthropic',
  GOOGLE_GENERATIVE_AI_API_KEY: "must be a key of Google's Gemini API",
  OPENAI_BASE_URL:
    'must be the address of an OpenAI-compatible server, for example OPENAI_BASE_URL=http://127.0.0.1:11434/v1',
  SEARCH_URL: 'must be the address of a SearXNG instance, for example SEARCH_URL=http://127.0.0.1:8888',
  BRAVE_API_KEY: 'must be a key of the Brave Search API: one word, for example BRAVE_API_KEY=BSA...',
  TAVILY_API_KEY: 'must be a key of the Tavily API: one word, for example TAVILY_API_KEY=tvly-...',
  SEARCH_ALLOW: 'must be domains, for example SEARCH_ALLOW=example.com,example.org',
  SEARCH_DENY: 'must be domains, for example SEARCH_DENY=example.com,example.org',
  SEARCH_PRICES: 'must be dollars a request, for example SEARCH_PRICES=brave=0.005,tavily=0.008,searxng=0',
  ALLOW_PRIVATE_HOSTS: 'must be hosts or networks, for example ALLOW_PRIVATE_HOSTS=127.0.0.1:8080,10.0.0.0/8',
  SIGNUPS: 'must be open, invite or closed, for example SIGNUPS=invite',
  ADMIN_EMAIL: 'must be one mail address, for example ADMIN_EMAIL=me@example.com',
  CLIENT_ADDRESS_HEADER:
    'must be the name of the header in which your proxy puts the address of the client, for example CLIENT_ADDRESS_HEADER=do-connecting-ip',
  RATE_LIMIT_PER_MINUTE: 'must be requests a minute for each user, for example RATE_LIMIT_PER_MINUTE=600',
  AUTH_RATE_LIMIT_PER_MINUTE:
    'must be attempts a minute for each address and account, for example AUTH_RATE_LIMIT_PER_MINUTE=10',
  CONCURRENT_PIPELINES: 'must be a number from 1 to 99 for each user, for example CONCURRENT_PIPELINES=2',
  ARTICLES_PER_MONTH: 'must be a number for each user, for example ARTICLES_PER_MONTH=200',
  MONTHLY_LIMIT_USD: 'must be dollars a month for each user, for example MONTHLY_LIMIT_USD=10',
  INSTANCE_MONTHLY_LIMIT_USD:
    'must be dollars a month for all users together, for example INSTANCE_MONTHLY_LIMIT_USD=100',
  REDIS_URL: 'must be the address of a Redis or Valkey server, for example REDIS_URL=redis://127.0.0.1:6379',
  SMTP_URL:
    'must be the address of a mail server, for example SMTP_URL=smtps://user:password@mail.example.com:465 (encode special characters)',
  SENDGRID_API_KEY: 'must be a key of SendGrid: one word, for example SENDGRID_API_KEY=SG...',
  MAIL_FROM: 'must be a mail address, for example MAIL_FROM=Posts <posts@example.com>',
};

/** What the command line may set over the environment. */
export interface ConfigOverrides {
  role?: Role;
  port?: number;
  logLevel?: string;
  /** True for the command that changes APP_SECRET, which may find a change that was cut off half-way. */
  changingSecret?: boolean;
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
  if (values.APP_SECRET_PREVIOUS && values.APP_SECRET_PREVIOUS === values.APP_SECRET) {
    mistakes.push(`APP_SECRET_PREVIOUS: ${expectations.APP_SECRET_PREVIOUS}`);
  }
  if (mistakes.length > 0) throw new AppError('config_invalid', mistakes.join('\n'));

  const dataDir = resolve(values.DATA_DIR ?? './data');
  const port = overrides.port ?? Number(values.PORT ?? 3000);
  const chain = list(values.LLM_MODEL);
  const appUrl = values.APP_URL?.replace(/\/$/, '') ?? `http://localhost:${port}`;
  return {
    config: {
      role: overrides.role ?? 'all',
      http: {
        host: values.HOST ?? (values.DATABASE_URL ? '0.0.0.0' : '127.0.0.1'),
        port,
        appUrl,
        fixedAppUrl: values.APP_URL !== undefined,
      },
      database: values.DATABASE_URL
        ? { kind: 'postgres', caCertificate: values.DATABASE_CA_CERT ?? null, poolSize: 5 }
        : { kind: 'embedded' },
      dataDir,
      secretInDataDir: values.APP_SECRET === undefined,
      log: { level: overrides.logLevel ?? values.LOG_LEVEL ?? 'info' },
      models: {
        chain: chain.length > 0 ? chain : ['offline'],
        openaiBaseUrl: values.OPENAI_BASE_URL?.replace(/\/$/, '') ?? null,
        prices: explicitPrices(list(values.MODEL_PRICES)),
      },
      search: {
        searxngUrl: values.SEARCH_URL?.replace(/\/+$/, '') ?? null,
        allow: list(values.SEARCH_ALLOW),
        deny: list(values.SEARCH_DENY),
        prices: { ...searchPrices, ...explicitSearchPrices(list(values.SEARCH_PRICES)) },
      },
      net: {
        allowPrivateHosts: list(values.ALLOW_PRIVATE_HOSTS),
        userAgent: `blog-poster/${version} (+${values.APP_URL ?? 'self-hosted'})`,
      },
      accounts: {
        signUps: values.SIGNUPS ?? 'open',
        adminEmail: values.ADMIN_EMAIL?.toLowerCase() ?? null,
        clientAddressHeader: values.CLIENT_ADDRESS_HEADER?.toLowerCase() ?? null,
        requestsPerMinute: Number(values.RATE_LIMIT_PER_MINUTE ?? 600),
        authRequestsPerMinute: Number(values.AUTH_RATE_LIMIT_PER_MINUTE ?? 10),
        concurrentPipelines: Number(values.CONCURRENT_PIPELINES ?? 2),
        articlesPerMonth: Number(values.ARTICLES_PER_MONTH ?? 200),
        redis: values.REDIS_URL !== undefined,
      },
      mail: {
        from: values.MAIL_FROM ?? `blog-poster@${new URL(appUrl).hostname}`,
        // Both set: HTTPS goes through where the ports of mail are blocked.
        kind: values.SENDGRID_API_KEY ? 'sendgrid' : values.SMTP_URL ? 'smtp' : 'none',
      },
      budget: {
        userLimitMicroUsd: microUsd(values.MONTHLY_LIMIT_USD ?? '10'),
        instanceLimitMicroUsd: microUsd(values.INSTANCE_MONTHLY_LIMIT_USD ?? '100'),
      },
    },
    secrets: {
      databaseUrl: values.DATABASE_URL ?? null,
      appSecret: values.APP_SECRET ?? secretOfDataDir(dataDir, { changing: overrides.changingSecret ?? false }),
      previousAppSecret: values.APP_SECRET_PREVIOUS ?? null,
      openaiApiKey: values.OPENAI_API_KEY ?? null,
      braveApiKey: values.BRAVE_API_KEY ?? null,
      tavilyApiKey: values.TAVILY_API_KEY ?? null,
      anthropicApiKey: values.ANTHROPIC_API_KEY ?? null,
      googleApiKey: values.GOOGLE_GENERATIVE_AI_API_KEY ?? null,
      redisUrl: values.REDIS_URL ?? null,
      smtpUrl: values.SMTP_URL ?? null,
      sendgridApiKey: values.SENDGRID_API_KEY ?? null,
    },
  };
}

function explicitPrices(entries: string[]): Record<string, PriceSource> {
  return Object.fromEntries(
    entries.map((entry) => {
      const [id = '', prices = ''] = entry.split('=');
      const [input = '0', output = '0'] = prices.split('/');
      return [id, { kind: 'explicit', inputMicroUsd: microUsd(input), outputMicroUsd: microUsd(output) }];
    }),
  );
}

/** Dollars as they are written, in integer micro-dollars; what is finer than that is rounded up. */
function microUsd(dollars: string): number {
  const [whole = '', fraction = ''] = dollars.split('.');
  const rest = /[1-9]/.test(fraction.slice(6)) ? 1 : 0;
  return Number(whole) * 1_000_000 + Number(fraction.slice(0, 6).padEnd(6, '0')) + rest;
}

/**
 * Micro-dollars a request where SEARCH_PRICES says nothing else, as published in November 2026: Brave's plan "Search" is 5 $
 * per 1,000 requests (api-dashboard.search.brave.com/app/plans); a basic search of Tavily is one credit, 0.008 $ when
 * paid as one goes (docs.tavily.com/documentation/api-credits). SearXNG is the operator's own.
 */
const searchPrices: Record<SearchProviderName, number> = { searxng: 0, brave: 5_000, tavily: 8_000 };

function explicitSearchPrices(entries: string[]): Partial<Record<SearchProviderName, number>> {
  return Object.fromEntries(
    entries.map((entry) => {
      const [name = '', price = '0'] = entry.split('=');
      return [name, microUsd(price)];
    }),
  );
}
