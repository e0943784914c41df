import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCommand } from '../../test/command-line.ts';
import { type HostileSite, startHostileSite } from '../../test/fakes/hostile-site.ts';
import { makeDataDir } from '../../test/harness.ts';
import { type App, startApp } from '../app.ts';
import { loadConfig } from '../config.ts';
import { newId } from '../db/id.ts';
import { createLogger } from '../logger.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const [ann, eve] = ['ann@example.com', 'eve@example.com'];
let folder: string;
let env: Record<string, string>;
let app: App;
let wordpress: HostileSite;
let siteId: string;
let stopped = false;

const bp = (...args: string[]) => runCommand(env, args);
/** The one document that a command with --json answers. */
async function json(...args: string[]) {
  const { status, out, err } = await bp(...args, '--json');
  return { status, err, document: JSON.parse(out) };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bp-cli-publishing-'));
  env = { DATA_DIR: join(folder, 'data'), ALLOW_PRIVATE_HOSTS: '127.0.0.1' };
  await makeDataDir(join(folder, 'data'));
  wordpress = await startHostileSite();
  const { config, secrets } = loadConfig(env, { port: 0 });
  app = await startApp(config, secrets, createLogger('silent'));
  for (const email of [ann, eve]) {
    const create = ['user', 'create', '--email', email, '--password-stdin', ...(email === ann ? ['--admin'] : [])];
    await runCommand(env, create, { input: 'a long enough passphrase\n' });
  }
  const add = ['site', 'add', wordpress.url, '--username', 'admin', '--name', 'Garden', '--password-stdin', '--json'];
  const added = await runCommand(env, add, { input: 'abcd efgh' });
  siteId = JSON.parse(added.out).id;
  // The double takes no images.
  await api('PATCH', `/sites/${siteId}`, { settings: { featuredImage: 'none' } });
});
afterAll(async () => {
  if (!stopped) await app?.stop();
  await wordpress?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** As much of articles and publications as is looked at here. */
type Shown = Record<'id' | 'articleId' | 'status' | 'markdown', string> & { revision: number };

/** Asks the running server as the command line does. */
async function api<Answer = Shown>(method: string, path: string, body?: object): Promise<Answer> {
  const answer = await fetch(`http://127.0.0.1:${app.port}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${app.ctx.operatorToken}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Answer;
}

/** An article of Ann's on its way to the site. */
async function given(title: string, more: object = {}): Promise<{ id: string; articleId: string }> {
  const { id } = await api('POST', '/articles', { title, markdown: 'First.\n\nSecond.\n\nThird.\n' });
  return api('POST', `/articles/${id}/publications`, { siteId, status: 'publish', ...more });
}
const became = (id: string, status: string) =>
  vi.waitFor(async () => {
    const publication = await api('GET', `/publications/${id}`);
    expect(publication.status).toBe(status);
    return publication;
  }, 20_000);
const titles = async () =>
  (await json('queue', 'show', 'Garden')).document.items[0].items.map(({ title }: { title: string }) => title);

describe('the queue', () => {
  let rows: { id: string }[];

  it('is paused, shown in its order, and put into another one', async () => {
    expect(await bp('queue', 'pause', 'garden')).toEqual({
      status: 0,
      out: 'Paused Garden: 0 waiting, 0 scheduled.\nYou have paused it: nothing is sent until it is resumed.\n',
      err: '',
    });
    const empty = await bp('queue', 'show');
    expect(empty.out).toMatch(/^Garden: 0 being sent, 0 waiting, 0 scheduled, paused$/m);
    expect(empty.out).not.toContain('STATUS');

    rows = [await given('A'), await given('B'), await given(`C ${'long '.repeat(30)}`)];
    const [a = '', b = '', c = ''] = rows.map(({ id }) => id);
    const shown = await bp('queue', 'show', wordpress.url);
    expect(shown.out).toMatch(new RegExp(`^ +${a} +queued +normal +A +The queue of “Garden” is paused\\.$`, 'm'));
    // A long title leaves room for the rest.
    expect(shown.out).toMatch(/long lo… +The queue/);

    const moved = await bp('publication', 'move', c, '--before', a);
    expect(moved).toEqual({
      status: 0,
      out: expect.stringMatching(/^“C .* is queued: The queue of “Garden” is paused\.\n$/),
      err: '',
    });
    expect((await titles()).map((title: string) => title[0])).toEqual(['C', 'A', 'B']);
    expect((await bp('publication', 'move', c, '--last')).status).toBe(0);
    expect((await json('publication', 'move', b, '--priority', 'high')).document).toMatchObject({
      id: b,
      priority: 'high',
    });
    expect((await titles()).map((title: string) => title[0])).toEqual(['B', 'A', 'C']);
  });

  it('holds one for a time on the clocks of the site, and says what became of it', async () => {
    await app.ctx.db.execute(`update sites set timezone = 'Europe/Berlin'`);
    const id = rows[0]?.id ?? '';
    expect((await bp('publication', 'move', id, '--at', '2099-07-01T09:00')).out).toBe(
      '“A” is scheduled: 2099-07-01 09:00:00 Europe/Berlin\n',
    );
    expect((await bp('queue', 'show')).out).toContain('2 waiting, 1 scheduled');
    expect((await bp('publication', 'move', id, '--at', '2099-03-29T02:30')).out).toMatch(
      /03:30:00 Europe\/Berlin\nThe clocks of Europe\/Berlin leave out 2099-03-29 02:30/,
    );
    expect((await bp('publication', 'move', id, '--at', 'now')).out).toContain('“A” is queued');
  });

  it('is given up, one by one and as a whole, and brought back', async () => {
    const [a = '', b = ''] = rows.map(({ id }) => id);
    expect(await bp('publication', 'cancel', a)).toEqual({ status: 0, out: '“A” is cancelled.\n', err: '' });
    expect((await bp('publication', 'list', '--status', 'cancelled')).out).toMatch(
      new RegExp(`^${a} +cancelled +A$`, 'm'),
    );
    expect(await bp('queue', 'cancel', siteId)).toEqual({ status: 0, out: '2 cancelled at Garden.\n', err: '' });
    expect((await json('queue', 'retry', 'Garden')).document).toEqual({ changed: 0 });
    for (const id of [a, b]) expect((await bp('publication', 'retry', id)).out).toContain('is queued');
    const resumed = await bp('queue', 'resume', 'Garden');
    expect(resumed).toEqual({ status: 0, out: 'Resumed Garden: 2 waiting, 0 scheduled.\n', err: '' });
    for (const id of [a, b]) await became(id, 'published');
    expect((await bp('publication', 'list')).out).toMatch(
      new RegExp(`^${a} +published +A +https://blog.example/a/$`, 'm'),
    );
  });

  it('says what failed, and tries it again', async () => {
    wordpress.double.rule = (request) =>
      request === 'POST /wp/v2/posts' ? { status: 400, code: 'rest_nope' } : undefined;
    const { id } = await given('Refused');
    await became(id, 'failed');
    expect((await bp('publication', 'list', '--status', 'failed')).out).toMatch(/failed +Refused +.*refused/);
    expect((await bp('queue', 'show', 'Garden')).out).toContain('1 failed, 0 in conflict');
    wordpress.double.rule = () => undefined;
    expect((await bp('queue', 'retry', 'Garden')).out).toBe('1 put back into the queue at Garden.\n');
    await became(id, 'published');
  });

  it.each([
    ['a site that is not there', ['queue', 'pause', 'Gardn'], 1, 'There are: Garden.'],
    ['a site of another account', ['queue', 'resume', 'Garden', '--account', eve], 1, 'site add'],
    ['no site', ['queue', 'cancel'], 2, "missing required argument 'site'"],
    ['two places at once', ['publication', 'move', newId(), '--last', '--before', newId()], 2, 'cannot be used with'],
    [
      'a priority beside a place',
      ['publication', 'move', newId(), '--last', '--priority', 'low'],
      2,
      'cannot be used with',
    ],
    ['nothing to change', ['publication', 'move', newId()], 2, '--before'],
    ['an unknown status', ['publication', 'list', '--status', 'lost'], 2, 'Allowed choices are'],
  ])('refuses %s', async (_what, args, status, words) => {
    expect(await bp(...args)).toEqual({ status, out: '', err: expect.stringContaining(words) });
  });

  it('refuses words that are no time, a place that is none, and what is done', async () => {
    const [a = '', b = ''] = rows.map(({ id }) => id);
    const time = await bp('publication', 'move', a, '--at', 'tomorrow');
    expect(time).toMatchObject({ status: 2, err: expect.stringContaining('write 2026-11-24T09:00') });
    for (const command of ['retry', 'cancel']) {
      const done = await bp('publication', command, a);
      expect(done).toMatchObject({ status: 1, out: '', err: expect.stringContaining('This publication is published') });
    }
    await bp('queue', 'pause', 'Garden');
    const waiting = await given('Waits');
    const place = await bp('publication', 'move', waiting.id, '--before', b);
    expect(place).toMatchObject({ status: 1, err: expect.stringContaining('no longer waits') });
    await bp('publication', 'cancel', waiting.id);
    await bp('queue', 'resume', 'Garden');
  });
});

describe('a post', () => {
  const onSite = (title: string) => [...wordpress.double.posts.values()].find((post) => post.title === title);

  it('is brought up to date, taken down, and put into the trash', async () => {
    const { id, articleId } = await given('Dough');
    await became(id, 'published');
    const article = await api('GET', `/articles/${articleId}`);
    await api('PATCH', `/articles/${articleId}`, { revision: article.revision, markdown: 'Anew.\n' });
    expect((await bp('publication', 'update', id)).out).toMatch(/^“Dough” is queued \(post \d+\): It is next\.\n$/);
    await became(id, 'published');
    expect(onSite('Dough')?.content).toContain('Anew.');

    expect((await json('publication', 'unpublish', id)).document).toMatchObject({
      id,
      task: 'unpublish',
      status: 'queued',
    });
    await became(id, 'unpublished');
    expect(onSite('Dough')?.status).toBe('draft');
    // Bringing it up to date does not publish it by the way.
    await bp('publication', 'update', id);
    expect(await became(id, 'published')).toMatchObject({ wanted: 'draft' });
    expect(onSite('Dough')?.status).toBe('draft');

    wordpress.double.edit(onSite('Dough')?.id ?? 0, { excerpt: 'By hand.' });
    expect((await bp('publication', 'trash', id)).status).toBe(0);
    await became(id, 'conflict');
    expect(onSite('Dough')?.status).toBe('draft');
    expect((await bp('publication', 'conflict', id)).out).toMatch(/Decide:\n {2}publication resolve \S+ leave /);
    expect((await bp('publication', 'trash', id, '--even-if-edited')).status).toBe(0);
    await became(id, 'unpublished');
    expect(onSite('Dough')?.status).toBe('trash');
  });

  it('of what never arrived is neither updated nor taken down', async () => {
    const { id } = await given('Later', { status: 'future', publishAt: '2099-01-01T00:00:00Z' });
    for (const command of ['update', 'unpublish', 'trash']) {
      expect(await bp('publication', command, id)).toEqual({
        status: 1,
        out: '',
        err: expect.stringMatching(/^Nothing of this article is on the site yet\.\n.*[Cc]ancel/),
      });
    }
    for (const words of [
      ['conflict', id],
      ['resolve', id, 'ours'],
    ]) {
      const answer = await bp('publication', ...words);
      expect(answer).toMatchObject({ status: 1, out: '', err: expect.stringContaining('nothing to decide') });
    }
    await bp('publication', 'cancel', id);
  });

  it('that was changed on both sides is shown in three versions, and decided', async () => {
    wordpress.double.terms.set(701, { taxonomy: 'tags', name: 'bread' });
    wordpress.double.terms.set(702, { taxonomy: 'tags', name: 'rye' });
    const { id, articleId } = await given('Rye', { options: { tags: ['bread'] } });
    await became(id, 'published');
    const clash = async (there: string, here: string) => {
      const post = onSite('Rye');
      wordpress.double.edit(post?.id ?? 0, {
        content: (post?.content ?? '').replace(/Second[^<]*/, there),
        tags: [],
      });
      const { revision, markdown } = await api('GET', `/articles/${articleId}`);
      await api('PATCH', `/articles/${articleId}`, { revision, markdown: markdown.replace(/Second.*/, here) });
      const wish = { siteId, status: 'publish', options: { tags: ['rye'] } };
      await api('POST', `/articles/${articleId}/publications`, wish);
      await became(id, 'conflict');
    };
    await clash('Second there.', 'Second here.');
    const shown = await bp('publication', 'conflict', id);
    expect(shown).toMatchObject({ status: 0, err: '' });
    expect(shown.out).toContain('tags:\n  before       bread\n  here         rye\n  on the site  (nothing)\n');
    expect(shown.out).toContain(
      'First.\n\n<<<<<<< here\nSecond here.\n\n||||||| before\nSecond.\n\n=======\nSecond there.\n\n>>>>>>> on the site\nThird.\n',
    );
    expect(shown.out).toMatch(new RegExp(`^ {2}publication resolve ${id} merge  .*--text FILE$`, 'm'));
    expect((await json('publication', 'conflict', id)).document).toMatchObject({
      choices: ['theirs', 'ours', 'merge'],
      fields: [{ name: 'tags', names: { base: ['bread'], ours: ['rye'], theirs: [] } }],
    });

    for (const [args, words] of [
      [['merge'], 'The merged text is missing.'],
      [['merge', '--text', join(folder, 'none.md')], 'cannot be read'],
      [['ours', '--text', join(folder, 'none.md')], '--text goes with merge'],
      [['again'], 'choose theirs, ours, merge'],
      [['mine'], 'Allowed choices are'],
    ] as const) {
      const refused = await bp('publication', 'resolve', id, ...args);
      expect(refused, args.join(' ')).toEqual({ status: 2, out: '', err: expect.stringContaining(words) });
    }
    expect(onSite('Rye')?.content).toContain('Second there.');

    const file = join(folder, 'merged.md');
    writeFileSync(file, 'First.\n\nSecond of both.\n\nThird.\n');
    expect((await bp('publication', 'resolve', id, 'merge', '--text', file)).out).toContain('is queued');
    await became(id, 'published');
    expect(onSite('Rye')?.content).toContain('Second of both.');

    await clash('Second theirs.', 'Second ours.');
    expect((await json('publication', 'resolve', id, 'theirs')).document).toMatchObject({ status: 'published' });
    expect((await api('GET', `/articles/${articleId}`)).markdown).toContain('Second theirs.');
  });

  it.each(['update', 'unpublish', 'trash', 'retry', 'cancel', 'conflict', 'resolve ours', 'move --last'])(
    'of another account, or with an id that is none, is not there for %s',
    async (command) => {
      const [name = '', ...more] = command.split(' ');
      const { items } = await api<{ items: Shown[] }>('GET', '/publications?limit=1');
      for (const [id = '', ...account] of [['nonsense'], [newId()], [items[0]?.id ?? '', '--account', eve]]) {
        expect(await bp('publication', name, id, ...more, ...account)).toEqual({
          status: 1,
          out: '',
          err: `There is no publication "${id}".\nList them with their ids: publication list\n`,
        });
      }
      const { status, document } = await json('publication', name, 'nonsense', ...more);
      expect({ status, code: document.error.code }).toEqual({ status: 1, code: 'not_found' });
    },
  );

  it('of Ann stands in no list of Eve', async () => {
    expect((await bp('publication', 'list', '--account', eve)).out).toBe('No publications.\n');
    expect((await bp('queue', 'show', '--account', eve)).out).toBe('No sites yet.\n');
  });
});

describe('the posts of a site', () => {
  it('are listed, and read first when that is asked for', async () => {
    await app.ctx.db.execute('delete from site_posts');
    const read = await bp('site', 'posts', 'garden', '--sync');
    expect(read.status, read.err + read.out).toBe(0);
    expect(read.out).toMatch(/^POST +STATUS +TITLE +ADDRESS$/m);
    expect(read.out).toMatch(/^\d+ +publish +Rye +https:\/\/blog\.example\/rye\/$/m);
    expect(read.out).toMatch(/^\d+ posts; last complete look 20/m);
    const { document } = await json('site', 'posts', 'garden');
    expect(document).toMatchObject({ sync: { error: null }, nextCursor: null });
    expect(document.items.map(({ title }: { title: string }) => title)).toContain('Rye');
  });

  it('are not read while the site is paused, nor shown of a site that is not there', async () => {
    await bp('queue', 'pause', 'Garden');
    const paused = await bp('site', 'posts', 'Garden', '--sync');
    expect(paused).toMatchObject({ status: 1, out: '', err: expect.stringContaining('while it is paused') });
    expect(await bp('site', 'posts', 'Gardn')).toMatchObject({
      status: 1,
      err: expect.stringContaining('There are: Garden.'),
    });
    expect((await bp('site', 'posts', 'Garden', '--account', eve)).status).toBe(1);
  });
});

it('says that nobody works on what is asked for while no server runs', async () => {
  const { id } = await given('Left');
  stopped = true;
  await app.stop();
  expect(await bp('publication', 'retry', id)).toEqual({
    status: 0,
    out: expect.stringContaining('“Left” is queued'),
    err: 'No server is running here: it is done once one is (npm start).\n',
  });
});
