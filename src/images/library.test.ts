import { randomBytes } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Account, givenAccount } from '../../test/accounts.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { emptyImageBin } from './bin.ts';
import { images } from './schema.ts';
import { imagesQuota } from './store.ts';

let app: TestApp;
let user: Account;
let count = 0;
beforeAll(async () => {
  app = await startTestApp({ env: { SIGNUPS: 'open' } });
});
afterAll(() => app.close());
beforeEach(async () => {
  count += 1;
  user = await givenAccount(app, `library${count}@example.com`);
});

interface Answer {
  id: string;
  name: string;
  alt: string;
  bytes: number;
  deletedAt: string | null;
  usedBy: object[];
  sites: object[];
  costMicroUsd: number | null;
  code: string;
  detail: string;
  revision: number;
  featuredImage: { id: string } | null;
  items: Answer[];
  nextCursor: string | null;
  article: Answer;
  warnings: string[];
  fields: { featuredImageId?: string | null };
}
type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
const ask = (method: Method, path: string, body?: object) => user.api.ask<Answer>(method, path, body);

let shade = 0;
function file(): Promise<Buffer> {
  shade += 1;
  return sharp({ create: { width: 4, height: 4, channels: 3, background: { r: shade, g: 9, b: 40 } } })
    .png()
    .toBuffer();
}
/** About 600 bytes. */
const noise = () =>
  sharp(randomBytes(14 * 14 * 3), { raw: { width: 14, height: 14, channels: 3 } })
    .png()
    .toBuffer();
async function upload(query = '', payload?: Buffer): Promise<Answer> {
  const headers = { authorization: `Bearer ${user.accessToken}`, 'content-type': 'image/png' };
  const url = `/api/v1/images${query}`;
  const answer = await app.send({ method: 'POST', url, headers, payload: payload ?? (await file()) });
  return answer.json<Answer>();
}
const resize = (id: string, size: number) => app.ctx.db.update(images).set({ size }).where(eq(images.id, id));
const idsOf = async (query = '') => (await ask('GET', `/images${query}`)).json.items.map(({ id }) => id);

describe('the list of images', () => {
  it('is newest first in pages, found by name, alternative text, caption and prompt, and by kind', async () => {
    const bread = await upload('?name=loaf_1.png&alt=Sourdough');
    const bee = await upload('?name=bee.png&caption=On%20a%20loaf');
    const card = (await ask('POST', '/images/card', { title: 'Loaf and bees' })).json;
    const first = (await ask('GET', '/images?limit=2')).json;
    expect(first.items.map(({ id }) => id)).toEqual([card.id, bee.id]);
    const next = (await ask('GET', `/images?limit=2&cursor=${first.nextCursor}`)).json;
    expect({ ids: next.items.map(({ id }) => id), more: next.nextCursor }).toEqual({ ids: [bread.id], more: null });
    expect(await idsOf('?query=loaf')).toEqual([card.id, bee.id, bread.id]);
    expect(await idsOf('?query=SOURDOUGH')).toEqual([bread.id]);
    expect(await idsOf('?query=f_1')).toEqual([bread.id]);
    expect(await idsOf('?query=f%251')).toEqual([]);
    await app.ctx.db.update(images).set({ kind: 'generated', prompt: 'An oven' }).where(eq(images.id, bee.id));
    expect(await idsOf('?query=oven')).toEqual([bee.id]);
    expect(await idsOf('?kind=generated')).toEqual([bee.id]);
    expect(await idsOf('?kind=card&query=bee')).toEqual([card.id]);
  });

  it('says where each is used, and what it cost', async () => {
    const image = await upload('?name=loaf.png');
    const text = { title: 'In the text', markdown: `![](/api/v1/images/${image.id}/file)` };
    const inText = (await ask('POST', '/articles', text)).json;
    const featured = (await ask('POST', '/articles', { title: 'Featured', markdown: 'x' })).json;
    await ask('PATCH', `/articles/${featured.id}`, { revision: 1, featuredImageId: image.id });
    await ask('DELETE', `/articles/${featured.id}`);
    const login = { username: 'ann', applicationPassword: 'abcd efgh' };
    const site = await ask('POST', '/sites', { name: 'Garden', url: 'http://127.0.0.1:9', ...login });
    const url = 'http://127.0.0.1:9/loaf.png';
    await app.ctx.db.execute(sql`insert into site_media (site_id, image_id, user_id, remote_id, remote_url)
      values (${site.json.id}, ${image.id}, ${user.id}, 7, ${url})`);
    const [shown] = (await ask('GET', '/images')).json.items;
    expect(shown).toMatchObject({ costMicroUsd: 0, sites: [{ id: site.json.id, name: 'Garden', url }] });
    expect(shown?.usedBy).toEqual([
      { id: inText.id, title: 'In the text', featured: false, inText: true, binned: false },
      { id: featured.id, title: 'Featured', featured: true, inText: false, binned: true },
    ]);
    expect((await ask('DELETE', `/images/${image.id}`)).json.detail).toContain('“Featured” (in the bin)');
  });

  it('knows nothing of what others do with its address, and keeps the same file once for each account', async () => {
    const bytes = await file();
    const image = await upload('?name=loaf.png', bytes);
    const owner = user;
    user = await givenAccount(app, `stranger${count}@example.com`);
    const text = { title: 'Elsewhere', markdown: `![](/api/v1/images/${image.id}/file)` };
    const elsewhere = (await ask('POST', '/articles', text)).json;
    const copy = await upload('?name=mine.png', bytes);
    expect(copy).toMatchObject({ name: 'mine.png', usedBy: [] });
    expect(copy.id).not.toBe(image.id);
    // Not even that the file is unchanged is told to others: its digest is that of their own copy.
    const { headers } = await user.api.ask('GET', `/images/${copy.id}/file`);
    const unchanged = { 'if-none-match': String(headers.etag) };
    expect((await user.api.ask('GET', `/images/${image.id}/file`, undefined, unchanged)).status).toBe(404);
    expect((await user.api.ask('GET', `/images/${copy.id}/file`, undefined, unchanged)).status).toBe(304);
    const stranger = user;
    user = owner;
    expect((await ask('GET', `/images/${image.id}`)).json.usedBy).toEqual([]);
    expect((await ask('DELETE', `/images/${image.id}`)).status).toBe(204);
    user = stranger;
    const restored = await ask('POST', `/articles/${elsewhere.id}/revisions/1/restore`, { revision: 1 });
    expect(restored.json.warnings).toEqual(['An image of its text was deleted for good.']);
    user = owner;
    expect(await idsOf('?deleted=true')).toEqual([image.id]);
  });

  it('holds no more than there is room for, however many come at once', async () => {
    const first = await upload();
    await resize(first.id, imagesQuota - 1_000);
    const files = await Promise.all(Array.from({ length: 6 }, () => noise()));
    const answers = await Promise.all(files.map((payload) => upload('', payload)));
    expect(answers.filter(({ code }) => code === 'images_full')).toHaveLength(5);
    expect((await ask('GET', '/images/storage')).json.bytes).toBeLessThanOrEqual(imagesQuota);
  });
});

describe('the bin of images', () => {
  it('takes an image out of everything, and gives it back as it was', async () => {
    const image = await upload('?name=loaf.png&alt=A%20loaf');
    const article = (await ask('POST', '/articles', { title: 'Bread', markdown: 'x' })).json;
    const path = `/articles/${article.id}`;
    await ask('PATCH', path, { revision: 1, featuredImageId: image.id });
    expect((await ask('DELETE', `/images/${image.id}`)).status).toBe(409);
    expect((await ask('DELETE', `/images/${image.id}?force=true`)).status).toBe(204);
    expect((await ask('DELETE', `/images/${image.id}?force=true`)).status).toBe(404);
    for (const gone of [`/images/${image.id}`, `/images/${image.id}/file`]) {
      expect((await ask('GET', gone)).status).toBe(404);
    }
    expect((await ask('PATCH', `/images/${image.id}`, { alt: 'x' })).status).toBe(404);
    expect(await idsOf()).toEqual([]);
    expect((await ask('GET', path)).json.featuredImage).toBeNull();
    expect((await ask('PATCH', path, { revision: 2, featuredImageId: image.id })).status).toBe(404);
    const [binned] = (await ask('GET', '/images?deleted=true')).json.items;
    expect(binned).toMatchObject({ id: image.id, deletedAt: expect.any(String) });
    expect((await ask('GET', `/images/${image.id}/file?deleted=true`)).status).toBe(200);
    const restored = await ask('POST', `/images/${image.id}/restore`);
    expect(restored.json).toMatchObject({ id: image.id, alt: 'A loaf', deletedAt: null });
    expect((await ask('GET', path)).json.featuredImage).toMatchObject({ id: image.id });
    expect((await ask('POST', `/images/${image.id}/restore`)).status).toBe(404);
  });

  it('gives the same file, and the same title card, back', async () => {
    const bytes = await file();
    const image = await upload('?name=a.png', bytes);
    const card = (await ask('POST', '/images/card', { title: 'Bread' })).json;
    for (const { id } of [image, card]) await ask('DELETE', `/images/${id}`);
    expect(await upload('?alt=New%20words', bytes)).toMatchObject({ id: image.id, alt: 'New words', deletedAt: null });
    expect(await upload('?alt=Others', bytes)).toMatchObject({ id: image.id, alt: 'New words' });
    expect((await ask('POST', '/images/card', { title: 'Bread' })).json.id).toBe(card.id);
    expect(await idsOf()).toEqual([card.id, image.id]);
  });

  it('counts for no room, and gives way to new images, the longest deleted first', async () => {
    const [old, young, large] = [await upload(), await upload(), await upload()];
    await resize(old.id, 40_000_000);
    await resize(young.id, 40_000_000);
    await resize(large.id, imagesQuota - 60_000_000);
    expect((await ask('GET', '/images/storage')).json).toMatchObject({ bytes: imagesQuota + 20_000_000 });
    for (const { id } of [old, young]) {
      await ask('DELETE', `/images/${id}`);
    }
    await app.ctx.db.execute(sql`update images set deleted_at = now() - interval '1 hour' where id = ${old.id}`);
    expect((await ask('GET', '/images/storage')).json).toMatchObject({
      bytes: imagesQuota - 60_000_000,
      limitBytes: imagesQuota,
      uploadLimitBytes: 10_000_000,
    });
    await upload();
    expect(await idsOf('?deleted=true')).toEqual([young.id]);
    await resize(large.id, imagesQuota);
    expect((await upload()).code).toBe('images_full');
    expect(await idsOf('?deleted=true')).toEqual([young.id]);
  });

  it('is emptied of what has been in it for over 30 days', async () => {
    const [old, young] = [await upload(), await upload()];
    for (const { id } of [old, young]) await ask('DELETE', `/images/${id}`);
    await app.ctx.db.execute(
      sql`update images set deleted_at = now() - interval '30 days 1 minute' where id = ${old.id}`,
    );
    expect(await emptyImageBin(app.ctx.db)).toBe(1);
    expect(await idsOf('?deleted=true')).toEqual([young.id]);
  });
});

describe('a revision', () => {
  /** An article that had an image in its first revisions: `featured` since 2, in its text since 1; none of them in 3. */
  async function givenHistory() {
    const [featured, shown] = [await upload(), await upload()];
    const before = { title: 'Bread', markdown: `Old. ![](/api/v1/images/${shown.id}/file)` };
    const { id } = (await ask('POST', '/articles', before)).json;
    await ask('PATCH', `/articles/${id}`, { revision: 1, featuredImageId: featured.id });
    await ask('PATCH', `/articles/${id}`, { revision: 2, featuredImageId: null, markdown: 'New.', title: 'Loaves' });
    return { id, featured, shown, path: `/articles/${id}` };
  }

  it('keeps the featured image, and gives it back with title and text as a new one', async () => {
    const { path, featured } = await givenHistory();
    const { items } = (await ask('GET', `${path}/revisions`)).json;
    expect(items.map(({ fields }) => fields.featuredImageId)).toEqual([null, featured.id, null]);
    expect(items.map((item) => item.featuredImage?.id)).toEqual([undefined, featured.id, undefined]);
    expect((await ask('POST', `${path}/revisions/2/restore`, { revision: 2 })).json.code).toBe('stale_revision');
    const { json } = await ask('POST', `${path}/revisions/2/restore`, { revision: 3 });
    expect(json).toMatchObject({
      article: { revision: 4, title: 'Bread', featuredImage: { id: featured.id } },
      warnings: [],
    });
    expect((await ask('POST', `${path}/revisions/9/restore`, { revision: 4 })).status).toBe(404);
    const back = await ask('POST', `${path}/revisions/3/restore`, { revision: 4 });
    expect(back.json.article).toMatchObject({ title: 'Loaves', featuredImage: null });
  });

  it('brings images back from the bin, and says which are gone for good', async () => {
    const { path, featured, shown } = await givenHistory();
    for (const { id } of [featured, shown]) expect((await ask('DELETE', `/images/${id}`)).status).toBe(204);
    const stale = await ask('POST', `${path}/revisions/2/restore`, { revision: 2 });
    expect(stale.status).toBe(409);
    expect(await idsOf()).toEqual([]);
    const first = await ask('POST', `${path}/revisions/2/restore`, { revision: 3 });
    expect(first.json).toMatchObject({ article: { featuredImage: { id: featured.id } }, warnings: [] });
    expect(await idsOf()).toEqual([shown.id, featured.id]);

    await ask('POST', `${path}/revisions/3/restore`, { revision: 4 });
    await app.ctx.db.delete(images).where(eq(images.userId, user.id));
    const second = await ask('POST', `${path}/revisions/2/restore`, { revision: 5 });
    expect(second.json.article).toMatchObject({ title: 'Bread', featuredImage: null });
    expect(second.json.warnings).toEqual([
      'The featured image of that revision was deleted for good: there is none now.',
      'An image of its text was deleted for good.',
    ]);
  });

  it('of which it is not known leaves the featured image as it is, and says so', async () => {
    const { path, id, featured } = await givenHistory();
    await ask('PATCH', path, { revision: 3, featuredImageId: featured.id });
    await app.ctx.db.execute(
      sql`update article_revisions set fields = fields - 'featuredImageId' where article_id = ${id} and revision = 1`,
    );
    const { json } = await ask('POST', `${path}/revisions/1/restore`, { revision: 4 });
    expect(json.article).toMatchObject({ title: 'Bread', featuredImage: { id: featured.id } });
    expect(json.warnings).toEqual([expect.stringContaining('not known')]);
  });
});
