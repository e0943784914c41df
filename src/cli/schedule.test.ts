import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { runCommand } from '../../test/command-line.ts';
import { makeDataDir } from '../../test/harness.ts';
import { type App, startApp } from '../app.ts';
import { loadConfig } from '../config.ts';
import { createLogger } from '../logger.ts';
import { runDueSchedules } from '../schedules/run-due.ts';
import { createSite } from '../sites/sites.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let folder: string;
let env: Record<string, string>;
let app: App;

const bp = (...args: string[]) => runCommand(env, args);
async function json(...args: string[]) {
  const { status, out, err } = await bp(...args, '--json');
  return { status, err, document: JSON.parse(out) };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bp-cli-schedule-'));
  env = { DATA_DIR: join(folder, 'data') };
  await makeDataDir(join(folder, 'data'));
  const { config, secrets } = loadConfig(env, { port: 0, role: 'web' });
  app = await startApp(config, secrets, createLogger('silent'));
  for (const [email, ...admin] of [['ann@example.com', '--admin'], ['eve@example.com']]) {
    const create = ['user', 'create', '--email', email as string, '--password-stdin', ...admin];
    await runCommand(env, create, { input: 'a long enough passphrase\n' });
  }
  const users = await json('user', 'list');
  const { id } = users.document.items.find(({ email }: { email: string }) => email === 'ann@example.com');
  const site = { name: 'Garden', url: 'https://blog.example', username: 'admin', applicationPassword: 'abcd efgh' };
  await createSite(app.ctx, app.ctx.db, id, site);
});
afterAll(async () => {
  await app?.stop();
  rmSync(folder, { recursive: true, force: true });
});

it('adds, lists, shows, pauses, resumes and deletes a schedule, by its name', async () => {
  expect((await bp('schedule', 'list')).out).toContain('No schedules yet.');
  const added = await bp(
    ...['schedule', 'add', '--name', 'Mornings', '--site', 'garden', '--days', 'Mon, thu', '--at', '09:00,15:30'],
    ...['--zone', 'Europe/Berlin', '--publish', 'publish', '--approval', 'auto', '--hold-hours', '6'],
    ...['--min-seo-score', '70', '--proposals-from', '80', '--monthly-budget', '2.50'],
  );
  expect(added.err).toBe('');
  expect(added.out).toMatch(/^Added Mornings \([\w-]+\)\.\n {2}active, next time \d{4}-\d\d-\d\d (09:00|15:30)/);
  expect(added.out).toContain('There is no topic to write about');
  const { document } = await json('schedule', 'show', 'mornings', '--count', '3');
  expect(document).toMatchObject({
    rule: { days: ['mon', 'thu'], times: ['09:00', '15:30'] },
    timeZone: 'Europe/Berlin',
    brief: { publish: 'publish', approval: 'auto', holdHours: 6, minSeoScore: 70 },
    proposalsFromScore: 80,
    monthlyBudgetMicroUsd: 2_500_000,
  });
  expect(document.next).toHaveLength(3);
  expect((await bp('schedule', 'list', '--site', 'Garden')).out).toMatch(
    /ID +STATE +NEXT TIME +TOPICS +NAME\n.*active.*Mornings/,
  );
  expect((await bp('schedule', 'pause', 'Mornings')).out).toBe('Paused Mornings.\n');
  expect((await json('schedule', 'show', 'Mornings')).document.state).toBe('paused');
  expect((await bp('schedule', 'resume', document.id)).out).toMatch(/^Resumed Mornings\.\n {2}active, next time/);
  expect((await bp('schedule', 'delete', 'Mornings')).out).toContain('Its articles and topics stay.');
  expect((await json('schedule', 'list')).document.items).toEqual([]);
});

it('shows what its times have led to', async () => {
  await bp('schedule', 'add', '--name', 'Cron', '--cron', '0 9 * * 1', '--zone', 'UTC');
  expect((await bp('schedule', 'runs', 'Cron')).out).toBe('Cron has not come to a time yet.\n');
  const { document } = await json('schedule', 'show', 'Cron');
  await runDueSchedules(app.ctx, new Date(document.nextSlotAt));
  const { out } = await bp('schedule', 'runs', 'Cron');
  expect(out).toMatch(
    /TIME +OUTCOME +RUN OR REASON\n\d{4}-\d\d-\d\d 09:00 +skipped +There was no topic to write about\. Add topics/,
  );
  expect((await json('schedule', 'runs', 'Cron', '--limit', '1')).document.items).toHaveLength(1);
});

it('says what is wrong, with status 2 for what was typed and 1 for what is not there', async () => {
  const nothingSaid = await bp('schedule', 'add');
  expect(nothingSaid).toMatchObject({ status: 2, err: expect.stringContaining('--per-week 3 --at 09:00') });
  expect((await bp('schedule', 'add', '--per-week', '0')).status).toBe(2);
  expect((await bp('schedule', 'add', '--per-week', '3', '--cron', '0 9 * * 1')).status).toBe(2);
  expect((await bp('schedule', 'add', '--days', 'noday')).status).toBe(2);
  expect((await bp('schedule', 'add', '--per-week', '3', '--publish', 'publish')).err).toContain('choose a site');
  const unknown = await bp('schedule', 'pause', 'Nothing like it');
  expect(unknown).toMatchObject({ status: 1, err: expect.stringContaining('There are: Cron.') });
  await bp('schedule', 'add', '--name', 'cron', '--per-week', '1');
  expect((await bp('schedule', 'delete', 'Cron')).err).toContain('2 schedules are called');
  // Another account has none of them.
  expect((await bp('schedule', 'list', '--account', 'eve@example.com')).out).toContain('No schedules yet.');
});
