import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCommand } from '../../test/command-line.ts';
import { type App, startApp } from '../app.ts';
import { loadConfig } from '../config.ts';
import { createLogger } from '../logger.ts';

// Each command of its own opens a database of its own, which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

let folder: string;
let env: Record<string, string>;

/** Runs one command line on this data directory. */
const bp = (args: string[], options?: Parameters<typeof runCommand>[2]) => runCommand(env, args, options);

function source(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const bees = [
  '# How bees find flowers',
  'A honey bee visits between 50 and 100 flowers on one flight from the hive. Bees see ultraviolet light, which people cannot see. Many petals carry ultraviolet marks that lead to the nectar.',
  'When a forager comes back to the hive, it dances to show the others where the flowers are. The angle of the dance tells the direction relative to the sun. The length of the dance tells how far away the flowers are. Other bees follow the dancer closely in the dark hive.',
].join('\n\n');
const hives = [
  '# Keeping a hive healthy',
  'A strong colony holds about 50,000 bees in early summer. The varroa mite is the most common cause of lost colonies in Europe. Beekeepers count fallen mites on a white board under the hive.',
  'In winter the bees form a cluster and keep its centre at about 35 degrees. A colony needs about 15 kilograms of honey to survive the winter. The keeper leaves that much in the hive or feeds sugar syrup in autumn.',
].join('\n\n');

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bp-cli-'));
  env = { DATA_DIR: join(folder, 'data') };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('usage', () => {
  it.each([
    ['an unknown command', ['wirte', 'x']],
    ['no topic', ['write']],
    ['words that are no range', ['write', 'bees', '--words', '900-600']],
    ['a budget that is no amount', ['write', 'bees', '--budget', 'much']],
    ['an unknown choice', ['write', 'bees', '--publish', 'now']],
    ['a missing option', ['site', 'add', 'https://blog.example.com']],
    ['an unknown role', ['start', '--role', 'boss']],
    ['no command', []],
    ['publishing without a site', ['write', 'bees', '--publish', 'draft']],
    ['a source that is not there', ['write', 'bees', '--source', '/nonexistent/bees.md']],
    ['no terminal to ask for a password on', ['site', 'add', 'https://blog.example.com', '--username', 'ann']],
  ])('ends with status 2 and a reason for %s', async (_, args) => {
    const answer = await bp(args);
    expect(answer.status).toBe(2);
    expect(answer.err).not.toBe('');
    expect(answer.out).toBe('');
  });

  it.each([
    'start',
    'write',
    'migrate',
    'database bootstrap',
    'doctor',
    'site add',
    'site connect',
    'site list',
    'site check',
    'site posts',
    'queue show',
    'queue pause',
    'queue resume',
    'queue retry',
    'queue cancel',
    'publication list',
    'publication retry',
    'publication cancel',
    'publication move',
    'publication update',
    'publication unpublish',
    'publication trash',
    'publication conflict',
    'publication resolve',
    'schedule list',
    'schedule add',
    'schedule show',
    'schedule pause',
    'schedule resume',
    'schedule delete',
    'schedule runs',
    'user create',
    'user list',
    'user disable',
    'user limit',
    'backup create',
    'backup list',
    'backup verify',
    'backup restore',
    'move',
    'openapi',
  ])('explains %s with --help, which names --json', async (command) => {
    const answer = await bp([...command.split(' '), '--help']);
    expect(answer).toMatchObject({ status: 0, err: '' });
    expect(answer.out).toContain('--json');
  });

  it('tells mistakes in the configuration one line each', async () => {
    env = { ...env, PORT: 'web', LOG_LEVEL: 'loud' };
    try {
      const answer = await bp(['site', 'list']);
      expect(answer.status).toBe(1);
      expect(answer.err.trimEnd().split('\n')).toEqual([
        expect.stringMatching(/^PORT: /),
        expect.stringMatching(/^LOG_LEVEL: /),
      ]);
      const doctor = await bp(['doctor', '--json']);
      expect(doctor.status).toBe(1);
      expect(JSON.parse(doctor.out).findings).toHaveLength(2);
    } finally {
      env = { DATA_DIR: join(folder, 'data') };
    }
  });
});

describe('with no server running', () => {
  it('migrates an embedded database, and finds nothing to do the second time', async () => {
    const first = await bp(['migrate', '--json']);
    expect(first.status, first.err).toBe(0);
    expect(JSON.parse(first.out).applied.length).toBeGreaterThan(0);
    expect(await bp(['migrate'])).toEqual({ status: 0, out: 'The database is up to date.\n', err: '' });
  });

  it('connects by one click only where the browser can come back to', async () => {
    const answer = await bp(['site', 'connect', 'http://127.0.0.1:9', '--no-wait']);
    expect(answer.status).toBe(1);
    expect(answer.err).toContain('which is not running');
  });

  it('serves itself for the length of one command', async () => {
    expect(await bp(['site', 'list', '--json'])).toEqual({
      status: 0,
      out: `${JSON.stringify({ items: [] }, null, 2)}\n`,
      err: '',
    });
  });

  it('keeps a pipeline that the user leaves, says so, and goes on with it at the next command', async () => {
    const wish = new AbortController();
    const left = await bp(['write', 'How bees find flowers', '--source', source('bees.md', bees)], {
      signal: wish.signal,
      onErr: (text) => text.includes('topic') && wish.abort(new Error('left')),
    });
    expect(left.status).toBe(130);
    const id = /Pipeline (\S+) is kept and goes on/.exec(left.err)?.[1];
    const next = await bp([
      'write',
      'Keeping a hive healthy',
      '--source',
      source('hives.md', hives),
      '--words',
      '100-300',
      '--json',
    ]);
    expect(next.status, next.err).toBe(0);
    const app = await start();
    const kept = await fetch(`http://127.0.0.1:${app.port}/api/v1/pipelines/${id}`, {
      headers: { authorization: `Bearer ${app.ctx.operatorToken}` },
    }).then((answer) => answer.json() as Promise<{ status: string; error: unknown }>);
    await app.stop();
    expect(['succeeded', 'running', 'queued']).toContain(kept.status);
    expect(kept.error).toBeNull();
  });

  it('looks into everything and finds nothing in the way', async () => {
    const answer = await bp(['doctor', '--json']);
    expect(answer.status, answer.out).toBe(0);
    const { ok, findings } = JSON.parse(answer.out) as { ok: boolean; findings: { check: string; severity: string }[] };
    expect(ok).toBe(true);
    expect(new Set(findings.map((finding) => finding.check))).toEqual(
      new Set([
        'configuration',
        'data directory',
        'web app',
        'migrations',
        'database',
        'queue',
        'model',
        'money',
        'search',
        'mail',
        'site',
      ]),
    );
  });
});

async function start(): Promise<App> {
  const { config, secrets } = loadConfig(env, { port: 0 });
  return startApp(config, secrets, createLogger('silent'));
}

/** What the API of a running server answers the command line. */
async function call(app: App, path: string, body?: object): Promise<unknown> {
  const headers = { authorization: `Bearer ${app.ctx.operatorToken}`, 'content-type': 'application/json' };
  const request = body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers };
  return (await fetch(`http://127.0.0.1:${app.port}/api/v1${path}`, request)).json();
}

describe('with a server on the data directory', () => {
  let app: App;
  beforeEach(async () => {
    app = await start();
  });
  afterEach(() => app.stop());

  it('writes an article through it, with progress, text and receipt', async () => {
    const answer = await bp([
      ...[
        'write',
        'What bees do in a year',
        '--source',
        source('bees.md', bees),
        '--source',
        source('hives.md', hives),
      ],
      ...['--words', '100-300', '--duplicates', 'allow'],
    ]);
    expect(answer.status, answer.err).toBe(0);
    expect(answer.err).toContain(`watch it on http://localhost:${app.port}/pipelines/`);
    for (const step of ['topic', 'research', 'outline', 'draft', 'check', 'seo', 'publish']) {
      expect(answer.err).toMatch(new RegExp(`^ *\\d+ %  ${step}$`, 'm'));
    }
    const [article, receipt] = answer.out.split('\n---\n');
    expect(article).toContain('[^1]');
    expect(receipt).toMatch(/^title +\S/m);
    expect(receipt).toMatch(/^words +\d+$/m);
    expect(receipt).toMatch(/^sources +2: /m);
    expect(receipt).toMatch(/^claims +\d+ checked: \d+ supported/m);
    expect(receipt).toMatch(/^cost +\$0\.00, \d+ calls of offline$/m);
    expect(receipt).toMatch(/^duration +[\d.]+ s$/m);
    expect(receipt).toContain(`http://localhost:${app.port}/articles/`);
  });

  it('writes into a file and answers with one JSON document', async () => {
    const out = join(folder, 'article.md');
    const answer = await bp([
      ...['write', 'How bees find flowers again', '--source', source('bees.md', bees), '--words', '100-300'],
      ...['--duplicates', 'allow', '--out', out, '--json'],
    ]);
    expect(answer.status, answer.err).toBe(0);
    const { pipeline, article, receipt, publication } = JSON.parse(answer.out);
    expect(pipeline).toMatchObject({ status: 'succeeded', costMicroUsd: 0 });
    expect(readFileSync(out, 'utf8')).toBe(article.markdown);
    expect(receipt.claims.length).toBeGreaterThan(0);
    expect(publication).toBeNull();
  });

  it('ends with status 1 and the way on when the pipeline fails', async () => {
    const answer = await bp(['write', 'Something without any source at all']);
    expect(answer.status).toBe(1);
    expect(answer.err).toContain('source');
  });

  it('adds images, shows them, makes one the featured image, and deletes and restores them', async () => {
    const draw = (background: string) => sharp({ create: { width: 6, height: 4, channels: 3, background } });
    const bee = join(folder, 'bee.png');
    const hive = join(folder, 'hive.jpg');
    writeFileSync(bee, await draw('#a16207').png().toBuffer());
    writeFileSync(hive, await draw('#15803d').jpeg().toBuffer());
    const added = await bp(['image', 'add', bee, hive]);
    expect(added.status, added.err).toBe(0);
    expect(added.out).toMatch(/^\S{36} {2}bee\.png, 6 × 4, 1 kB\n\S{36} {2}hive\.jpg, 6 × 4, 1 kB\n$/);

    const text = { title: 'About bees', markdown: 'They fly.' };
    const article = (await call(app, '/articles', text)) as { id: string; title: string };
    const featured = await bp(['image', 'add', bee, '--alt', 'A bee', '--article', article.id, '--json']);
    expect(featured.status, featured.out).toBe(0);
    const [image] = JSON.parse(featured.out).items;
    expect(image).toMatchObject({ name: 'bee.png', alt: 'A bee', type: 'image/png', kind: 'upload' });
    expect(added.out).toContain(image.id);
    expect(await call(app, `/articles/${article.id}`)).toMatchObject({ featuredImage: { id: image.id, alt: 'A bee' } });
    const listed = await bp(['image', 'list', '--query', 'a bee']);
    expect(listed.out).toMatch(/^IMAGE +NAME +KIND +SIZE +USED BY$/m);
    expect(listed.out).toContain(`${image.id}  bee.png  upload  1 kB`);
    expect(listed.out).toContain(article.title);
    expect(listed.out).not.toContain('hive.jpg');
    expect(listed.out).toContain('of 500.0 MB used');

    const refused = await bp(['image', 'delete', image.id]);
    expect(refused).toMatchObject({ status: 1, out: '', err: expect.stringContaining(`“${article.title}”`) });
    expect(await bp(['image', 'delete', image.id, '--force'])).toMatchObject({ status: 0 });
    expect((await bp(['image', 'list'])).out).not.toContain(image.id);
    expect((await bp(['image', 'list', '--deleted'])).out).toContain(image.id);
    expect(await bp(['image', 'restore', image.id])).toMatchObject({ status: 0, out: 'bee.png is back.\n' });
    expect(await call(app, `/articles/${article.id}`)).toMatchObject({ featuredImage: { id: image.id } });

    expect((await bp(['image', 'add', bee, hive, '--alt', 'Both'])).status).toBe(2);
    expect(await bp(['image', 'add', join(folder, 'none.png')])).toMatchObject({ status: 2, out: '' });
    const notes = source('notes.png', 'no image');
    const wrong = await bp(['image', 'add', hive, notes]);
    expect(wrong).toMatchObject({ status: 1, err: expect.stringContaining(`${notes}: The file is no PNG`) });
    expect(wrong.err).toMatch(/Before it: hive\.jpg \(\S{36}\)/);
    const nowhere = await bp(['image', 'add', notes, '--article', crypto.randomUUID()]);
    expect(nowhere.err).toContain('no such article');
  });

  it('says why a site cannot be connected by one click', async () => {
    const answer = await bp(['site', 'connect', 'http://127.0.0.1:9', '--no-wait']);
    expect(answer).toMatchObject({ status: 1, out: '', err: expect.stringContaining('ALLOW_PRIVATE_HOSTS') });
  });

  it('keeps the password of a site out of everything it prints, and says what is wrong with the site', async () => {
    const added = await bp(
      ['site', 'add', 'http://127.0.0.1:9', '--username', 'ann', '--name', 'Garden', '--password-stdin'],
      {
        input: 'abcd efgh ijkl mnop\n',
      },
    );
    expect(added.status).toBe(1);
    expect(added.out).toContain('Added Garden');
    expect(added.out).toContain('error');
    const listed = await bp(['site', 'list']);
    expect(listed.out).toMatch(/^Garden +http:\/\/127\.0\.0\.1:9\/? +ann +failed/m);
    const checked = await bp(['site', 'check', 'garden', '--try-upload', '--json']);
    expect(checked.status).toBe(1);
    expect(JSON.parse(checked.out).items[0]).toMatchObject({ site: 'Garden', ok: false });
    expect(`${added.out}${added.err}${listed.out}${checked.out}`).not.toContain('abcd');
    expect((await bp(['doctor'])).out).toMatch(/^problem +site +Garden: /m);
    const unknown = await bp(['site', 'check', 'Gardn']);
    expect(unknown).toMatchObject({ status: 1, err: expect.stringContaining('There are: Garden.') });
  });

  it('makes accounts and manages them; the first admin takes over what was written before', async () => {
    const before = await bp(['user', 'list', '--json']);
    expect(JSON.parse(before.out)).toEqual({ items: [] });
    const password = 'a long enough passphrase';
    const create = (email: string, ...more: string[]) =>
      bp(['user', 'create', '--email', email, '--password-stdin', '--json', ...more], { input: `${password}\n` });
    expect(await create('boss@example.com', '--admin')).toMatchObject({ status: 0 });
    expect(await create('ann@example.com')).toMatchObject({ status: 0 });
    expect((await create('ann@example.com')).out).toContain('ann@example.com already');
    expect((await bp(['user', 'create', '-e', 'x@example.com', '--password-stdin'], { input: 'short' })).err).toContain(
      '8',
    );

    const login = await fetch(`http://127.0.0.1:${app.port}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'boss@example.com', password }),
    });
    const { accessToken, user } = (await login.json()) as { accessToken: string; user: { role: string } };
    expect(user.role).toBe('admin');
    const articles = await fetch(`http://127.0.0.1:${app.port}/api/v1/articles`, {
      headers: { authorization: `Bearer ${accessToken}` },
    });
    expect(((await articles.json()) as { items: unknown[] }).items.length).toBeGreaterThan(0);

    expect((await bp(['user', 'list'])).out).toMatch(/boss@example\.com +boss +admin/);
    expect(
      (await bp(['user', 'limit', 'ann@example.com', '--articles', '5', '--concurrent', 'default'])).out,
    ).toContain('5 articles a month');
    expect((await bp(['user', 'limit', 'ann@example.com'])).status).toBe(2);
    const dollars = (amount: string) => bp(['user', 'limit', 'ann@example.com', `--dollars=${amount}`]);
    expect((await dollars('0.5')).out).toBe('ann@example.com: up to $0.5000 a month.\n');
    expect((await dollars('0')).out).toBe('ann@example.com: nothing is paid.\n');
    expect((await dollars('default')).out).toBe('ann@example.com: up to $10.00 a month, as the instance has it.\n');
    for (const wrong of ['-1', '1e3', 'much', '', '0.0000001', '1000001']) {
      expect(await dollars(wrong), wrong).toMatchObject({ status: 2, err: expect.stringContaining('Give dollars') });
    }
    expect((await bp(['user', 'disable', 'ann@example.com'])).out).toContain('disabled');
    expect((await bp(['user', 'list'])).out).toMatch(/ann@example\.com +ann +user +disabled/);
    expect((await bp(['user', 'enable', 'ANN@example.com'])).status).toBe(0);
    expect((await bp(['user', 'disable', 'nobody@example.com'])).err).toContain('user list');

    const site = ['site', 'add', 'https://ann.invalid', '--username', 'ann', '--password-stdin'];
    await bp([...site, '--name', 'Of Ann', '--account', 'ann@example.com'], { input: 'abcd efgh' });
    expect((await bp(['site', 'list', '--account', 'ann@example.com'])).out).toContain('Of Ann');
    expect((await bp(['site', 'list'])).out).not.toContain('Of Ann');
    expect((await bp(['site', 'list', '--account', 'nobody@example.com'])).err).toContain('no account');
  });

  it('finds the schema migrated by the server', async () => {
    expect(await bp(['migrate'])).toMatchObject({ status: 0, out: expect.stringContaining(`Process ${process.pid}`) });
  });
});

it('describes the API with the same bytes each time, and notices a file that is not current', async () => {
  const file = join(folder, 'openapi.json');
  expect(await bp(['openapi', '--out', file])).toMatchObject({ status: 0, out: `Wrote ${file}.\n` });
  const { mtimeMs } = statSync(file);
  expect(await bp(['openapi', '--out', file, '--check'])).toMatchObject({ status: 0 });
  const document = JSON.parse(readFileSync(file, 'utf8'));
  expect(document.openapi).toMatch(/^3\.1/);
  expect(Object.keys(document.paths)).toContain('/api/v1/pipelines/{id}/receipt');
  writeFileSync(file, readFileSync(file, 'utf8').replace('/receipt', '/bill'));
  expect(await bp(['openapi', '--out', file, '--check'])).toMatchObject({
    status: 1,
    out: expect.stringContaining('npm run openapi'),
  });
  expect(statSync(file).mtimeMs).not.toBe(mtimeMs);
});
