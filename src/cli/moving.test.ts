import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { runCommand } from '../../test/command-line.ts';
import { makeDataDir } from '../../test/harness.ts';
import { users } from '../accounts/schema.ts';
import { type App, startApp } from '../app.ts';
import { loadConfig } from '../config.ts';
import { createLogger } from '../logger.ts';
import { createSite } from '../sites/sites.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

let folder: string;
let env: Record<string, string>;
let app: App;
const bp = (...args: string[]) => runCommand(env, args);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bp-cli-moving-'));
  env = { DATA_DIR: join(folder, 'data') };
  await makeDataDir(join(folder, 'data'));
  const { config, secrets } = loadConfig(env, { port: 0, role: 'web' });
  app = await startApp(config, secrets, createLogger('silent'));
});
afterAll(async () => {
  await app?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const article = (number: number) => ({ title: `Article ${number}`, content_markdown: `Text ${number}.` });

it('imports lists and folders, says how far it is, and goes on where it was', async () => {
  const old = join(folder, 'old');
  mkdirSync(join(old, '2024'), { recursive: true });
  writeFileSync(join(old, 'all.json'), JSON.stringify(Array.from({ length: 45 }, (_, number) => article(number))));
  writeFileSync(join(old, '2024', 'one.json'), JSON.stringify(article(100)));
  writeFileSync(join(old, '2024', 'broken.json'), '{"title": ');
  writeFileSync(join(old, 'notes.txt'), 'no article');
  const trial = await bp('import', 'json', old, '--dry-run');
  expect(trial.out).toContain('46 of 47 articles would be taken over as drafts, 1 could not be read.');
  const first = await bp('import', 'json', join(old, 'all.json'));
  expect(first).toMatchObject({ status: 0, out: '45 of 45 articles were taken over as drafts.\n' });
  expect(first.err).toContain('20 articles');
  const whole = await bp('import', 'json', old);
  expect(whole.status).toBe(1);
  expect(whole.out).toMatch(/broken\.json: This is not valid JSON: .+\. Was the file cut short/);
  expect(whole.out).toContain('1 of 47 articles were taken over as drafts, 45 were here already, 1 could not be read.');
  const { items, counts } = JSON.parse((await bp('import', 'json', old, '--json')).out);
  expect(counts).toMatchObject({ created: 0, known: 46, refused: 1 });
  expect(items.find(({ name }: { name: string }) => name.endsWith('all.json, article 3'))).toMatchObject({
    ...{ outcome: 'known', title: 'Article 2', articleId: expect.any(String) },
  });
});

it('imports Markdown, and says of each file what was not as it seems', async () => {
  const posts = join(folder, 'posts');
  mkdirSync(posts);
  writeFileSync(join(posts, '2024-01-02-hello.md'), '---\ntitle: Hello\n---\n![me](me.png) is here.');
  writeFileSync(join(posts, 'again.md'), '---\ntitle: Hello\nslug: hello\n---\nAnother text.');
  const { status, out } = await bp('import', 'markdown', posts);
  expect(status).toBe(1);
  expect(out).toContain('hello.md: An image is named by an address that only holds where the article came from');
  expect(out).toContain('again.md: another text was imported under “hello” before');
});

it('says what is wrong with a path', async () => {
  expect(await bp('import', 'json', join(folder, 'nowhere'))).toMatchObject({
    ...{ status: 2, err: expect.stringContaining('There is nothing at') },
  });
  mkdirSync(join(folder, 'empty'));
  expect((await bp('import', 'markdown', join(folder, 'empty'))).err).toContain('There is no markdown file at');
});

it('writes everything of an account into a zip, and over nothing', async () => {
  const file = join(folder, 'all.zip');
  expect(await bp('export', '--out', file)).toMatchObject({ status: 0, out: expect.stringContaining('all.zip: ') });
  const files = unzipSync(new Uint8Array(readFileSync(file)));
  const markdown = Object.keys(files).filter((name) => /^articles\/article-\d+-.*\.md$/.test(name));
  expect(markdown).toHaveLength(46);
  expect(markdown.map((name) => strFromU8(files[name] as Uint8Array))).toContain('Text 7.');
  expect(await bp('export', '--out', file)).toMatchObject({ status: 2, err: expect.stringContaining('already') });
  const nowhere = join(folder, 'no', 'folder.zip');
  expect((await bp('export', '--out', nowhere)).status).toBe(1);
  expect(existsSync(`${nowhere}.part`)).toBe(false);
});

it('moves an account to another instance with two commands, and says what is left to do', async () => {
  const file = join(folder, 'moving.zip');
  const site = { name: 'Bread', url: 'https://bread.example', username: 'me', applicationPassword: 'abcd efgh' };
  const [owner] = await app.ctx.db.select({ id: users.id }).from(users);
  await createSite(app.ctx, app.ctx.db, owner?.id ?? '', site);
  expect(await bp('export', '--out', file)).toMatchObject({ status: 0 });

  const other = { DATA_DIR: join(folder, 'other') };
  await makeDataDir(other.DATA_DIR);
  const first = await runCommand(other, ['import', 'archive', file]);
  expect(first, first.err).toMatchObject({ status: 0 });
  expect(first.out).toMatch(/^articles: \d{2} taken over$/m);
  expect(first.out).toMatch(/^sites: 1 taken over$/m);
  expect(first.out).toContain('Connect these sites again, their passwords did not come along: Bread.');
  const again = JSON.parse((await runCommand(other, ['import', 'archive', file, '--json'])).out);
  expect(again).toMatchObject({ counts: { articles: { taken: 0 } }, sites: [] });

  const missing = await runCommand(other, ['import', 'archive', join(folder, 'nothing.zip')]);
  expect(missing.status).not.toBe(0);
  expect(missing.err).toContain(`There is no file at ${join(folder, 'nothing.zip')}`);
  writeFileSync(join(folder, 'cut.zip'), readFileSync(file).subarray(0, 5_000));
  const cut = await runCommand(other, ['import', 'archive', join(folder, 'cut.zip')]);
  expect(cut.status).not.toBe(0);
  expect(cut.err).toMatch(/no zip archive, or its end is missing.*\n?.*Export the account anew/);
});
