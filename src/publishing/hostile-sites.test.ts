import { readFileSync } from 'node:fs';
import { eq, sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  always,
  type Behaviour,
  dripping,
  endless,
  type HostileSite,
  hanging,
  onlyCreating,
  startHostileSite,
} from '../../test/fakes/hostile-site.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { articles } from '../articles/schema.ts';
import { publicationMarker } from '../wordpress/blocks.ts';
import type { DeliveryTiming } from './deliver.ts';
import type { Publication } from './schema.ts';
import { workPublications } from './worker.ts';

/** One request may take this long here; in production 20 s, and 10 s in the check. */
const timing: DeliveryTiming = {
  leaseMs: 10_000,
  leaseRenewMs: 1_000,
  requestTimeoutMs: 700,
  settleMs: [20, 50, 100],
  retryDelaysMs: [600_000, 600_000],
};

let app: TestApp;
let bad: HostileSite;
let good: HostileSite;
let badId: string;
let goodId: string;
let endWork: () => void;

beforeAll(async () => {
  app = await startTestApp({ env: { ALLOW_PRIVATE_HOSTS: '127.0.0.1,localhost' } });
  endWork = await workPublications(app.ctx, timing);
});
afterAll(async () => {
  endWork();
  await app.close();
});

let number = 0;
const call = async (method: 'GET' | 'POST' | 'PATCH', url: string, payload?: object) => {
  const answer = await app.server.inject({
    method,
    url: `/api/v1${url}`,
    headers: { host: 'localhost' },
    ...(payload ? { payload } : {}),
  });
  expect(answer.statusCode, answer.body).toBeLessThan(300);
  return answer.json();
};
const givenSite = async (url: string): Promise<string> =>
  (
    await call('POST', '/sites', {
      name: `Site ${++number}`,
      url,
      username: 'admin',
      applicationPassword: 'abcd efgh secret',
    })
  ).id;
const givenArticle = async (): Promise<string> =>
  (await call('POST', '/articles', { title: `Hostile ${++number}`, markdown: 'A text.\n\n## Part\n\nMore.' })).id;
const publish = async (articleId: string, siteId: string): Promise<Publication> =>
  call('POST', `/articles/${articleId}/publications`, { siteId, status: 'publish' });
const read = (id: string): Promise<Publication> => call('GET', `/publications/${id}`);

/** Waits until an attempt has ended, one way or the other. */
const ended = (id: string) =>
  vi.waitFor(
    async () => {
      const row = await read(id);
      expect(row.status === 'queued' ? row.error : row.status, JSON.stringify(row)).not.toBeNull();
      expect(row.status).not.toBe('publishing');
      return row;
    },
    { timeout: 20_000, interval: 20 },
  );
const published = (id: string) =>
  vi.waitFor(
    async () => {
      const row = await read(id);
      expect(row, JSON.stringify(row)).toMatchObject({ status: 'published' });
      return row;
    },
    { timeout: 20_000, interval: 20 },
  );
const articleRow = async (id: string) =>
  (
    await app.ctx.db
      .select({ markdown: articles.markdown, revision: articles.revision, title: articles.title })
      .from(articles)
      .where(eq(articles.id, id))
  )[0];

beforeEach(async () => {
  good = await startHostileSite();
  bad = await startHostileSite();
  goodId = await givenSite(good.url);
  badId = await givenSite(bad.url);
  await app.ctx.db.execute(sql`update sites set settings = '{"featuredImage":"none"}'`);
});
afterEach(async () => {
  await app.ctx.db.execute(
    sql`update publications set status = 'cancelled' where status not in ('published', 'cancelled')`,
  );
  await good.close();
  await bad.close();
});

/** Body of a post that is not ours, as a cache would answer. */
const foreign = (id: number) =>
  JSON.stringify({
    id,
    status: 'publish',
    slug: 'another',
    link: 'https://elsewhere.example/another/',
    title: { raw: 'Another' },
    content: { raw: '<p>Not ours.</p>' },
    excerpt: { raw: '' },
  });
const page = (text: string) =>
  `<!doctype html><html><head><title>${text}</title></head><body><form></form></body></html>`;
const html = { 'content-type': 'text/html; charset=UTF-8' };
const redirect = (to: string): Behaviour => always(302, '', { location: to });
const php =
  '<br />\n<b>Warning</b>:  Undefined array key "x[]" in <b>/srv/wp-content/plugins/x/x.php</b> on line <b>7</b><br />\n';

interface Case {
  behaviour: Behaviour | 'closed';
  /** The code of the finding that the check of the site names; null where the check cannot know. */
  check: string | null;
  /** After one attempt: `queued` is tried again by itself. */
  status: 'queued' | 'failed';
  code: 'site_unreachable' | 'site_rejected';
  message: RegExp;
}
const passing = (check: string | null, message: RegExp): Omit<Case, 'behaviour'> => ({
  check,
  status: 'queued',
  code: 'site_unreachable',
  message,
});
const final = (check: string | null, message: RegExp): Omit<Case, 'behaviour'> => ({
  check,
  status: 'failed',
  code: 'site_rejected',
  message,
});

const cases: [string, Case][] = [
  ['is down', { behaviour: 'closed', ...passing('refused', /refuse|connect/i) }],
  ['drips', { behaviour: dripping, ...passing('timeout', /did not answer completely within/) }],
  ['hangs', { behaviour: hanging, ...passing('timeout', /did not answer completely within/) }],
  ['answers 500', { behaviour: always(500, page('Error'), html), ...passing('server_error', /status 500/) }],
  [
    'answers 503 with Retry-After',
    {
      behaviour: always(503, page('Maintenance'), { ...html, 'retry-after': '90' }),
      ...passing('maintenance', /maintenance mode/),
    },
  ],
  ['answers 403', { behaviour: always(403, page('Forbidden'), html), ...final('firewall', /forbids/) }],
  [
    'answers 401 to the login',
    {
      behaviour: always(401, '{"code":"rest_not_logged_in","message":"You are not logged in."}'),
      // It took the password before: a lockout of minutes may pass.
      ...final('credentials_rejected', /does not accept the user name/),
      status: 'queued',
    },
  ],
  [
    'answers a login page to everything',
    { behaviour: always(200, page('Log in'), html), ...final('rest_missing', /REST API/) },
  ],
  [
    'answers {} to everything',
    { behaviour: always(200, '{}'), ...passing('rest_missing', /lacks what WordPress sends/) },
  ],
  [
    'answers [] to everything',
    { behaviour: always(200, '[]'), ...passing('rest_missing', /lacks what WordPress sends/) },
  ],
  [
    'answers "ok" to everything',
    { behaviour: always(200, '"ok"'), ...passing('rest_missing', /lacks what WordPress sends/) },
  ],
  [
    'answers half JSON to everything',
    {
      behaviour: always(200, '{"name":"x","namespaces":["wp/'),
      ...passing('answer_incomplete', /cut off or is not valid JSON/),
    },
  ],
  ['answers without end', { behaviour: endless('[1,'), ...final('answer_too_large', /larger than/) }],
  [
    'answers 100 MB',
    { behaviour: endless('"x",', { 'content-length': '100000000' }), ...final('answer_too_large', /larger than/) },
  ],
  [
    'answers 2 million brackets',
    { behaviour: always(200, '['.repeat(2_000_000)), ...passing('answer_incomplete', /not valid JSON/) },
  ],
  ['redirects in a circle', { behaviour: redirect('/again'), ...final('redirected', /circle/) }],
  [
    'redirects to another host',
    {
      behaviour: (exchange) => redirect(good.url.replace('127.0.0.1', 'localhost'))(exchange),
      ...final('redirected_to_other_host', /redirects to http:\/\/localhost/),
    },
  ],
  [
    'redirects into the network',
    { behaviour: redirect('http://169.254.169.254/latest/'), ...final('address_blocked', /169\.254|private|may not/) },
  ],
];

describe('a site that', () => {
  it.each(cases)(
    '%s is named by the check, keeps its publication, and gets one post once it is well again',
    async (_what, expected) => {
      const port = new URL(bad.url).port;
      if (expected.behaviour === 'closed') await bad.close();
      else bad.behaviour = expected.behaviour;
      const [articleId, otherId] = [await givenArticle(), await givenArticle()];
      const before = await articleRow(articleId);

      const { id } = await publish(articleId, badId);
      const other = await publish(otherId, goodId);
      // The other site gets its post meanwhile.
      await published(other.id);
      expect(good.double.posts.size).toBe(1);

      const row = await ended(id);
      expect(row).toMatchObject({ status: expected.status, attempts: 1, remoteId: null, remoteUrl: null });
      expect(row.error).toMatchObject({
        code: expected.code,
        message: expect.stringMatching(expected.message),
        hint: expect.stringMatching(/.{15}/),
      });
      expect(JSON.stringify(row)).not.toContain('secret');
      if (expected.status === 'queued') expect(row.nextAttemptAt).not.toBeNull();
      expect(await articleRow(articleId)).toEqual(before);
      // What it sent beyond the limit was not taken: 10 MiB, and what fits into the sockets.
      expect(bad.bytesSent).toBeLessThan(40_000_000);

      if (expected.check) {
        const check = await call('POST', `/sites/${badId}/check`);
        expect(check.ok).toBe(false);
        const codes = check.findings.map((finding: { code: string }) => finding.code);
        expect(codes).toContain(expected.check);
        for (const { message, hint } of check.findings) expect(`${message} ${hint}`.length).toBeGreaterThan(30);
      }

      // Well again, where it was: asked once more, there is exactly one post.
      if (expected.behaviour === 'closed') {
        bad = await startHostileSite();
        await call('PATCH', `/sites/${badId}`, { url: bad.url, applicationPassword: 'abcd efgh secret' });
        expect(port).not.toBe('');
      } else bad.behaviour = () => false;
      await call('POST', `/publications/${id}/retry`);
      const done = await published(id);
      const posts = bad.double.containing(publicationMarker(id));
      expect(posts).toHaveLength(1);
      expect(done).toMatchObject({ remoteId: posts[0]?.id, error: null });
    },
    60_000,
  );
});

/** Answers with what `change` makes of the healthy answer, which the site has acted on. */
const changed =
  (change: (body: string) => string, headers: Record<string, string> = {}): Behaviour =>
  async ({ response, healthy }) => {
    const answer = await healthy();
    response.writeHead(answer.status, { ...Object.fromEntries(answer.headers), ...headers }).end(change(answer.body));
    return true;
  };
const withPost = (change: (post: Record<string, unknown>) => unknown) =>
  changed((body) => JSON.stringify(change(JSON.parse(body))));

describe('a site that answers the creation', () => {
  it.each<[string, Behaviour, RegExp]>([
    ['with another post, having created none', always(201, foreign(7)), /another post \(7\)/],
    [
      'with a post that it does not hold',
      async (exchange) => {
        const { body } = await exchange.healthy();
        // The site forgets it at once, as one does whose database is rolled back.
        bad.double.posts.clear();
        exchange.response.writeHead(201, { 'content-type': 'application/json' }).end(body);
        return true;
      },
      /not there/,
    ],
    ['with {}', always(200, '{}'), /lacks what WordPress sends/],
    ['with []', always(200, '[]'), /lacks what WordPress sends/],
    ['with "ok"', always(201, '"ok"'), /lacks what WordPress sends/],
    ['with a page', always(200, page('Thank you'), html), /where WordPress answers JSON/],
    [
      'with a fatal error of PHP',
      always(200, '<br />\n<b>Fatal error</b>:  Uncaught TypeError in x.php', html),
      /PHP on .* prints an error/,
    ],
    ['by hanging', hanging, /did not answer completely/],
    ['by dripping', dripping, /did not answer completely/],
    ['without end', endless('{"a":'), /larger than/],
  ])('%s is not believed, and gets no second post once it is well again', async (_what, behaviour, message) => {
    bad.behaviour = onlyCreating(behaviour);
    const { id } = await publish(await givenArticle(), badId);
    const row = await ended(id);
    expect(row).toMatchObject({ attempts: 1, remoteId: null, error: { message: expect.stringMatching(message) } });
    expect(['queued', 'failed']).toContain(row.status);
    bad.behaviour = () => false;
    await call('POST', `/publications/${id}/retry`);
    const done = await published(id);
    expect(bad.double.containing(publicationMarker(id)).map((post) => post.id)).toEqual([done.remoteId]);
  });

  it.each<[string, Behaviour]>([
    ['with a wrong id', withPost((post) => ({ ...post, id: 4_711, content: { raw: 'cached' } }))],
    ['with half of the post', changed((body) => body.slice(0, 40))],
    ['with a page, having created the post', changed(() => page('Thank you'), html)],
    ['with nothing', changed(() => '')],
    ['behind warnings of PHP', changed((body) => php + body, html)],
    ['behind warnings and as JSON', changed((body) => php + body)],
    ['behind a byte order mark', changed((body) => `\ufeff${body}`)],
    [
      'with a text before and no type',
      changed((body) => `Notice: Undefined variable $x in /srv/x.php on line 3\n${body}`, {
        'content-type': 'text/plain',
      }),
    ],
  ])('%s is found out at once: one attempt, one post', async (_what, behaviour) => {
    bad.behaviour = onlyCreating(behaviour);
    const { id } = await publish(await givenArticle(), badId);
    const row = await published(id);
    expect(bad.double.containing(publicationMarker(id)).map((post) => post.id)).toEqual([row.remoteId]);
    expect(row).toMatchObject({ attempts: 1, error: null });
  });

  it('with an address that is none keeps it out of what is stored', async () => {
    const strange = (post: Record<string, unknown>) => ({
      ...post,
      link: 'javascript:alert(1)//\u0000',
      slug: 'a\u0000',
    });
    const everywhere = changed((body) => {
      const json = JSON.parse(body);
      return JSON.stringify(Array.isArray(json) ? json.map(strange) : strange(json));
    });
    bad.behaviour = (exchange) => (exchange.path.includes('/wp/v2/posts') ? everywhere(exchange) : false);
    const { id } = await publish(await givenArticle(), badId);
    expect(await published(id)).toMatchObject({ remoteUrl: null });
  });
});

describe('a check', () => {
  it('finds the site behind PHP warnings, a byte order mark and a Link header of rubbish', async () => {
    bad.behaviour = async (exchange) => {
      if (exchange.path === '/') {
        const link = `<>; rel="https://api.w.org/", <javascript:alert(1)>; rel=https://api.w.org/, ${'<,;"'.repeat(1_000)}`;
        exchange.response.writeHead(200, { ...html, link }).end(page('x'));
        return true;
      }
      if (exchange.path.endsWith('/users/me')) {
        return always(
          200,
          `\ufeff${php}{"id":1,"name":"A\\u0000","roles":["author"],"capabilities":{"publish_posts":true,"edit_posts":true}}`,
          html,
        )(exchange);
      }
      return changed((body) => `\ufeff${php}${body}`, html)(exchange);
    };
    const check = await call('POST', `/sites/${badId}/check`);
    expect(check).toMatchObject({ ok: true });
    expect(JSON.stringify(check)).not.toContain('javascript');
  });

  it('names a certificate that nobody vouches for, and sends no password over it', async () => {
    const pem = (name: string) => readFileSync(new URL(`../net/__fixtures__/${name}`, import.meta.url), 'utf8');
    const secure = await startHostileSite({ key: pem('server.key.pem'), cert: pem('valid.pem') });
    try {
      const site = await givenSite(secure.url);
      const check = await call('POST', `/sites/${site}/check`);
      expect(check).toMatchObject({ ok: false, findings: [{ code: 'tls', severity: 'error' }] });
      const { id } = await publish(await givenArticle(), site);
      expect(await ended(id)).toMatchObject({ status: 'queued', attempts: 1, error: { code: 'site_unreachable' } });
      expect(secure.requests).toBe(0);
    } finally {
      await secure.close();
    }
  });
});

it('a site that hangs takes one of the workers, however many articles wait for it', async () => {
  bad.behaviour = hanging;
  const waiting = await Promise.all(Array.from({ length: 8 }, async () => publish(await givenArticle(), badId)));
  await vi.waitFor(() => expect(bad.requests).toBeGreaterThan(0), { timeout: 10_000, interval: 10 });
  const other = await publish(await givenArticle(), goodId);
  await published(other.id);
  const rows = await Promise.all(waiting.map(({ id }) => read(id)));
  expect(rows.filter(({ status }) => status === 'publishing').length).toBeLessThanOrEqual(1);
  expect(rows.filter(({ attempts }) => attempts === 0).length).toBeGreaterThan(0);
  bad.behaviour = () => false;
  for (const { id } of waiting) {
    await ended(id);
    if ((await read(id)).status !== 'published') await call('POST', `/publications/${id}/retry`);
  }
  for (const { id } of waiting) await published(id);
  expect(bad.double.posts.size).toBe(8);
}, 60_000);
