import { strFromU8, unzipSync } from 'fflate';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Account, givenAccount } from '../../test/accounts.ts';
import { breadSources } from '../../test/factories.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { runPipeline } from '../pipeline/runner.ts';
import { createSite } from '../sites/sites.ts';

let app: TestApp;
let user: Account;
let other: Account;
beforeAll(async () => {
  app = await startTestApp();
  user = await givenAccount(app, 'ann@example.com');
  other = await givenAccount(app, 'bob@example.com');
});
afterAll(() => app.close());

async function download(account: Account): Promise<{ files: Record<string, string>; raw: Buffer }> {
  const answer = await app.send({
    method: 'GET',
    url: '/api/v1/me/export',
    headers: { authorization: `Bearer ${account.accessToken}` },
  });
  expect(answer.statusCode).toBe(200);
  expect(answer.headers).toMatchObject({ 'content-type': 'application/zip' });
  const files = unzipSync(new Uint8Array(answer.rawPayload));
  return {
    raw: answer.rawPayload,
    files: Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, strFromU8(bytes)])),
  };
}

it('holds everything of the account, nothing of another, and nothing that is secret', async () => {
  const brief = { topic: 'Keeping a sourdough starter alive', sources: breadSources };
  const { json: pipeline } = await user.api.ask<{ id: string }>('POST', '/pipelines', brief);
  await runPipeline(app.ctx, pipeline.id, new AbortController().signal);
  await user.api.ask('POST', '/articles', { title: 'Äpfel & Birnen', markdown: 'Written by hand.' });
  const { json: binned } = await user.api.ask<{ id: string }>('POST', '/articles', {
    title: 'Gone',
    markdown: 'Binned.',
  });
  await user.api.ask('DELETE', `/articles/${binned.id}`);
  const { json: key } = await user.api.ask<{ key: string }>('POST', '/api-keys', { name: 'mine', scopes: ['read'] });
  const password = 'abcd efgh ijkl mnop';
  const hook = { url: 'https://hooks.example/mine', events: ['article.created'] };
  const { json: webhook } = await user.api.ask<{ id: string; secret: string }>('POST', '/webhooks', hook);
  await user.api.ask('POST', `/webhooks/${webhook.id}/test`);
  const site = { name: 'Site', url: 'https://site.example', username: 'me', applicationPassword: password };
  await createSite(app.ctx, app.ctx.db, user.id, site);
  await other.api.ask('POST', '/articles', { title: 'Not yours', markdown: 'Of another account.' });

  const { files, raw } = await download(user);
  const names = Object.keys(files);
  expect(names.filter((name) => name.endsWith('.md'))).toHaveLength(3);
  expect(names.filter((name) => name.startsWith('pipelines/'))).toEqual([`pipelines/${pipeline.id}.json`]);
  expect(names.filter((name) => name.startsWith('sources/'))).toHaveLength(3);
  const whole = Object.values(files).join('\n');
  for (const text of [
    'Written by hand.',
    'Binned.',
    'Feeding a starter',
    'ann@example.com',
    'https://site.example',
    'webhook.test',
  ]) {
    expect(whole).toContain(text);
  }
  const written = JSON.parse(
    files[names.find((name) => name.includes('sourdough') && name.endsWith('.json')) ?? ''] ?? '',
  );
  expect(written.claims.length).toBeGreaterThan(0);
  for (const secret of [
    'Of another account.',
    other.id,
    password,
    key.key,
    webhook.secret,
    user.password,
    user.refreshToken,
    'argon2',
  ]) {
    expect(whole).not.toContain(secret);
    expect(raw.includes(secret)).toBe(false);
  }
});

it('of an account without anything is still an archive that explains itself', async () => {
  const empty = await givenAccount(app, 'empty@example.com');
  const { files } = await download(empty);
  expect(files['README.txt']).toContain('everything of an account');
  expect(JSON.parse(files['sites.json'] ?? '')).toEqual([]);
});
