import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type App, startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { createLogger } from '../../src/logger.ts';
import { connectToSite } from '../../src/sites/connect.ts';
import { sites } from '../../src/sites/schema.ts';
import { cookieOf, goodPassword } from '../accounts.ts';
import { runCommand } from '../command-line.ts';
import { answerAt, revokeHandedOut, sitesWithLogin } from './wordpress-login.ts';

let folder: string;
let env: Record<string, string>;
let app: App;
let cookie: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bp-site-connect-'));
  env = { DATA_DIR: join(folder, 'data'), ALLOW_PRIVATE_HOSTS: '127.0.0.1' };
  const { config, secrets } = loadConfig(env, { port: 0, role: 'web' });
  app = await startApp(config, secrets, createLogger('silent'));
  app.ctx.config.http.appUrl = `http://127.0.0.1:${app.port}`;
  const email = 'ada@example.com';
  await runCommand(env, ['user', 'create', '-e', email, '--admin', '--password-stdin'], { input: goodPassword });
  const login = await fetch(`http://127.0.0.1:${app.port}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: goodPassword }),
  });
  cookie = cookieOf(login.headers.getSetCookie());
}, 60_000);
afterAll(async () => {
  for (const site of await app.ctx.db.select().from(sites)) await revokeHandedOut(connectToSite(app.ctx, site));
  await app.stop();
  rmSync(folder, { recursive: true, force: true });
});

it.each(sitesWithLogin)(
  'site $number is connected from the command line while its user says yes in a browser',
  async (site) => {
    let said: Promise<string> | undefined;
    const answer = await runCommand(env, ['site', 'connect', site.url, ...(site.number === 2 ? ['--json'] : [])], {
      onErr: (text) => {
        const page = /^ {2}(http\S+)\nWaiting/m.exec(text)?.[1];
        if (!page || said) return;
        said = answerAt(site, page, 'approve').then(async (location) => {
          const led = await fetch(location, { redirect: 'manual', headers: { cookie } });
          return led.headers.get('location') ?? '';
        });
      },
    });
    expect(await said).toMatch(/^\/sites\?connected=[\da-f-]{36}$/);
    expect(answer.status, answer.err + answer.out).toBe(0);
    expect(answer.err).toContain('Open this page in a browser that is signed in here, and approve:');
    if (site.number === 2) {
      expect(JSON.parse(answer.out)).toMatchObject({
        connectedBy: 'authorized',
        url: `${site.url}/`,
        lastCheck: { ok: true },
      });
    } else {
      expect(answer.out).toMatch(/^Connected: Site 1 \(http\S+\)\.\n(?: {2}\S.*\n)+/);
    }
    expect(answer.out).not.toMatch(/password":|[a-z\d]{4}( [a-z\d]{4}){5}/i);
    const listed = await runCommand(env, ['site', 'list']);
    expect(listed.out).toMatch(new RegExp(`^Site ${site.number} +${site.url}/ +${site.user} +ok, `, 'm'));
  },
);

it('prints the page alone with --no-wait, and stores nothing', async () => {
  const [site] = sitesWithLogin;
  const before = await app.ctx.db.$count(sites);
  const answer = await runCommand(env, ['site', 'connect', site?.url ?? '', '--no-wait']);
  expect(answer).toMatchObject({ status: 0, err: '', out: expect.stringContaining('authorize-application.php') });
  expect(await app.ctx.db.$count(sites)).toBe(before);
});
