import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCommand } from '../../test/command-line.ts';
import { rssFeed } from '../../test/fakes/feed.ts';
import { type PageServer, startPageServer } from '../../test/fakes/page-server.ts';
import { makeDataDir } from '../../test/harness.ts';
import { type App, startApp } from '../app.ts';
import { loadConfig } from '../config.ts';
import { newId } from '../db/id.ts';
import { createLogger } from '../logger.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

let folder: string;
let env: Record<string, string>;
let app: App;
let web: PageServer;

const bp = (...args: string[]) => runCommand(env, args);
/** The one document that a command with --json answers. */
async function json(...args: string[]) {
  const { status, out } = await bp(...args, '--json');
  return { status, document: JSON.parse(out) };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bp-cli-topics-'));
  env = { DATA_DIR: join(folder, 'data'), ALLOW_PRIVATE_HOSTS: '127.0.0.1' };
  await makeDataDir(join(folder, 'data'));
  web = await startPageServer(1);
  web.pages.set('/feed', rssFeed('Rival', web.at(0, ''), [{ title: 'Milling flour at home', path: '/flour/' }]));
  const { config, secrets } = loadConfig(env, { port: 0, role: 'web' });
  app = await startApp(config, secrets, createLogger('silent'));
  await app.ctx.extractor.extract({ content: 'Warm.', contentType: 'text/plain', url: null }).catch(() => undefined);
});
afterAll(async () => {
  await app?.stop();
  await web?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('topics', () => {
  it('are added, listed, imported, dismissed and accepted', async () => {
    expect((await bp('topic', 'list')).out).toBe('No topics.\n');
    expect((await bp('topic', 'add', 'Baking rye bread', '--keyword', 'rye')).out).toMatch(/^“Baking rye bread” is in/);
    const twin = await bp('topic', 'add', 'How to bake rye bread');
    expect(twin).toMatchObject({
      status: 1,
      out: '',
      err: expect.stringContaining('close to the topic "Baking rye bread"'),
    });
    const file = join(folder, 'list.csv');
    writeFileSync(file, 'topic;note\nSpelt rolls;soft\nBaking rye bread;\nThe rye bread baking;\n');
    expect((await bp('topic', 'import', file, '--dry-run')).out).toContain('1 of 3 topics would be added (utf-8).');
    const imported = await bp('topic', 'import', file);
    expect(imported.status).toBe(1);
    expect(imported.out).toMatch(
      /^1 of 3 topics were added.*\n1 are in the backlog already\.\nline 4: This is close to/,
    );
    const { document } = await json('topic', 'list');
    expect(document.items.map(({ topic }: { topic: string }) => topic)).toEqual(['Baking rye bread', 'Spelt rolls']);
    const [{ id }] = document.items;
    expect((await bp('topic', 'dismiss', id)).out).toBe('1 dismissed.\n');
    expect((await bp('topic', 'list', '--status', 'dismissed')).out).toContain('Baking rye bread');
    await bp('topic', 'add', 'How to bake rye bread');
    expect(await bp('topic', 'accept', id)).toMatchObject({
      status: 1,
      out: expect.stringContaining('--duplicates allow'),
    });
    expect((await bp('topic', 'accept', id, '--duplicates', 'allow')).out).toBe('1 accepted.\n');
  });

  it('that are no gaps are explained, and what is wrong is said', async () => {
    expect((await bp('topic', 'gaps')).out).toMatch(/nothing to find gaps in yet/);
    expect(await bp('topic', 'import', join(folder, 'none.csv'))).toMatchObject({
      status: 2,
      err: expect.stringContaining('cannot be read'),
    });
    writeFileSync(join(folder, 'book.csv'), 'PK\x03\x04 xl/ ');
    expect(await bp('topic', 'import', join(folder, 'book.csv'))).toMatchObject({
      status: 1,
      err: expect.stringContaining('CSV UTF-8'),
    });
    expect(await bp('topic', 'accept', 'nonsense')).toMatchObject({
      status: 1,
      err: expect.stringContaining('topic list'),
    });
    expect(await bp('topic', 'dismiss', newId())).toMatchObject({ status: 1 });
    expect(await bp('topic', 'list', '--site', 'Nowhere')).toMatchObject({
      status: 1,
      err: expect.stringContaining('site add'),
    });
  });
});

describe('sources', () => {
  it('are watched, listed, paused, read and deleted', async () => {
    expect((await bp('source', 'list')).out).toMatch(/^No sources are watched yet/);
    expect((await bp('source', 'add', web.at(0, '/feed'))).out).toMatch(/^“Rival” is watched as a feed/);
    const { document } = await json('source', 'list');
    const [{ id }] = document.items;
    expect((await bp('source', 'list')).out).toMatch(/active +feed +0 +0 +Rival/);
    expect((await bp('source', 'pause', id)).out).toBe('“Rival” is paused.\n');
    expect(await bp('source', 'check', id)).toMatchObject({ status: 1, err: expect.stringContaining('paused') });
    expect((await bp('source', 'pause', id, '--resume')).out).toBe('“Rival” goes on.\n');
    expect((await bp('source', 'check', id)).out).toBe('“Rival” is read now.\n');
    expect((await bp('source', 'delete', id)).out).toMatch(/watched no more/);
    for (const name of ['check', 'pause', 'delete']) {
      for (const missing of [id, 'nonsense']) {
        expect(await bp('source', name, missing)).toMatchObject({
          status: 1,
          out: '',
          err: expect.stringContaining('source list'),
        });
      }
    }
    expect(await bp('source', 'add', web.at(0, '/nothing'))).toMatchObject({
      status: 1,
      err: expect.stringContaining('404'),
    });
  });
});
