import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { isPublicAddress, parsePrivateHosts } from './address-guard.ts';
import { createSafeFetch, type SafeFetch, type SafeFetchSettings } from './safe-fetch.ts';

const fixture = (name: string) => readFileSync(new URL(`./__fixtures__/${name}`, import.meta.url), 'utf8');
const limits = { timeoutMs: 5_000, maxBytes: 1_000_000 };
const cleanups: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listen(server: Server | TcpServer, host = '127.0.0.1'): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  if ('closeAllConnections' in server) cleanups.push(() => server.closeAllConnections());
  return (server.address() as AddressInfo).port;
}

const serve = (handler: RequestListener) => listen(createServer(handler));

/** A server below HTTP, for answers that no HTTP library would give. */
function serveRaw(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    onConnection(socket);
  });
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
  });
  return listen(server);
}

function fetcher(settings: Partial<SafeFetchSettings> = {}): SafeFetch {
  const safeFetch = createSafeFetch({ allowPrivateHosts: [], userAgent: 'blog-poster-test', ...settings });
  cleanups.push(() => safeFetch.close());
  return safeFetch;
}

async function failure(promise: Promise<unknown>): Promise<AppError> {
  const error = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

describe('what is never reached', () => {
  const spellings = [
    'http://127.0.0.1:PORT/',
    'http://localhost:PORT/',
    'http://localhost.:PORT/',
    'http://LOCALHOST:PORT/',
    'http://2130706433:PORT/',
    'http://0x7f000001:PORT/',
    'http://0x7f.0.0.1:PORT/',
    'http://0177.0.0.1:PORT/',
    'http://017700000001:PORT/',
    'http://127.1:PORT/',
    'http://127.0.1:PORT/',
    'http://127.255.255.254:PORT/',
    'http://0.0.0.0:PORT/',
    'http://0:PORT/',
    'http://[::1]:PORT/',
    'http://[::]:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://[::ffff:7f00:1]:PORT/',
    'http://[::127.0.0.1]:PORT/',
    'http://[64:ff9b::7f00:1]:PORT/',
    'http://[2002:7f00:1::]:PORT/',
    'http://①②⑦.⓪.⓪.①:PORT/',
    'http://127。0。0。1:PORT/',
    'http://user:pass@127.0.0.1:PORT/',
    'http://example.com@127.0.0.1:PORT/',
  ];

  it.each(spellings)('loopback spelled as %s', async (spelling) => {
    let hits = 0;
    const port = await serve((_request, response) => {
      hits++;
      response.end('secret');
    });
    const error = await failure(fetcher()(spelling.replace('PORT', String(port)), limits));
    expect(error.code).toBe('fetch_blocked');
    expect(hits).toBe(0);
  });

  it.each([
    ['169.254.169.254', false],
    ['168.63.129.16', false],
    ['10.0.0.1', false],
    ['172.31.255.255', false],
    ['192.168.1.1', false],
    ['100.64.0.1', false],
    ['192.0.2.1', false],
    ['198.18.0.1', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['fe80::1', false],
    ['fd00::1', false],
    ['fec0::1', false],
    ['ff02::1', false],
    ['::ffff:10.0.0.1', false],
    ['64:ff9b:1::1', false],
    ['2001:db8::1', false],
    ['2001::1', false],
    ['4000::1', false],
    ['not an address', false],
    ['::ffff:8.8.8.8', true],
    ['93.184.216.34', true],
    ['2606:2800:220:1::1', true],
  ])('address %s public: %s', (address, expected) => {
    expect(isPublicAddress(address)).toBe(expected);
  });

  it.each([
    ['file:///etc/passwd', 'scheme'],
    ['ftp://example.com/', 'scheme'],
    ['gopher://127.0.0.1/', 'scheme'],
    ['data:text/plain,hello', 'scheme'],
    ['https://user@example.com/', 'credentials'],
    ['/relative', 'invalid_url'],
    [`https://example.com/${'a'.repeat(9000)}`, 'invalid_url'],
    ['http://8.8.8.8:25/', 'port'],
  ])('%s', async (url, cause) => {
    const error = await failure(fetcher()(url, limits));
    expect(error.code).toBe('fetch_blocked');
    expect(error.details?.cause).toBe(cause);
  });

  it('a private address behind a redirect from an allowed host', async () => {
    let hits = 0;
    const secret = await serve((_request, response) => {
      hits++;
      response.end('secret');
    });
    const port = await serve((_request, response) => {
      response.writeHead(302, { location: `http://127.0.0.1:${secret}/admin` }).end();
    });
    const safeFetch = fetcher({ allowPrivateHosts: [`localhost:${port}`] });
    const error = await failure(safeFetch(`http://localhost:${port}/`, limits));
    expect(error.code).toBe('fetch_blocked');
    expect(error.message).toContain('127.0.0.1');
    expect(hits).toBe(0);
  });

  it('another scheme behind a redirect', async () => {
    const port = await serve(
      (_request, response) => void response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    );
    const error = await failure(fetcher({ allowPrivateHosts: ['localhost'] })(`http://localhost:${port}/`, limits));
    expect(error.details?.cause).toBe('scheme');
  });

  it('a name that is public when first asked and private when the socket asks (DNS rebinding)', async () => {
    let asked = 0;
    let hits = 0;
    const port = await serve((_request, response) => {
      hits++;
      response.end('secret');
    });
    const resolve = async () => {
      asked++;
      return [{ address: asked === 1 ? '93.184.216.34' : '127.0.0.1', family: 4 }];
    };
    const safeFetch = fetcher({ resolve });
    // The first answer is public and cannot be reached from a test: whatever comes of it, it is not a refusal.
    await failure(safeFetch(`http://rebind.example:${port}/`, { ...limits, timeoutMs: 200 }));
    const error = await failure(safeFetch(`http://rebind.example:${port}/`, limits));
    expect(asked).toBe(2);
    expect(error.code).toBe('fetch_blocked');
    expect(error.details).toMatchObject({ cause: 'private_address', host: 'rebind.example', address: '127.0.0.1' });
    expect(hits).toBe(0);
  });

  it('a name with a private address among public ones', async () => {
    const resolve = async () => [
      { address: '93.184.216.34', family: 4 },
      { address: '::1', family: 6 },
    ];
    expect((await failure(fetcher({ resolve })('http://mixed.example/', limits))).code).toBe('fetch_blocked');
  });
});

describe('what the operator allows', () => {
  const hello = (_request: IncomingMessage, response: ServerResponse) => void response.end('hello');

  it.each(['localhost', 'localhost:PORT', '127.0.0.0/8'])('%s', async (entry) => {
    const port = await serve(hello);
    // Only the IPv4 loopback: the range of this test names no other.
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    const safeFetch = fetcher({ allowPrivateHosts: [entry.replace('PORT', String(port))], resolve });
    const answer = await safeFetch(`http://localhost:${port}/a#fragment`, limits);
    expect(new TextDecoder().decode(answer.body)).toBe('hello');
    expect(answer).toMatchObject({ status: 200, url: `http://localhost:${port}/a`, redirects: [] });
  });

  it('one port of a host, and not its others', async () => {
    const port = await serve(hello);
    const error = await failure(fetcher({ allowPrivateHosts: ['localhost:1'] })(`http://localhost:${port}/`, limits));
    expect(error.code).toBe('fetch_blocked');
  });

  it('refuses an entry it cannot read, naming it', () => {
    for (const entry of ['10.0.0.0/99', 'http://x', 'a b', 'user@host']) {
      expect(() => parsePrivateHosts([entry]), entry).toThrow(entry);
    }
  });
});

describe('redirects', () => {
  it('are followed to the end and listed', async () => {
    const port = await serve((request, response) => {
      if (request.url === '/a') response.writeHead(301, { location: '/b' }).end();
      else if (request.url === '/b') response.writeHead(302, { location: 'c?x=1' }).end();
      else response.end(request.url);
    });
    const origin = `http://127.0.0.1:${port}`;
    const answer = await fetcher({ allowPrivateHosts: ['127.0.0.1'] })(`${origin}/a`, limits);
    expect(answer.url).toBe(`${origin}/c?x=1`);
    expect(answer.redirects).toEqual([`${origin}/a`, `${origin}/b`]);
  });

  it('are returned as they are on request', async () => {
    const port = await serve((_request, response) => void response.writeHead(302, { location: '/login' }).end());
    const answer = await fetcher({ allowPrivateHosts: ['127.0.0.1'] })(`http://127.0.0.1:${port}/`, {
      ...limits,
      redirect: 'manual',
    });
    expect(answer.status).toBe(302);
    expect(answer.headers.get('location')).toBe('/login');
  });

  it('in a circle and in an endless row are given up', async () => {
    const port = await serve((request, response) => {
      const n = Number(request.url?.slice(2) ?? 0);
      response
        .writeHead(302, {
          location: request.url?.startsWith('/c') ? (request.url === '/c1' ? '/c2' : '/c1') : `/r${n + 1}`,
        })
        .end();
    });
    const safeFetch = fetcher({ allowPrivateHosts: ['127.0.0.1'] });
    const circle = await failure(safeFetch(`http://127.0.0.1:${port}/c1`, limits));
    expect(circle.message).toContain('circle');
    expect(circle.details?.cause).toBe('redirects');
    const row = await failure(safeFetch(`http://127.0.0.1:${port}/r0`, { ...limits, maxRedirects: 3 }));
    expect(row.details?.cause).toBe('redirects');
    expect(row.details?.redirects).toHaveLength(4);
  });

  it('carry credentials within an origin and never to another', async () => {
    const seen: Record<string, string | undefined>[] = [];
    const record = (request: IncomingMessage, response: ServerResponse) => {
      seen.push({
        authorization: request.headers.authorization,
        cookie: request.headers.cookie,
        accept: request.headers.accept,
      });
      response.end('ok');
    };
    const other = await serve(record);
    const port = await serve((request, response) => {
      if (request.url === '/same') response.writeHead(307, { location: '/end' }).end();
      else if (request.url === '/other') response.writeHead(307, { location: `http://127.0.0.1:${other}/` }).end();
      else record(request, response);
    });
    const safeFetch = fetcher({ allowPrivateHosts: ['127.0.0.1'] });
    const headers = { Authorization: 'Basic abc', Cookie: 'a=b', accept: 'text/html' };
    await safeFetch(`http://127.0.0.1:${port}/same`, { ...limits, headers });
    await safeFetch(`http://127.0.0.1:${port}/other`, { ...limits, headers });
    expect(seen).toEqual([
      { authorization: 'Basic abc', cookie: 'a=b', accept: 'text/html' },
      { authorization: undefined, cookie: undefined, accept: 'text/html' },
    ]);
  });

  it('repeat a body for 307 and turn a POST into a GET for 302 and 303', async () => {
    const seen: string[] = [];
    const port = await serve(async (request, response) => {
      const status = Number(request.url?.slice(1));
      if (status > 0) return void response.writeHead(status, { location: '/end' }).end();
      let body = '';
      for await (const chunk of request) body += chunk;
      seen.push(`${request.method} ${request.headers['content-type'] ?? '-'} ${body}`);
      response.end();
    });
    const safeFetch = fetcher({ allowPrivateHosts: ['127.0.0.1'] });
    for (const status of [307, 302, 303]) {
      await safeFetch(`http://127.0.0.1:${port}/${status}`, {
        ...limits,
        method: 'post',
        headers: { 'content-type': 'text/x' },
        body: 'hello',
      });
    }
    expect(seen).toEqual(['POST text/x hello', 'GET - ', 'GET - ']);
  });
});

describe('size and time', () => {
  const allowPrivateHosts = ['127.0.0.1'];

  it('decodes gzip and brotli, and keeps an empty body empty', async () => {
    const port = await serve((request, response) => {
      if (request.url === '/gz') response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('gzipped'));
      else if (request.url === '/br')
        response.writeHead(200, { 'content-encoding': 'br' }).end(brotliCompressSync('brotlied'));
      else response.writeHead(204).end();
    });
    const safeFetch = fetcher({ allowPrivateHosts });
    const text = async (path: string) =>
      new TextDecoder().decode((await safeFetch(`http://127.0.0.1:${port}${path}`, limits)).body);
    expect([await text('/gz'), await text('/br'), await text('/none')]).toEqual(['gzipped', 'brotlied', '']);
  });

  it('stops a gzip bomb at the cap of decoded bytes without inflating it whole', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    expect(bomb.byteLength).toBeLessThan(60_000);
    const port = await serve(
      (_request, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    );
    const before = process.memoryUsage().arrayBuffers;
    const error = await failure(fetcher({ allowPrivateHosts })(`http://127.0.0.1:${port}/`, limits));
    expect(error.code).toBe('fetch_too_large');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
  });

  it('accepts a body of exactly the cap and refuses one byte more, announced or not', async () => {
    const port = await serve((request, response) => {
      const size = Number(request.url?.slice(2));
      if (request.url?.[1] === 'a') response.setHeader('content-length', size);
      else response.flushHeaders();
      response.end(Buffer.alloc(size));
    });
    const safeFetch = fetcher({ allowPrivateHosts });
    const get = (path: string) => safeFetch(`http://127.0.0.1:${port}${path}`, { timeoutMs: 5_000, maxBytes: 5_000 });
    expect((await get('/a5000')).body.byteLength).toBe(5_000);
    expect((await get('/c5000')).body.byteLength).toBe(5_000);
    expect((await failure(get('/a5001'))).code).toBe('fetch_too_large');
    expect((await failure(get('/c5001'))).code).toBe('fetch_too_large');
  });

  it('reads only the beginning of a larger body where that is all that is wanted, and lets the rest go', async () => {
    let closed = false;
    const port = await serve((request, response) => {
      response.on('close', () => {
        closed = true;
      });
      if (request.url === '/announced') response.setHeader('content-length', 10_000_000);
      response.write('begin');
      response.write(Buffer.alloc(9_999_995));
    });
    for (const path of ['/announced', '/open']) {
      closed = false;
      const answer = await fetcher({ allowPrivateHosts })(`http://127.0.0.1:${port}${path}`, {
        timeoutMs: 5_000,
        maxBytes: 100,
        larger: 'cut',
      });
      expect(answer.status).toBe(200);
      expect(answer.body.byteLength).toBe(100);
      expect(new TextDecoder().decode(answer.body.subarray(0, 5))).toBe('begin');
      await expect.poll(() => closed).toBe(true);
    }
  });

  it('does not mind the length that a HEAD announces', async () => {
    const port = await serve(
      (_request, response) => void response.writeHead(200, { 'content-length': 99_999_999 }).end(),
    );
    const answer = await fetcher({ allowPrivateHosts })(`http://127.0.0.1:${port}/`, { ...limits, method: 'HEAD' });
    expect(answer.body.byteLength).toBe(0);
  });

  it('ends at the deadline although bytes keep dripping', async () => {
    let closed = false;
    const port = await serveRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n');
      const drip = setInterval(() => socket.write('x'), 20);
      socket.on('close', () => {
        closed = true;
        clearInterval(drip);
      });
    });
    const started = performance.now();
    const error = await failure(
      fetcher({ allowPrivateHosts })(`http://127.0.0.1:${port}/`, { timeoutMs: 300, maxBytes: 1e6 }),
    );
    expect(error.details?.cause).toBe('timeout');
    expect(error.message).toContain('0.3 seconds');
    expect(performance.now() - started).toBeLessThan(1_500);
    await expect.poll(() => closed).toBe(true);
  });

  it('spends one deadline on all redirects together', async () => {
    const port = await serve((request, response) => {
      setTimeout(() => response.writeHead(302, { location: `/${Number(request.url?.slice(1)) + 1}` }).end(), 120);
    });
    const error = await failure(
      fetcher({ allowPrivateHosts })(`http://127.0.0.1:${port}/0`, { timeoutMs: 300, maxBytes: 1e6, maxRedirects: 20 }),
    );
    expect(error.details?.cause).toBe('timeout');
  });

  it("throws the caller's own reason when the caller cancels", async () => {
    const port = await serveRaw((socket) => void socket.resume());
    const controller = new AbortController();
    const reason = new Error('cancelled by the user');
    const running = fetcher({ allowPrivateHosts })(`http://127.0.0.1:${port}/`, {
      ...limits,
      signal: controller.signal,
    });
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
  });
});

describe('failures say what happened', () => {
  const allowPrivateHosts = ['127.0.0.1', 'localhost'];

  it('no such name', async () => {
    const resolve = async () => {
      throw Object.assign(new Error('queryA ENOTFOUND'), { code: 'ENOTFOUND' });
    };
    const error = await failure(fetcher({ resolve })('http://nowhere.example/', limits));
    expect(error).toMatchObject({ code: 'fetch_failed', details: { cause: 'dns' } });
    expect(error.message).toBe('The name nowhere.example does not exist in DNS.');
  });

  it('nothing listening', async () => {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    const error = await failure(fetcher({ allowPrivateHosts })(`http://127.0.0.1:${port}/`, limits));
    expect(error.details?.cause).toBe('refused');
  });

  it.each<[string, string, (socket: Socket) => void]>([
    ['a connection cut at once', 'reset', (socket) => socket.destroy()],
    ['a connection reset', 'reset', (socket) => socket.resetAndDestroy()],
    ['half an answer', 'reset', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf')],
    ['something that is not HTTP', 'protocol', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
    [
      'broken gzip',
      'encoding',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\nplain'),
    ],
    [
      'a megabyte of headers',
      'headers',
      (socket) => socket.end(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(1_000_000)}\r\n\r\n`),
    ],
  ])('%s', async (_name, cause, answer) => {
    const port = await serveRaw((socket) => socket.once('data', () => answer(socket)));
    const error = await failure(fetcher({ allowPrivateHosts })(`http://127.0.0.1:${port}/`, limits));
    expect(error.code).toBe('fetch_failed');
    expect(error.details?.cause).toBe(cause);
    expect(error.message).toContain(`127.0.0.1:${port}`);
  });

  it('certificates: expired, of an unknown authority, for another name, and a good one', async () => {
    const key = fixture('server.key.pem');
    const start = (cert: string) =>
      listen(createTlsServer({ key, cert: fixture(cert) }, (_request, response) => void response.end('ok')));
    const [valid, expired] = [await start('valid.pem'), await start('expired.pem')];
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    const trusting = fetcher({ allowPrivateHosts: ['127.0.0.0/8'], ca: fixture('ca.pem'), resolve });
    expect((await trusting(`https://localhost:${valid}/`, limits)).status).toBe(200);
    const old = await failure(trusting(`https://localhost:${expired}/`, limits));
    expect(old.details).toMatchObject({ cause: 'tls', code: 'CERT_HAS_EXPIRED' });
    expect(old.message).toContain('has expired');
    const wrongName = await failure(trusting(`https://wrong.example:${valid}/`, limits));
    expect(wrongName.details).toMatchObject({ cause: 'tls', code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    const unknown = await failure(fetcher({ allowPrivateHosts })(`https://localhost:${valid}/`, limits));
    expect(unknown.details?.cause).toBe('tls');
    const plain = await serve((_request, response) => void response.end());
    const notTls = await failure(trusting(`https://localhost:${plain}/`, limits));
    expect(notTls.details?.cause).toBe('tls');
  });
});

it('keeps connections for later requests', async () => {
  let connections = 0;
  const server = createServer((_request, response) => void response.end('ok')).on('connection', () => connections++);
  const port = await listen(server);
  const safeFetch = fetcher({ allowPrivateHosts: ['127.0.0.1'] });
  for (let i = 0; i < 10; i++) await safeFetch(`http://127.0.0.1:${port}/`, limits);
  // A socket goes back to the pool a moment after its answer was read, so a second one may be opened meanwhile.
  expect(connections).toBeLessThanOrEqual(2);
});
