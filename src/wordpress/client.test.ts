import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { fetchFailed } from '../net/fetch-errors.ts';
import type { SafeFetch, SafeFetchOptions, SafeFetchResponse } from '../net/safe-fetch.ts';
import { checkSite } from './check.ts';
import { createWordPressClient, type WordPressClientOptions } from './client.ts';
import { restUrl, siteBase } from './rest-url.ts';

// Only what the real sites of test/services cannot show: proxies, walls, broken plugins and hostile answers.

interface Answer {
  status?: number;
  url?: string;
  headers?: Record<string, string>;
  body?: unknown;
}
type Site = (url: URL, options: SafeFetchOptions) => Answer;

function transport(site: Site) {
  const requests: { url: string; options: SafeFetchOptions }[] = [];
  const ask = async (target: string | URL, options: SafeFetchOptions): Promise<SafeFetchResponse> => {
    requests.push({ url: String(target), options });
    const { status = 200, url = String(target), headers, body = '' } = site(new URL(target), options);
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const type = typeof body === 'string' ? 'text/html' : 'application/json; charset=UTF-8';
    return {
      status,
      url,
      redirects: [],
      headers: new Headers({ 'content-type': type, ...headers }),
      body: new TextEncoder().encode(text),
    };
  };
  const safeFetch: SafeFetch = Object.assign(ask, { close: async () => undefined });
  return { safeFetch, requests };
}

const password = 'abcd EFGH ijkl MNOP qrst UVWX';
function client(site: Site, more: Partial<WordPressClientOptions> = {}) {
  const { safeFetch, requests } = transport(site);
  const made = createWordPressClient({
    safeFetch,
    siteUrl: 'https://blog.example',
    username: 'ann',
    applicationPassword: password,
    ...more,
  });
  return { client: made, requests };
}
const root = 'https://blog.example/wp-json/';
const index = {
  name: 'Blog',
  home: 'https://blog.example',
  namespaces: ['wp/v2'],
  authentication: { 'application-passwords': { endpoints: {} } },
};

async function failure(work: Promise<unknown>): Promise<AppError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof AppError)) throw new Error(`expected an AppError, got ${String(error)}`);
  return error;
}

describe('addresses', () => {
  it.each([
    ['https://x.example/wp-json/', '/wp/v2/posts', 'https://x.example/wp-json/wp/v2/posts?search=a+b&page=2'],
    ['https://x.example/blog/wp-json', '/wp/v2/posts', 'https://x.example/blog/wp-json/wp/v2/posts?search=a+b&page=2'],
    [
      'https://x.example/?rest_route=/',
      '/wp/v2/posts',
      'https://x.example/?rest_route=%2Fwp%2Fv2%2Fposts&search=a+b&page=2',
    ],
    ['https://x.example/index.php?rest_route=/', '/', 'https://x.example/index.php?rest_route=%2F&search=a+b&page=2'],
  ])('builds on %s', (restRoot, path, expected) => {
    expect(restUrl(restRoot, path, { search: 'a b', page: 2, none: undefined })).toBe(expected);
  });

  it('takes what people paste', () => {
    for (const typed of [
      ' https://x.example',
      'https://x.example/wp-admin/',
      'https://x.example/wp-login.php?a=b#c',
      'https://x.example/wp-json/wp/v2',
    ]) {
      expect(siteBase(typed)).toBe('https://x.example/');
    }
    expect(siteBase('http://x.example:8080/blog')).toBe('http://x.example:8080/blog/');
    for (const wrong of ['x.example', 'ftp://x.example', 'https://ann:secret@x.example'])
      expect(() => siteBase(wrong)).toThrow(AppError);
  });
});

describe('discover', () => {
  it('names a redirect to another host and sends no password on the way', async () => {
    const { client: moved, requests } = client(() => ({ url: 'https://www.blog.example/', body: '<html>' }));
    const error = await failure(moved.discover());
    expect(error).toMatchObject({ code: 'site_rejected', details: { cause: 'redirected_to_www' } });
    expect(error.hint).toContain('https://www.blog.example/');
    expect(requests.every(({ options }) => options.headers?.authorization === undefined)).toBe(true);
  });

  it('goes over to https on the same host, and never back', async () => {
    const secure: Site = (url) => (url.pathname === '/' ? { url: 'https://blog.example/' } : { body: index });
    expect((await client(secure, { siteUrl: 'http://blog.example' }).client.discover()).restRoot).toBe(root);
    const insecure: Site = () => ({ url: 'http://blog.example/' });
    expect((await failure(client(insecure).client.discover())).details?.cause).toBe('redirected_to_http');
  });

  it('reads the root from the page where a cache has dropped the header', async () => {
    const head = `<link rel='https://api.w.org/' href='https://blog.example/api/' /><meta name="generator" content="WordPress 6.4.2" />`;
    const found = await client((url) =>
      url.pathname === '/api/'
        ? { body: index }
        : { body: url.pathname === '/' ? head : 'no', status: url.pathname === '/' ? 200 : 404 },
    ).client.discover();
    expect(found).toMatchObject({ restRoot: 'https://blog.example/api/', version: '6.4.2' });
  });

  it('does not carry the password to a host that only the site names', async () => {
    const { client: headless, requests } = client((url) =>
      url.pathname === '/'
        ? { headers: { link: '<https://cms.example/wp-json/>; rel="https://api.w.org/"' } }
        : { status: 404 },
    );
    const error = await failure(headless.discover());
    expect(error).toMatchObject({ details: { cause: 'rest_on_other_host' } });
    expect(error.message).toContain('https://cms.example');
    expect(requests.every(({ url }) => new URL(url).host === 'blog.example')).toBe(true);
  });

  it('asks again with the login where a plugin closes the REST API to visitors', async () => {
    const { client: closed } = client((url, { headers }) => {
      if (url.pathname === '/') return { body: '<html>' };
      return headers?.authorization
        ? { body: index }
        : { status: 401, body: { code: 'rest_login_required', message: 'No.' } };
    });
    expect((await closed.discover()).name).toBe('Blog');
  });

  it.each([
    [{ timezone_string: 'Europe/Paris', gmt_offset: '1' }, 'Europe/Paris'],
    [{ timezone_string: '', gmt_offset: 5.5 }, '+05:30'],
    [{ timezone_string: '', gmt_offset: '-3.5' }, '-03:30'],
    [{}, 'UTC'],
  ])('reads the time zone of %j', async (fields, expected) => {
    const { timezone } = await client((url) => ({
      body: url.pathname === '/' ? '' : { ...index, ...fields },
    })).client.discover();
    expect(timezone).toBe(expected);
    expect(() => new Intl.DateTimeFormat('en', { timeZone: timezone })).not.toThrow();
  });

  it('tells a site in trouble from one without WordPress', async () => {
    expect(await failure(client(() => ({ status: 503, body: 'Maintenance' })).client.discover())).toMatchObject({
      code: 'site_unreachable',
    });
    const none = await failure(client(() => ({ body: '<h1>Shop</h1>' })).client.discover());
    expect(none).toMatchObject({ code: 'site_rejected', details: { cause: 'rest_missing' } });
    expect(none.message).toContain('/wp-json/ answered 200 text/html');
  });
});

describe('answers', () => {
  it.each([
    [
      'a rate limit',
      { status: 429, headers: { 'retry-after': '90' }, body: 'slow down' },
      'site_unreachable',
      'rate_limited',
    ],
    ['maintenance', { status: 503, body: 'Briefly unavailable' }, 'site_unreachable', 'server_error'],
    [
      'a JSON failure',
      { status: 500, body: { code: 'internal_server_error', message: '<p>x</p>' } },
      'site_unreachable',
      'server_error',
    ],
    [
      'cut JSON',
      { headers: { 'content-type': 'application/json' }, body: '{"id":1,"na' },
      'site_unreachable',
      'answer_incomplete',
    ],
    ['JSON of something else', { body: { ok: true } }, 'site_unreachable', 'answer_incomplete'],
    [
      'a directory password',
      { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' }, body: 'no' },
      'site_rejected',
      'firewall',
    ],
    ['a firewall', { status: 403, body: 'Access denied' }, 'site_rejected', 'firewall'],
    [
      'a role',
      { status: 403, body: { code: 'rest_cannot_publish', message: 'Sorry.' } },
      'site_rejected',
      'role_insufficient',
    ],
    ['a login page', { body: '<form>' }, 'site_rejected', 'not_json'],
    [
      'a redirect elsewhere',
      { status: 301, headers: { location: 'https://evil.example/me' } },
      'site_rejected',
      'redirected_to_other_host',
    ],
    ['a redirect within', { status: 302, headers: { location: '/login' } }, 'site_rejected', 'redirected'],
    [
      'bad content',
      { status: 400, body: { code: 'empty_content', message: 'Content is empty.' } },
      'site_rejected',
      'rejected',
    ],
    [
      'a refused file',
      { status: 500, body: { code: 'rest_upload_sideload_error', message: 'Not allowed.' } },
      'site_rejected',
      'upload_refused',
    ],
  ])('names %s', async (_name, answer: Answer, code, cause) => {
    const { client: site, requests } = client(() => answer, { restRoot: root });
    const error = await failure(site.createPost({ title: 'a', content: 'b', status: 'draft' }));
    expect(error).toMatchObject({ code, details: { cause } });
    expect(error.retryAt !== undefined).toBe(cause === 'rate_limited');
    expect(requests).toHaveLength(1);
    expect(requests[0]?.options).toMatchObject({ redirect: 'manual', timeoutMs: 20_000, maxBytes: 10 * 1024 * 1024 });
  });

  it.each([
    [fetchFailed('x', 'dns', {}), 'dns', false],
    [fetchFailed('x', 'refused', {}), 'refused', false],
    [fetchFailed('x', 'tls', {}), 'tls', false],
    [fetchFailed('x', 'timeout', { code: 'UND_ERR_CONNECT_TIMEOUT' }), 'timeout', false],
    [fetchFailed('x', 'timeout', {}), 'timeout', true],
    [fetchFailed('x', 'reset', {}), 'connection_lost', true],
    [new AppError('fetch_blocked', 'x'), 'address_blocked', false],
    [new AppError('fetch_too_large', 'x'), 'answer_too_large', true],
  ])('says of a failed write whether it may have happened (%#)', async (thrown, cause, mayHaveHappened) => {
    const { client: site } = client(
      () => {
        throw thrown;
      },
      { restRoot: root },
    );
    expect((await failure(site.createPost({ title: 'a', content: 'b', status: 'draft' }))).details).toEqual({
      cause,
      mayHaveHappened,
    });
    expect((await failure(site.getPost(1))).details).toEqual({ cause, mayHaveHappened: false });
  });

  it('passes an abort on unchanged', async () => {
    const reason = new DOMException('stopped', 'AbortError');
    const { client: site } = client(
      () => {
        throw reason;
      },
      { restRoot: root },
    );
    await expect(site.me()).rejects.toBe(reason);
  });

  it('reads JSON behind PHP notices', async () => {
    const body = `<br />\n<b>Notice</b>: Undefined index [x] in a.php\n${JSON.stringify({ id: 3, name: 'Ann', capabilities: [] })}`;
    const { client: site } = client(() => ({ headers: { 'content-type': 'application/json' }, body }), {
      restRoot: root,
    });
    expect(await site.me()).toEqual({ id: 3, username: 'ann', name: 'Ann', roles: [], capabilities: new Set() });
  });

  it('never holds the password or the header, even when the site sends them back', async () => {
    const token = Buffer.from(`ann:${password}`).toString('base64');
    for (const status of [400, 401, 403, 500, 301]) {
      const echo = `${password} ${password.replaceAll(' ', '')} Basic ${token}`;
      const headers = { location: `https://evil.example/${token}` };
      const { client: site } = client(() => ({ status, headers, body: { code: `x_${token}`, message: echo } }), {
        restRoot: root,
      });
      const error = await failure(site.me());
      const all = [error.message, error.hint, error.stack, JSON.stringify(error.details), String(error.cause)].join(
        '\n',
      );
      for (const secret of [token, password, password.replaceAll(' ', '')]) expect(all).not.toContain(secret);
    }
  });
});

describe('findByMarker', () => {
  const post = (id: number, raw?: string) => ({
    id,
    status: 'draft',
    slug: '',
    link: 'https://blog.example/',
    content: raw === undefined ? {} : { raw },
  });
  const ours = '<!-- wp:paragraph {"metadata":{"name":"bp-1"}} -->\n<p>x</p>\n<!-- /wp:paragraph -->';

  it('reads on through full pages, and past posts that it may not see', async () => {
    const pages = [
      Array.from({ length: 50 }, (_, id) => post(id + 1, id % 2 ? 'about bp-1' : undefined)),
      [post(90, ours), post(91, ours)],
    ];
    const { client: site, requests } = client(
      (url) => ({ body: pages[Number(url.searchParams.get('page')) - 1] ?? [] }),
      { restRoot: root },
    );
    expect((await site.findByMarker('bp-1')).map(({ id }) => id)).toEqual([90, 91]);
    expect(requests).toHaveLength(2);
    expect(requests[0]?.url).toContain('status=any%2Ctrash');
  });

  it('looks at the newest posts where a plugin answers searches from an index that lags', async () => {
    const { client: site } = client(
      (url) => ({ body: url.searchParams.has('search') ? [] : [post(8), post(7, ours)] }),
      { restRoot: root },
    );
    expect((await site.findByMarker('bp-1')).map(({ id }) => id)).toEqual([7]);
  });

  it('ends where a site ignores the page', async () => {
    const { client: site, requests } = client(
      () => ({ body: Array.from({ length: 50 }, (_, id) => post(id + 1, 'other')) }),
      { restRoot: root },
    );
    expect(await site.findByMarker('bp-1')).toEqual([]);
    expect(requests.length).toBeLessThan(8);
  });
});

describe('checkSite', () => {
  const who = {
    id: 1,
    name: 'Ann',
    username: 'ann',
    roles: ['editor'],
    capabilities: { edit_posts: true, publish_posts: true, upload_files: true },
  };
  const codes = async (site: Site, siteUrl?: string) => {
    const { ok, findings } = await checkSite(client(site, siteUrl ? { siteUrl } : {}).client);
    return `${ok} ${findings.map(({ code }) => code).join(' ')}`;
  };
  const pages =
    (fields: object, me: Answer): Site =>
    (url) =>
      url.pathname === '/' ? {} : url.pathname.endsWith('/me') ? me : { body: { ...index, ...fields } };

  it('warns of plain http and of another address', async () => {
    expect(await codes(pages({ home: 'http://old.example' }, { body: who }), 'http://blog.example')).toBe(
      'true site_answers insecure_http other_address_named may_publish seo_plugin_none',
    );
  });

  it('names missing Application Passwords as the reason of a refused login only', async () => {
    const off = { authentication: [] };
    expect(await codes(pages(off, { status: 401, body: { code: 'rest_not_logged_in', message: 'No.' } }))).toBe(
      'false site_answers application_passwords_off',
    );
    expect(await codes(pages(off, { body: who }))).toBe('true site_answers may_publish seo_plugin_none');
  });

  it('throws what is a fault of ours', async () => {
    const broken: Site = () => {
      throw new RangeError('ours');
    };
    await expect(codes(broken)).rejects.toThrow('ours');
  });
});
