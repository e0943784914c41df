import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from './config.ts';
import { AppError } from './errors.ts';

const secret = 'forty characters are enough for a secret';
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bp-config-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function mistakes(env: Record<string, string>): string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof AppError && error.code === 'config_invalid') return error.message.split('\n');
    throw error;
  }
  return [];
}

const wrong: Record<string, string[]> = {
  PORT: ['web', '-1', '65536', '3000.5', '0x10'],
  APP_URL: ['posts.example.com', 'ftp://example.com', 'http://'],
  APP_SECRET: ['too short'],
  DATABASE_URL: ['mysql://user@host/db', 'localhost:5432'],
  LOG_LEVEL: ['loud', 'INFO!'],
  LLM_MODEL: ['gpt-5-mini', 'openai:', 'openai:a,,openai:b', 'openai:a b'],
  MODEL_PRICES: ['openai:x=1', 'x=1/2', 'openai:x=a/b', 'openai:x=1/2/3'],
  OPENAI_BASE_URL: ['127.0.0.1:11434', 'file:///v1'],
  SEARCH_URL: ['127.0.0.1:8888', 'ftp://example.com', 'https://me:secret@example.com', 'https://example.com/?q=x'],
  BRAVE_API_KEY: ['two words', 'ключ'],
  TAVILY_API_KEY: ['tvly-one\ntvly-two'],
  SEARCH_ALLOW: ['https://example.com', 'example.com:80', 'example.com/path'],
  SEARCH_DENY: ['me@example.com', 'exa mple.com'],
  SEARCH_PRICES: ['brave', 'brave=', 'brave=-1', 'google=0.01', 'brave=0,005'],
  IMAGE_MODEL: ['gpt-image-1', 'openai:', 'anthropic:claude', 'google:imagen-4.0-generate-001', 'openai:a,openai:b'],
  IMAGE_PRICE_USD: ['0,04', '-1', 'free', '$0.04'],
  CONCURRENT_PIPELINES: ['0', '100', 'two'],
  TERMS_URL: ['example.com/terms', 'javascript:alert(1)'],
  PRIVACY_URL: ['/privacy', 'data:text/html,x'],
  SOURCE_URL: ['git@example.com:blog-poster.git', 'ftp://example.com'],
};

describe('a wrong value', () => {
  for (const [name, values] of Object.entries(wrong)) {
    it.each(values)(`is one line that names ${name} and gives an example: %s`, (value) => {
      const lines = mistakes({ APP_SECRET: secret, [name]: value });
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(new RegExp(`^${name}: must .*(example|one of|one)`));
      if (name !== 'APP_SECRET') expect(lines[0]).not.toContain(secret);
    });
  }

  it('is told for all variables at once, each once', () => {
    const env = Object.fromEntries(Object.entries(wrong).map(([name, values]) => [name, values[0] ?? '']));
    const lines = mistakes(env);
    expect(lines.map((line) => line.split(':')[0]).sort()).toEqual(Object.keys(wrong).sort());
  });

  it('never shows the value of a secret', () => {
    const [line] = mistakes({ DATABASE_URL: 'mysql://user:hunter2@host/db', APP_SECRET: secret });
    expect(line).not.toContain('hunter2');
  });
});

describe('an empty environment', () => {
  it('is the embedded database on loopback with the offline writer, and a secret that stays', () => {
    const first = loadConfig({ DATA_DIR: join(dir, 'data') });
    expect(first.config).toMatchObject({
      role: 'all',
      http: { host: '127.0.0.1', port: 3000, appUrl: 'http://localhost:3000' },
      database: { kind: 'embedded' },
      models: { chain: ['offline'] },
    });
    expect(first.secrets.appSecret.length).toBeGreaterThanOrEqual(32);
    expect(loadConfig({ DATA_DIR: join(dir, 'data') }).secrets.appSecret).toBe(first.secrets.appSecret);
    expect(statSync(join(dir, 'data', 'app-secret')).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, 'data')).mode & 0o777).toBe(0o700);
  });

  it('takes empty and blank values for unset', () => {
    const blank = {
      PORT: '',
      HOST: ' ',
      DATABASE_URL: '',
      LLM_MODEL: '  ',
      APP_SECRET: '',
      DATA_DIR: join(dir, 'data'),
    };
    expect(loadConfig(blank).config.http).toMatchObject({ host: '127.0.0.1', port: 3000 });
  });

  it('says so when the data directory cannot be written', () => {
    writeFileSync(join(dir, 'file'), '');
    expect(() => loadConfig({ DATA_DIR: join(dir, 'file', 'data') })).toThrowError(
      expect.objectContaining({ code: 'data_unusable' }),
    );
  });
});

describe('a database server', () => {
  const url = 'postgres://user:password@db.example.com:5432/blogposter';

  it('needs APP_SECRET, because the passwords it encrypts outlive the process', () => {
    expect(mistakes({ DATABASE_URL: url })).toEqual([
      expect.stringMatching(/^APP_SECRET: is required with DATABASE_URL/),
    ]);
  });

  it('is listened for on all addresses, and its address stays out of the configuration', () => {
    const { config, secrets } = loadConfig({ DATABASE_URL: url, APP_SECRET: secret, DATA_DIR: join(dir, 'data') });
    expect(config.http.host).toBe('0.0.0.0');
    expect(secrets.databaseUrl).toBe(url);
    expect(JSON.stringify(config)).not.toContain('password');
    expect(existsSync(join(dir, 'data'))).toBe(false);
  });
});

it('reads models, prices and lists', () => {
  const { config } = loadConfig({
    APP_SECRET: secret,
    LLM_MODEL: 'openai:a, offline',
    MODEL_PRICES: 'openai:a=0.25/2,openai:b=0/0',
    IMAGE_MODEL: 'openai:gpt-image-1',
    IMAGE_PRICE_USD: '0.0635',
    ALLOW_PRIVATE_HOSTS: ' 10.0.0.0/8 , 127.0.0.1:8080,',
    APP_URL: 'https://posts.example.com/',
  });
  expect(config.models.chain).toEqual(['openai:a', 'offline']);
  expect(config.models.prices['openai:a']).toEqual({
    kind: 'explicit',
    inputMicroUsd: 250_000,
    outputMicroUsd: 2_000_000,
  });
  expect(config.images).toEqual({ model: 'openai:gpt-image-1', priceMicroUsd: 63_500 });
  expect(config.net.allowPrivateHosts).toEqual(['10.0.0.0/8', '127.0.0.1:8080']);
  expect(config.http.appUrl).toBe('https://posts.example.com');
});
