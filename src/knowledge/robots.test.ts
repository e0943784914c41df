import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, expect, it } from 'vitest';
import { createSafeFetch } from '../net/safe-fetch.ts';
import { createExtractor } from './extract.ts';
import { createRobots } from './robots.ts';

const extractor = createExtractor();
afterAll(() => extractor.close());
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(handler: RequestListener, now?: () => number) {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const safeFetch = createSafeFetch({ allowPrivateHosts: ['127.0.0.1'], userAgent: 'blog-poster' });
  cleanups.push(
    () => server.close(),
    () => server.closeAllConnections(),
    () => safeFetch.close(),
  );
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const robots = createRobots(safeFetch, extractor, { userAgent: 'blog-poster/1.0 (+https://example.com)', now });
  return { origin, robots, allowed: (path: string) => robots.allowed(origin + path), requests: () => requests };
}

const text =
  (body: string): RequestListener =>
  (_request, response) =>
    void response.end(body);

it('follows the rules for its own name before those for all', async () => {
  const { allowed } = await start(
    text('User-agent: *\nDisallow: /\n\nUser-agent: blog-poster\nDisallow: /private\nAllow: /private/open\n'),
  );
  expect(await allowed('/page')).toBe(true);
  expect(await allowed('/private/page')).toBe(false);
  expect(await allowed('/private/open')).toBe(true);
});

it('follows the rules for all when there are none for its name', async () => {
  const { allowed } = await start(text('User-agent: *\nDisallow: /*.pdf$\nDisallow: /search?\n'));
  expect(await allowed('/a.pdf')).toBe(false);
  expect(await allowed('/a.pdf.html')).toBe(true);
  expect(await allowed('/search?q=1')).toBe(false);
});

it.each([404, 403, 401, 410])('allows everything when robots.txt answers %i', async (status) => {
  const { allowed } = await start(
    (_request, response) => void response.writeHead(status).end('User-agent: *\nDisallow: /'),
  );
  expect(await allowed('/page')).toBe(true);
});

it.each([500, 503, 429])('forbids everything when robots.txt answers %i, and says so', async (status) => {
  const { allowed } = await start((_request, response) => void response.writeHead(status).end());
  await expect(allowed('/page')).rejects.toMatchObject({
    code: 'fetch_blocked',
    message: expect.stringContaining(`answered ${status}`),
  });
});

it('says why when the site cannot be reached, and asks again a minute later', async () => {
  let time = 0;
  let broken = true;
  const { allowed } = await start(
    (request, response) => void (broken ? request.socket.destroy() : response.end('')),
    () => time,
  );
  await expect(allowed('/page')).rejects.toMatchObject({ code: 'fetch_failed' });
  broken = false;
  await expect(allowed('/page')).rejects.toMatchObject({ code: 'fetch_failed' });
  time = 61_000;
  expect(await allowed('/page')).toBe(true);
});

it('asks once an hour, also for many pages at once', async () => {
  let time = 0;
  const { allowed, requests } = await start(text('User-agent: *\nDisallow: /x'), () => time);
  expect(await Promise.all([allowed('/a'), allowed('/x'), allowed('/b')])).toEqual([true, false, true]);
  time = 3_599_000;
  await allowed('/c');
  expect(requests()).toBe(1);
  time = 3_601_000;
  await allowed('/c');
  expect(requests()).toBe(2);
});

it('reads the first 500 KiB, without half a line', async () => {
  const filler = '# 0123456789\n'.repeat(39_500);
  expect(filler.length).toBeGreaterThan(500 * 1024);
  const { allowed } = await start(text(`User-agent: *\nDisallow: /early\n${filler}Disallow: /late\n`));
  expect(await allowed('/early')).toBe(false);
  expect(await allowed('/late')).toBe(true);
});

it.each([
  ['is rubbish', Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 256))],
  ['is a page', '<!doctype html><title>Not found</title>'],
  ['is 5 MB of comments', '# 0123456789\n'.repeat(400_000)],
  ['is empty', ''],
])('allows everything when robots.txt %s', async (_name, body) => {
  const { allowed } = await start((_request, response) => void response.end(body));
  expect(await allowed('/page')).toBe(true);
});

it.each([
  ['names and rules by the thousand', `${'User-agent: a\n'.repeat(18_000)}${'Disallow: /\n'.repeat(20_000)}`],
  ['patterns of stars', `User-agent: *\n${`Disallow: /${'*a'.repeat(40)}b\n`.repeat(5_000)}`],
])('forbids everything when robots.txt takes too long to follow: %s', async (_name, body) => {
  const { allowed } = await start(text(body));
  await expect(allowed(`/${'a'.repeat(7_000)}`)).rejects.toMatchObject({
    code: 'fetch_blocked',
    message: expect.stringContaining('more than can be followed'),
  });
});

it('knows the sitemaps that the file names', async () => {
  const { origin, robots } = await start(text('Sitemap: https://a.example/one.xml\nSitemap: /two.xml\n'));
  expect(await robots.sitemaps(`${origin}/`)).toEqual(['https://a.example/one.xml', '/two.xml']);
});
