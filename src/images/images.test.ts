import { randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { unzipSync } from 'fflate';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { client, givenAccount } from '../../test/accounts.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { images } from './schema.ts';
import { imagesQuota } from './store.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

interface Answer {
  id: string;
  type: string;
  width: number;
  height: number;
  bytes: number;
  usedBy: { id: string }[];
  code: string;
  hint: string;
  detail: string;
}

async function upload(payload: Buffer, type = 'image/png', query = '', headers: Record<string, string> = {}) {
  const answer = await app.server.inject({
    method: 'POST',
    url: `/api/v1/images${query}`,
    headers: { 'content-type': type, ...headers },
    payload,
  });
  return { status: answer.statusCode, json: answer.json<Answer>() };
}
async function ask(method: 'GET' | 'PATCH' | 'DELETE' | 'POST', path: string, payload?: object) {
  const answer = await app.server.inject({ method, url: `/api/v1${path}`, ...(payload ? { payload } : {}) });
  const isJson = answer.headers['content-type']?.toString().includes('json');
  return {
    status: answer.statusCode,
    headers: answer.headers,
    bytes: answer.rawPayload,
    json: (isJson ? answer.json() : null) as Answer,
  };
}

let shade = 0;
/** A picture that no other test has. */
const picture = (width = 40, height = 30) => {
  shade += 1;
  return sharp({ create: { width, height, channels: 3, background: { r: shade, g: 200, b: 40 } } });
};

/** A PNG that says it is this large and holds next to nothing. */
function bombPng(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([1, 0, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc(1000));
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}
function crc(data: Buffer): number {
  let value = 0xffffffff;
  for (const byte of data) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return (value ^ 0xffffffff) >>> 0;
}

/** A GIF of this width and height that says it has this many frames, and holds next to nothing. */
function longGif(frames: number, side = 1): Buffer {
  const head = Buffer.from('GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff', 'latin1');
  head.writeUInt16LE(side, 6);
  head.writeUInt16LE(side, 8);
  const frame = Buffer.from(
    '!\xf9\x04\x00\x01\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00',
    'latin1',
  );
  frame.writeUInt16LE(side, 13);
  frame.writeUInt16LE(side, 15);
  return Buffer.concat([head, ...Array.from({ length: frames }, () => frame), Buffer.from(';')]);
}

describe('uploading', () => {
  it.each(['png', 'jpeg', 'webp', 'gif'] as const)('keeps a %s, whatever type is claimed', async (format) => {
    const { status, json } = await upload(
      await picture().toFormat(format).toBuffer(),
      'image/png',
      '?name=a&alt=A%20loaf',
    );
    expect(status).toBe(201);
    expect(json).toMatchObject({
      type: `image/${format}`,
      width: 40,
      height: 30,
      alt: 'A loaf',
      name: 'a',
      usedBy: [],
    });
  });

  it('removes what a camera writes beside the picture, turns it and makes it smaller', async () => {
    const photo = await picture(3000, 1000)
      .withExif({
        IFD0: { Artist: 'Somebody Special' },
        IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 3230/100' },
      })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const before = await sharp(photo).metadata();
    expect(before).toMatchObject({ orientation: 6 });
    expect(before.exif).toBeDefined();
    const { json } = await upload(photo, 'image/jpeg');
    expect(json).toMatchObject({ width: 853, height: 2560 });
    const kept = (await ask('GET', `/images/${json.id}/file`)).bytes;
    const after = await sharp(kept).metadata();
    expect(after.exif).toBeUndefined();
    expect(after.orientation).toBeUndefined();
    expect(kept.toString('latin1')).not.toContain('Somebody');
  });

  it('keeps pixels only of a file that is a page as well', async () => {
    const script = '<script>alert(1)</script>';
    const both = Buffer.concat([await picture().png().toBuffer(), Buffer.from(`<html>${script}</html>`)]);
    const { json, status } = await upload(both);
    expect(status).toBe(201);
    expect((await ask('GET', `/images/${json.id}/file`)).bytes.toString('latin1')).not.toContain('script');
  });

  it.each<[string, () => Buffer | Promise<Buffer>, string]>([
    ['an SVG', () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'), 'no PNG'],
    ['a page', () => Buffer.from('<!doctype html><title>x</title>'), 'no PNG'],
    ['nothing', () => Buffer.alloc(0), 'empty'],
    ['a PNG of 50,000 x 50,000', () => bombPng(50_000, 50_000), 'pixels'],
    ['a GIF of 10,000 frames', () => longGif(10_000), 'frames'],
    ['a GIF of two frames of 5,000 x 5,000', () => longGif(2, 5_000), 'frames'],
    ['half a JPEG', async () => (await picture(400, 400).jpeg().toBuffer()).subarray(0, 700), 'broken'],
    ['half a PNG', async () => (await picture(400, 400).png().toBuffer()).subarray(0, 120), 'broken'],
    [
      'a signature and noise',
      () => Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(50, 7)]),
      'broken',
    ],
  ])('refuses %s', async (_what, make, said) => {
    const { status, json } = await upload(await make());
    expect({ status, code: json.code }).toEqual({ status: 422, code: 'image_refused' });
    expect(json.detail).toContain(said);
  });

  it.each(['gif', 'webp'] as const)('keeps every frame of an animated %s', async (format) => {
    const frame = (background: string) => sharp({ create: { width: 30, height: 20, channels: 3, background } }).png();
    const frames = await Promise.all(['red', 'blue'].map((colour) => frame(colour).toBuffer()));
    const animation = await sharp(frames, { join: { animated: true } })
      .toFormat(format)
      .toBuffer();
    const { json } = await upload(animation, `image/${format}`);
    expect(json).toMatchObject({ type: `image/${format}`, width: 30, height: 20 });
    const kept = (await ask('GET', `/images/${json.id}/file`)).bytes;
    expect(await sharp(kept).metadata()).toMatchObject({ format, pages: 2 });
  });

  it.each([
    ['JPEG', 3, 1200, 'image/jpeg'],
    ['WebP, which shows what is transparent,', 4, 1050, 'image/webp'],
  ] as const)('makes a %s of a photograph that comes as PNG', async (_what, channels, side, type) => {
    const raw = { width: side, height: side, channels };
    const photo = await sharp(randomBytes(side * side * channels), { raw })
      .png()
      .toBuffer();
    const { json } = await upload(photo);
    expect(json).toMatchObject({ type, width: side });
    expect(json.bytes).toBeLessThan(photo.length);
  });

  it('refuses other types and files over 10 MB, and takes no more than 1 MB anywhere else', async () => {
    expect((await upload(Buffer.from('<svg/>'), 'image/svg+xml')).status).toBe(415);
    const large = await upload(Buffer.alloc(10_000_001));
    expect(large).toMatchObject({ status: 413, json: { code: 'body_too_large', detail: 'The image is over 10 MB.' } });
    expect((await upload(Buffer.alloc(2_000_000, 1))).json.detail).toContain('no PNG');
    const article = { title: 'Long', markdown: 'x'.repeat(1_100_000) };
    expect((await ask('POST', '/articles', article)).status).toBe(413);
    const elsewhere = { method: 'POST', url: '/api/v1/articles', headers: { 'content-type': 'image/png' } } as const;
    expect((await app.server.inject({ ...elsewhere, payload: Buffer.alloc(10) })).statusCode).toBe(415);
  });

  it('keeps the same bytes once, and answers a repeated request with the same image', async () => {
    const file = await picture().png().toBuffer();
    const key = { 'idempotency-key': crypto.randomUUID() };
    const first = await upload(file, 'image/png', '', key);
    expect((await upload(file, 'image/png', '', key)).json).toEqual(first.json);
    expect((await upload(file)).json.id).toBe(first.json.id);
    expect((await upload(await picture().png().toBuffer(), 'image/png', '', key)).status).toBe(409);
  });

  it('says when there is no room left', async () => {
    const small = await upload(await picture().png().toBuffer());
    await app.ctx.db.update(images).set({ size: imagesQuota });
    const { status, json } = await upload(await picture().png().toBuffer());
    expect({ status, code: json.code }).toEqual({ status: 409, code: 'images_full' });
    expect(json.detail).toContain('500.0 MB');
    await app.ctx.db.update(images).set({ size: small.json.bytes });
  });
});

describe('an image', () => {
  it('is served to its owner alone, as what it is and nothing that runs', async () => {
    const { json } = await upload(await picture(800, 400).jpeg().toBuffer());
    const path = `/images/${json.id}/file`;
    const { headers, bytes } = await ask('GET', path);
    expect(headers).toMatchObject({
      'content-type': 'image/jpeg',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'private, no-cache',
    });
    expect(bytes.length).toBe(json.bytes);
    const again = await app.server.inject({
      url: `/api/v1${path}`,
      headers: { 'if-none-match': String(headers.etag) },
    });
    expect(again.statusCode).toBe(304);
    const small = await ask('GET', `${path}?width=320`);
    expect(await sharp(small.bytes).metadata()).toMatchObject({ width: 320, height: 160, format: 'webp' });
    expect((await client(app).ask('GET', path)).status).toBe(401);
  });

  it('is described, featured, shown as used, kept while it is used, and deleted when told to', async () => {
    const { json: image } = await upload(await picture().png().toBuffer());
    await ask('PATCH', `/images/${image.id}`, { alt: 'Bread', caption: 'On a table' });
    const article = (
      await ask('POST', '/articles', { title: 'One', markdown: `![x](/api/v1/images/${image.id}/file)` })
    ).json;
    const other = (await ask('POST', '/articles', { title: 'Two', markdown: 'x' })).json;
    const edited = await ask('PATCH', `/articles/${other.id}`, { revision: 1, featuredImageId: image.id });
    const featuredImage = { id: image.id, url: `/api/v1/images/${image.id}/file`, width: 40, height: 30, alt: 'Bread' };
    expect(edited.json).toMatchObject({ revision: 2, featuredImage });
    expect((await ask('GET', `/images/${image.id}`)).json.usedBy.map(({ id }) => id)).toEqual([article.id, other.id]);
    expect((await ask('PATCH', `/articles/${other.id}`, { revision: 1, featuredImageId: null })).status).toBe(409);
    const refused = await ask('DELETE', `/images/${image.id}`);
    expect(refused).toMatchObject({ status: 409, json: { code: 'image_in_use' } });
    expect(refused.json.detail).toContain('“One”, “Two”');
    expect((await ask('DELETE', `/images/${image.id}?force=true`)).status).toBe(204);
    expect((await ask('GET', `/articles/${other.id}`)).json).toMatchObject({ featuredImage: null });
  });

  it('is drawn from an article in the colours that are asked for', async () => {
    const article = (
      await ask('POST', '/articles', { title: 'Bread at home', markdown: 'x', language: 'en' } as object)
    ).json;
    const card = await ask('POST', '/images/card', { articleId: article.id, background: '#ff0000' });
    expect(card.json).toMatchObject({
      kind: 'card',
      width: 1200,
      height: 630,
      alt: 'Bread at home',
      name: 'bread-at-home.png',
    });
    const corner = await sharp((await ask('GET', `/images/${card.json.id}/file`)).bytes)
      .removeAlpha()
      .extract({ left: 0, top: 0, width: 1, height: 1 })
      .raw()
      .toBuffer();
    expect([...corner]).toEqual([255, 0, 0]);
    expect((await ask('POST', '/images/card', {})).status).toBe(422);
  });

  it('is in the export with its bytes', async () => {
    const account = await givenAccount(app, 'images@example.com');
    const file = await picture().png().toBuffer();
    const headers = { authorization: `Bearer ${account.accessToken}`, 'content-type': 'image/png' };
    const sent = await app.send({ method: 'POST', url: '/api/v1/images?name=loaf.png', headers, payload: file });
    const { id, bytes } = sent.json<Answer>();
    const archive = unzipSync(new Uint8Array((await account.api.ask('GET', '/me/export')).bytes));
    expect(archive[`images/${id}.png`]?.length).toBe(bytes);
    expect(JSON.parse(Buffer.from(archive[`images/${id}.json`] ?? []).toString())).toMatchObject({ name: 'loaf.png' });
  });
});
