import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { users } from '../accounts/schema.ts';
import { pipelines } from '../pipeline/schema.ts';
import { settingsOf } from './settings.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const ask = async (method: 'POST' | 'PATCH' | 'GET', url: string, payload?: object) => {
  const answer = await app.server.inject({ method, url: `/api/v1${url}`, ...(payload ? { payload } : {}) });
  return { status: answer.statusCode, json: answer.json() };
};
const newSite = async (name: string) => {
  const login = { url: 'http://127.0.0.1:9', username: 'admin', applicationPassword: 'abcd EFGH ijkl MNOP' };
  const { json } = await ask('POST', '/sites', { name, ...login });
  return json;
};

describe('the settings of a site', () => {
  it('are whole from the beginning, and change only where they are told to', async () => {
    const site = await newSite('Settings');
    expect(site.settings).toEqual(settingsOf({ settings: {} }));
    expect(site).toMatchObject({ timezone: 'UTC', seoPlugin: null, connectedBy: 'typed', pausedAt: null });
    const first = await ask('PATCH', `/sites/${site.id}`, {
      settings: { categories: [' News  and views '], status: 'publish' },
    });
    expect(first.json.settings).toMatchObject({ categories: ['News and views'], status: 'publish', tags: [] });
    const second = await ask('PATCH', `/sites/${site.id}`, { settings: { authorId: 3, status: 'draft' } });
    expect(second.json.settings).toMatchObject({ categories: ['News and views'], status: 'draft', authorId: 3 });
    expect(second.json.lastCheckedAt).toBe(site.lastCheckedAt);
  });

  it.each([
    [{ cardText: 'red' }, 'settings.cardText'],
    [{ language: 'english' }, 'settings.language'],
    [{ categories: [''] }, 'settings.categories.0'],
    [{ unknown: 1 }, 'settings'],
    [{ status: 'future' }, 'settings.status'],
  ])('%o are refused at the field', async (settings, path) => {
    const site = await newSite(`Refused ${path}`);
    const answer = await ask('PATCH', `/sites/${site.id}`, { settings });
    expect(answer.status).toBe(422);
    expect(answer.json.errors[0].path).toBe(path);
  });

  it('give voice and language to a brief that names none, and leave those alone that it names', async () => {
    const site = await newSite('Voices');
    await ask('PATCH', `/sites/${site.id}`, { settings: { voice: 'Plain and friendly', language: 'de' } });
    const brief = { topic: 'Keeping a sourdough starter', sources: [{ title: 'Starter', text: 'Flour and water.' }] };
    const stored = async (more: object) => {
      const { json } = await ask('POST', '/pipelines', { ...brief, siteId: site.id, duplicates: 'allow', ...more });
      const [row] = await app.ctx.db.select().from(pipelines).where(eq(pipelines.id, json.id));
      return row?.brief;
    };
    expect(await stored({})).toMatchObject({ voice: 'Plain and friendly', language: 'de' });
    expect(await stored({ language: 'en' })).toMatchObject({ voice: 'Plain and friendly', language: 'en' });
    // The account's voice comes last, and stands in the brief as well.
    await app.ctx.db.update(users).set({ voice: 'Short sentences' });
    expect(await stored({})).toMatchObject({ voice: 'Plain and friendly' });
    expect(await stored({ siteId: undefined })).toMatchObject({ voice: 'Short sentences' });
    expect(await stored({ siteId: undefined, voice: 'Its own', model: 'offline' })).toMatchObject({ voice: 'Its own' });
  });
});
