import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { PassThrough, Readable } from 'node:stream';
import { sql } from 'drizzle-orm';
import { strFromU8, strToU8, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, givenAccount } from '../../test/accounts.ts';
import { type Rebuilding, rebuilt, rowsIn } from '../../test/archive-files.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { givenTenant, type Tenant } from '../../test/tenant-wall.ts';
import { queryRows } from '../db/open.ts';
import { archiveFamilies, archiveTables, notCarried } from './archive-tables.ts';
import { exportFiles } from './export-files.ts';
import { keepUpload } from './upload.ts';

let from: TestApp;
let to: TestApp;
let ann: Tenant;
let archive: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  from = await startTestApp();
  to = await startTestApp();
  ann = await givenTenant(from, 'ann');
  archive = await download(from, ann);
}, 120_000);
afterAll(() => Promise.all([from.close(), to.close()]));

async function download(app: TestApp, account: Account): Promise<Uint8Array<ArrayBuffer>> {
  const headers = { authorization: `Bearer ${account.accessToken}` };
  const answer = await app.send({ method: 'GET', url: '/api/v1/me/export', headers });
  expect(answer.statusCode).toBe(200);
  return new Uint8Array(answer.rawPayload);
}

async function upload(app: TestApp, account: Account, zip: Uint8Array, type = 'application/zip') {
  const headers = { authorization: `Bearer ${account.accessToken}`, 'content-type': type };
  const answer = await app.send({ method: 'POST', url: '/api/v1/me/import', headers, payload: Buffer.from(zip) });
  return { status: answer.statusCode, json: answer.json() };
}

it('carries every table of a user, or says why not', async () => {
  const tables = await queryRows<{ name: string }>(
    from.ctx.db,
    sql`select distinct table_name as name from information_schema.columns
        where table_schema = 'public' and column_name = 'user_id' order by 1`,
  );
  const named = [...archiveTables.keys(), ...Object.keys(notCarried)].toSorted();
  expect(named).toEqual(tables.map(({ name }) => name));
});

it('names each reference to a table that it carries, after that table', async () => {
  const references = await queryRows<{ from: string; column: string; to: string }>(
    from.ctx.db,
    sql`select conrelid::regclass::text as from, attname as column, confrelid::regclass::text as to
        from pg_constraint join pg_attribute on attrelid = conrelid and attnum = conkey[1]
        where contype = 'f' and connamespace = 'public'::regnamespace`,
  );
  const order = archiveFamilies.flatMap(({ tables }) => tables.map(({ name }) => name));
  for (const { from: table, column, to: of } of references) {
    const carried = archiveTables.get(table);
    if (!carried || carried.without?.includes(column) || of === 'users') continue;
    expect(carried.refs?.[column], `${table}.${column}`).toBe(of);
    expect(order.indexOf(of), `${of} before ${table}`).toBeLessThan(order.indexOf(table));
  }
});

/** What an import changes of what it takes, so that nothing is sent from two places. */
const changedOnArrival: Record<string, string[]> = {
  sites: [
    ...['paused_at', 'paused_by', 'last_check', 'last_checked_at', 'last_ok_at'],
    ...['failing_since', 'told_failing', 'next_check_at'],
  ],
  publications: ['status', 'error', 'next_attempt_at'],
  schedules: ['paused_at', 'paused_by', 'next_slot_at'],
  watched_sources: ['paused_at'],
  webhooks: ['status', 'disabled_reason', 'disabled_at'],
};

/** The rows of an archive without what an import changes, in an order that does not depend on the file they were in. */
function comparable(zip: Uint8Array): Record<string, string[]> {
  const tables = [...rowsIn(zip)].map(([table, rows]) => {
    const left = new Set(changedOnArrival[table]);
    const kept = rows.map((row) => JSON.stringify(Object.entries(row).filter(([name]) => !left.has(name))));
    return [table, kept.toSorted()] as const;
  });
  return Object.fromEntries(tables.toSorted());
}

const total = (result: { counts: Record<string, { taken: number; here: number; left: number }> }) => {
  const sum = { taken: 0, here: 0, left: 0 };
  for (const { taken, here, left } of Object.values(result.counts)) {
    sum.taken += taken;
    sum.here += here;
    sum.left += left;
  }
  return sum;
};

describe('an archive in an empty account of another instance', () => {
  let ben: Account;
  beforeAll(async () => {
    ben = await givenAccount(to, 'ben@example.com');
  });

  it('brings every row, and comes out again as it was', async () => {
    const carried = comparable(archive);
    // The tenant has something of every kind, so that nothing is compared with nothing.
    expect(Object.keys(carried).toSorted()).toEqual([...archiveTables.keys()].toSorted());
    const { status, json } = await upload(to, ben, archive);
    expect(json).toMatchObject({ counts: { articles: { here: 0, left: 0 } }, unproven: 0 });
    expect(status).toBe(200);
    expect(total(json)).toMatchObject({ here: 0, left: 0 });
    expect(json.sites).toHaveLength(json.counts.sites.taken);
    expect(json.stopped).toBeGreaterThan(0);
    expect(comparable(await download(to, ben))).toEqual(carried);
  });

  it('brings the settings that nobody has made there, and leaves those that somebody has', async () => {
    const own = { timeZone: 'Europe/Lisbon', locale: 'de', voice: 'Like a friend.', mutedMails: ['dead-links'] };
    const nia = await givenAccount(from, 'nia@example.com');
    await nia.api.ask('PATCH', '/me', own);
    const zip = await download(from, nia);
    const oli = await givenAccount(to, 'oli@example.com');
    expect((await upload(to, oli, zip)).status).toBe(200);
    expect((await oli.api.ask('GET', '/me')).json).toMatchObject({ ...own, email: 'oli@example.com' });
    const pia = await givenAccount(to, 'pia@example.com');
    const theirs = { timeZone: 'Asia/Tokyo', locale: 'en', voice: 'Dry.', mutedMails: ['site-failing'] };
    expect((await pia.api.ask('PATCH', '/me', theirs)).status).toBe(200);
    const wrong = rebuilt(zip, ({ manifest }) => Object.assign(manifest, { settings: { voice: 7, locale: 'xx' } }));
    expect((await upload(to, pia, zip)).status).toBe(200);
    expect((await upload(to, pia, wrong)).status).toBe(200);
    expect((await pia.api.ask('GET', '/me')).json).toMatchObject(theirs);
  });

  it('sends nothing from there: queues, schedules, feeds and webhooks wait for their owner', async () => {
    const { json } = await ben.api.ask<{ items: { pausedBy: string | null }[] }>('GET', '/sites');
    expect(json.items.length).toBeGreaterThan(0);
    for (const site of json.items) expect(site).toMatchObject({ pausedBy: 'site' });
    const schedules = await ben.api.ask<{ items: { state: string }[] }>('GET', '/schedules');
    for (const schedule of schedules.json.items) expect(schedule.state).toBe('paused');
    const hooks = await ben.api.ask<{ items: { status: string }[] }>('GET', '/webhooks');
    for (const hook of hooks.json.items) expect(hook.status).toBe('disabled');
    const rows = await queryRows<{ status: string }>(
      to.ctx.db,
      sql`select status from publications where user_id = ${ben.id} and status in ('queued', 'scheduled', 'publishing')`,
    );
    expect(rows).toEqual([]);
    const jobs = await queryRows<{ name: string }>(
      to.ctx.db,
      sql`select name from pgboss.job where data::text like any (array['%publicationId%', '%deliveryId%', '%pipelineId%'])`,
    );
    expect(jobs).toEqual([]);
  });

  it('shows on every page what it showed before', async () => {
    for (const path of ['/articles', '/topics', '/sources', '/images', '/publications', '/schedules', '/webhooks']) {
      const [there, here] = await Promise.all(
        [ann, ben].map(({ api }) => api.ask<{ items: { id: string }[] }>('GET', path)),
      );
      expect(here?.status, path).toBe(200);
      expect(here?.json.items.map(({ id }) => id).toSorted(), path).toEqual(
        there?.json.items.map(({ id }) => id).toSorted(),
      );
    }
    const { json } = await ben.api.ask<{ items: { id: string }[] }>('GET', '/articles');
    for (const { id } of json.items) {
      const [there, here] = await Promise.all([ann, ben].map(({ api }) => api.ask('GET', `/articles/${id}/claims`)));
      expect(here?.json).toEqual(there?.json);
    }
  });

  it('brings nothing the second time, and changes nothing of what was made of it meanwhile', async () => {
    const { json } = await ben.api.ask<{ items: { id: string; revision: number }[] }>('GET', '/articles');
    const [article] = json.items;
    const edit = { revision: article?.revision, markdown: 'Another text, written after the import.' };
    expect((await ben.api.ask('PATCH', `/articles/${article?.id}`, edit)).status).toBe(200);
    const before = comparable(await download(to, ben));
    const again = await upload(to, ben, archive, 'application/x-zip-compressed');
    expect(again.status).toBe(200);
    expect(total(again.json)).toMatchObject({ taken: 0, left: 0 });
    expect(again.json).toMatchObject({ sites: [], stopped: 0, unproven: 0 });
    expect(comparable(await download(to, ben))).toEqual(before);
  });

  it('is refused to a second account there, which gets nothing of it', async () => {
    const eve = await givenAccount(to, 'eve@example.com');
    const { status, json } = await upload(to, eve, archive);
    expect(status).toBe(409);
    expect(json).toMatchObject({ code: 'conflict', detail: expect.stringContaining('Another account') });
    expect(comparable(await download(to, eve))).toEqual({});
  });

  it('brings nothing to the account that it was made of', async () => {
    const before = comparable(await download(from, ann));
    const { status, json } = await upload(from, ann, archive);
    expect(status).toBe(200);
    expect(total(json)).toMatchObject({ taken: 0, left: 0 });
    expect(comparable(await download(from, ann))).toEqual(before);
  });
});

describe('an archive in an account that has some of it in its own way', () => {
  it('means what is here by what is like it, also in texts', async () => {
    const dan = await givenAccount(to, 'dan@example.com');
    const rows = rowsIn(archive);
    const site = rows.get('sites')?.[0] as Record<string, string>;
    const image = rows.get('images')?.[0] as Record<string, string>;
    const source = rows.get('sources')?.find(({ deleted_at }) => deleted_at === null) as Record<string, string>;
    const passages = rows.get('passages')?.filter(({ source_id }) => source_id === source.id) ?? [];
    expect(passages.length).toBeGreaterThan(0);
    // Everything of this archive has new ids, as if it were that of another account: one like it is here already.
    const renamed = rebuilt(archive, ({ parts, manifest }) => renameIds(parts, manifest));
    const names = rowsIn(renamed);
    const twin = (table: string, column: string, value: unknown) =>
      names.get(table)?.find((row) => row[column] === value) as Record<string, string>;

    await queryRows(to.ctx.db, sql`delete from users where email = 'ben@example.com'`);
    const first = await upload(to, dan, archive);
    expect(first.status).toBe(200);
    const { status, json } = await upload(to, dan, renamed);
    expect(json).toMatchObject({
      counts: { sites: { taken: 0 }, sources: { taken: 0 }, images: { taken: 0 } },
      sites: [],
    });
    expect(status).toBe(200);
    expect(json.counts.articles).toMatchObject({ taken: first.json.counts.articles.taken, here: 0, left: 0 });

    const after = rowsIn(await download(to, dan));
    for (const [table, column] of [
      ['sites', 'url'],
      ['sources', 'content_hash'],
      ['images', 'digest'],
    ] as const) {
      expect(
        after
          .get(table)
          ?.map((row) => row[column])
          .toSorted(),
      ).toEqual(
        rows
          .get(table)
          ?.map((row) => row[column])
          .toSorted(),
      );
    }
    expect(after.get('passages')).toHaveLength(rows.get('passages')?.length ?? 0);
    // No row names an id of what was not taken.
    const gone = ['sites', 'sources', 'images', 'passages'].flatMap(
      (table) => names.get(table)?.map(({ id }) => id) ?? [],
    );
    const text = JSON.stringify([...after]);
    expect(gone.length).toBeGreaterThan(3);
    for (const id of gone) expect(text).not.toContain(id);
    expect(twin('sites', 'url', site.url).id).not.toBe(site.id);
    expect(twin('images', 'digest', image.digest).id).not.toBe(image.id);
    const claims = after.get('claims')?.filter(({ passage_id }) => passage_id === passages[0]?.id) ?? [];
    const claimed = rows.get('claims')?.filter(({ passage_id }) => passage_id === passages[0]?.id) ?? [];
    expect(claims).toHaveLength(2 * claimed.length);
  });

  it('gives a site a number whose name is that of another site here', async () => {
    const fay = await givenAccount(to, 'fay@example.com');
    await queryRows(to.ctx.db, sql`delete from users where email = 'dan@example.com'`);
    const [{ name } = { name: '' }] = (rowsIn(archive).get('sites') ?? []) as { name: string }[];
    const own = {
      name: name.toUpperCase(),
      url: 'https://own.example',
      username: 'fay',
      applicationPassword: 'abcd efgh',
    };
    expect((await fay.api.ask('POST', '/sites', own)).status).toBe(201);
    const { json } = await upload(to, fay, archive);
    expect(json.sites.map((site: { name: string }) => site.name)).toContain(`${name} 2`);
    await queryRows(to.ctx.db, sql`delete from users where email = 'fay@example.com'`);
  });
});

/** Gives every row of an archive another id, and names it by that wherever it is named. */
function renameIds(parts: Record<string, Uint8Array>, manifest: Rebuilding['manifest']): void {
  const ids = new Map<string, string>();
  for (const rows of rowsIn(zipSync(parts)).values()) {
    for (const { id } of rows) if (typeof id === 'string') ids.set(id, crypto.randomUUID());
  }
  const rename = (text: string) => text.replace(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, (id) => ids.get(id) ?? id);
  for (const [name, bytes] of Object.entries(parts)) {
    delete parts[name];
    parts[rename(name)] = name.startsWith('data/') ? strToU8(rename(strFromU8(bytes))) : bytes;
  }
  for (const name of Object.keys(manifest.files)) {
    const sha256 = createHash('sha256')
      .update(parts[name] ?? '')
      .digest('hex');
    manifest.files[name] = { rows: manifest.files[name]?.rows ?? 0, sha256 };
  }
}

describe('an archive that is not what an export writes', () => {
  let guy: Account;
  beforeAll(async () => {
    guy = await givenAccount(to, 'guy@example.com');
  });

  const first =
    (change: (row: Record<string, unknown>) => Record<string, unknown>) => (rows: Record<string, unknown>[]) =>
      rows.map((row, at) => (at === 0 ? change(row) : row));
  const changed = (table: string, columns: Record<string, unknown>) =>
    rebuilt(archive, ({ rows }) =>
      rows(
        table,
        first((row) => ({ ...row, ...columns })),
      ),
    );
  const line = (text: string, rows = 1) =>
    rebuilt(archive, ({ parts, manifest }) => {
      const name = 'data/topics-00001.jsonl';
      parts[name] = strToU8(text);
      manifest.files[name] = { rows, sha256: createHash('sha256').update(text).digest('hex') };
    });

  it.each<[string, () => Uint8Array, RegExp]>([
    ['no zip', () => strToU8('Not a zip at all.'), /no zip/],
    ['nothing', () => new Uint8Array(), /no zip|no file/],
    ['a zip of something else', () => zipSync({ 'a.txt': strToU8('a') }), /no archive of an account/],
    ['cut short', () => archive.slice(0, archive.length - 400), /no zip/],
    [
      'with its middle missing',
      () => Uint8Array.from([...archive.slice(0, 30_000), ...archive.slice(31_000)]),
      /damaged|no zip|changed/,
    ],
    [
      'with two files of one name',
      () => {
        const zip = Buffer.from(zipSync({ 'data/aaaa': strToU8('x'), 'data/bbbb': strToU8('y') }));
        for (let at = zip.indexOf('bbbb'); at >= 0; at = zip.indexOf('bbbb')) zip.write('aaaa', at);
        return new Uint8Array(zip);
      },
      /two files of one name/,
    ],
    ['with a file less', () => rebuilt(archive, ({ parts }) => delete parts['data/topics-00001.jsonl']), /lacks data/],
    [
      'with a file that its manifest does not name',
      () =>
        rebuilt(archive, ({ manifest }) => {
          const [name = ''] = Object.keys(manifest.files);
          manifest.files[name] = { rows: 1, sha256: '0'.repeat(64) };
        }),
      /changed or damaged/,
    ],
    [
      'of a newer form',
      () =>
        rebuilt(archive, ({ manifest }) => {
          manifest.version = 2;
        }),
      /newer release/,
    ],
    [
      'of a newer release',
      () =>
        rebuilt(archive, ({ manifest }) => {
          manifest.migration = '9999-later';
        }),
      /newer release/,
    ],
    [
      'with a manifest of another kind',
      () =>
        rebuilt(archive, ({ manifest }) => {
          manifest.format = 'x';
        }),
      /archive.json/,
    ],
    ['with a manifest that is no JSON', () => zipSync({ 'archive.json': strToU8('{') }), /no JSON/],
    ['with rows of a table that no archive has', () => line('{"table":"users","row":{"id":"1"}}\n'), /rows of users/],
    [
      'with rows in the file of others',
      () => line(`{"table":"images","row":{"id":"${crypto.randomUUID()}"}}\n`),
      /rows of images/,
    ],
    ['with a line that is no row', () => line('["topics"]\n'), /no row/],
    ['with a line without an end', () => line('{"table":"topics","row":{}}'), /no end/],
    ['with a line that never ends', () => line('x'.repeat(33_000_000)), /too long/],
    [
      'with values in values without end',
      () => {
        const [topic] = rowsIn(archive).get('topics') ?? [];
        const row = JSON.stringify({ ...topic, sources: 'deep' });
        return line(`{"table":"topics","row":${row.replace('"deep"', '['.repeat(100_000) + ']'.repeat(100_000))}}\n`);
      },
      /no export writes|no JSON|no row/,
    ],
    ['with the id of another user in a row', () => changed('topics', { user_id: ann.id }), /column user_id/],
    ['with a lease in a row', () => changed('publications', { lease: 5 }), /column lease/],
    [
      'with a password in a site',
      () => changed('sites', { credential: 'x', credential_key_id: 'y' }),
      /column credential/,
    ],
    ['with an id that is none', () => changed('topics', { id: 'x' }), /no export writes/],
    ['with a row without id', () => changed('topics', { id: undefined }), /not what an export writes/],
    [
      'with two rows of one id',
      () => rebuilt(archive, ({ rows }) => rows('topics', (all) => [...all, all[0] as never])),
      /two rows|no export writes/,
    ],
    [
      'with a status that there is not',
      () => changed('publications', { status: 'sent' }),
      /no export writes|not what an export/,
    ],
    ['with a text that the database cannot keep', () => changed('topics', { topic: 'a\u0000b' }), /no export writes/],
    ['with a report that no page can show', () => changed('articles', { seo: { score: 'high' } }), /row of articles/],
    ['with a rule that no schedule has', () => changed('schedules', { rule: { every: 'second' } }), /row of schedules/],
    [
      'with a brief that no schedule has',
      () => changed('schedules', { brief: { publish: 'now' } }),
      /row of schedules/,
    ],
    ['with sources of a topic that are none', () => changed('topics', { sources: [{ url: 5 }] }), /row of topics/],
    ['with settings that no site has', () => changed('sites', { settings: { language: 7 } }), /row of sites/],
    [
      'with options that no post has',
      () => changed('publications', { options: { sticky: 'yes' } }),
      /row of publications/,
    ],
    ['with a post that is none', () => changed('publications', { sent: { id: 'x' } }), /row of publications/],
    [
      'with another picture under the name of one',
      () =>
        rebuilt(archive, ({ parts }) => {
          const name = Object.keys(parts).find((one) => /^images\/.*\.png$/.test(one)) ?? '';
          parts[name] = strToU8('<script>alert(1)</script>');
        }),
      /image of the archive/,
    ],
    [
      'with a name that leads elsewhere',
      () => zipSync({ '../../etc/x': strToU8('x'), 'archive.json': strToU8('{}') }),
      /damaged/,
    ],
  ])('%s is refused as a whole, and says so', async (_name, make, message) => {
    const everything = async () =>
      queryRows(
        to.ctx.db,
        sql.raw(
          [...archiveTables.keys()]
            .map((name) => `select '${name}' as name, count(*)::int from ${name}`)
            .join(' union all '),
        ),
      );
    const before = await everything();
    const { status, json } = await upload(to, guy, make());
    expect(json).toMatchObject({ code: 'import_unreadable', detail: expect.stringMatching(message) });
    expect(status).toBe(422);
    expect(await everything()).toEqual(before);
  });

  it('brings no row into what is another user’s', async () => {
    const hal = await givenAccount(to, 'hal@example.com');
    const { json: article } = await hal.api.ask<{ id: string }>('POST', '/articles', {
      title: 'Mine',
      markdown: 'Mine alone.',
    });
    const { json: topic } = await hal.api.ask<{ id: string }>('POST', '/topics', {
      topic: 'Growing rhubarb in the shade',
    });
    const forged = rebuilt(archive, ({ rows }) => {
      rows(
        'article_revisions',
        first((row) => ({ ...row, article_id: article.id, revision: 9 })),
      );
      rows(
        'schedule_runs',
        first((row) => ({ ...row, topic_id: topic.id })),
      );
    });
    expect([article.id, topic.id]).toEqual([expect.any(String), expect.any(String)]);
    const before = comparable(await download(to, hal));
    expect((await upload(to, guy, forged)).status).toBe(200);
    expect(comparable(await download(to, hal))).toEqual(before);
    const found = await queryRows(
      to.ctx.db,
      sql`select 1 from article_revisions where article_id = ${article.id} and user_id = ${guy.id}
      union all select 1 from schedule_runs where topic_id = ${topic.id} and user_id = ${guy.id}`,
    );
    expect(found).toEqual([]);
  });

  it('proves nothing: a claim whose quote does not stand in its passage is unsupported', async () => {
    await queryRows(to.ctx.db, sql`delete from users where email = 'guy@example.com'`);
    const ida = await givenAccount(to, 'ida@example.com');
    const claim = rowsIn(archive)
      .get('claims')
      ?.find(({ verdict }) => verdict === 'supported');
    expect(claim).toBeDefined();
    const forged = rebuilt(archive, ({ rows }) =>
      rows('claims', (all) =>
        all.map((row) => (row.id === claim?.id ? { ...row, quote: 'Words that no source has.' } : row)),
      ),
    );
    expect(await upload(to, ida, forged)).toMatchObject({ status: 200, json: { unproven: 1 } });
    const [kept] = await queryRows<{ verdict: string }>(
      to.ctx.db,
      sql`select verdict from claims where id = ${claim?.id}`,
    );
    expect(kept).toMatchObject({ verdict: 'unsupported' });
  });

  it('does not take in more than two at a time, which would fill the disk', async () => {
    const lou = await givenAccount(to, 'lou@example.com');
    const url = `${await to.server.listen({ port: 0, host: '127.0.0.1' })}/api/v1/me/import`;
    const headers = { authorization: `Bearer ${lou.accessToken}`, 'content-type': 'application/zip' };
    const slow = [new PassThrough(), new PassThrough(), new PassThrough()];
    const begun = slow.map((body) => {
      body.write('PK');
      return fetch(url, {
        method: 'POST',
        headers,
        body: Readable.toWeb(body) as never,
        duplex: 'half',
      } as RequestInit);
    });
    // Two wait for the rest of their file; the third is answered at once.
    expect((await Promise.race(begun)).status).toBe(429);
    for (const body of slow) body.end('no zip');
    const answers = await Promise.all(begun);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([422, 422, 429]);
    expect((await upload(to, lou, strToU8('no zip'))).status).toBe(422);
  });

  it('gives an upload up that stands still, and leaves nothing of it on the disk', async () => {
    const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('blog-poster-import-'));
    const before = left();
    const body = new PassThrough();
    body.write('PK');
    await expect(keepUpload(body, 50)).rejects.toMatchObject({ code: 'import_unreadable', message: /stood still/ });
    expect(left()).toEqual(before);
  });

  it('takes no body but a zip, from nobody but a person who is logged in', async () => {
    const gone = await givenAccount(to, 'gone@example.com');
    await queryRows(to.ctx.db, sql`delete from users where id = ${gone.id}`);
    expect((await upload(to, gone, archive)).status).toBe(401);
    const kim = await givenAccount(to, 'kim@example.com');
    const { json: key } = await kim.api.ask<{ key: string }>('POST', '/api-keys', {
      name: 'k',
      scopes: ['read', 'write', 'publish'],
    });
    expect(await upload(to, { ...kim, accessToken: key.key }, archive)).toMatchObject({ status: 403 });
    expect(await kim.api.ask('POST', '/me/import', { some: 'json' })).toMatchObject({
      status: 422,
      json: { code: 'import_unreadable' },
    });
    expect((await upload(to, kim, strToU8('x'), 'text/html')).status).toBe(415);
  });
});

it('is whole also when the account is at work while it is written', async () => {
  const lea = await givenAccount(from, 'lea@example.com');
  const add = async (number: number) =>
    (await lea.api.ask<{ id: string }>('POST', '/articles', { title: `Entry ${number}`, markdown: 'First.' })).json.id;
  const ids: string[] = [];
  for (let number = 0; number < 12; number += 1) ids.push(await add(number));
  const files: Record<string, Uint8Array> = {};
  let turn = 0;
  for await (const file of exportFiles(from.ctx, lea.id)) {
    files[file.name] = 'bytes' in file ? file.bytes : strToU8(file.text);
    if (!file.name.startsWith('data/')) continue;
    // Between any two files one article is edited, one deleted for good, and one written.
    turn += 1;
    const [edited, gone] = [ids.at(-turn), ids.at(-turn - 3)];
    await lea.api.ask('PATCH', `/articles/${edited}`, { revision: 1, markdown: `Second, in turn ${turn}.` });
    await queryRows(from.ctx.db, sql`delete from articles where id = ${gone}`);
    const number = 100 + turn;
    const site = {
      name: `Site ${number}`,
      url: `https://${number}.example`,
      username: 'lea',
      applicationPassword: 'abcd',
    };
    const { json: connected } = await lea.api.ask<{ id: string }>('POST', '/sites', site);
    const publication = { siteId: connected.id, status: 'draft' };
    expect((await lea.api.ask('POST', `/articles/${await add(number)}/publications`, publication)).status).toBe(202);
  }
  expect(turn).toBeGreaterThan(2);
  const mia = await givenAccount(to, 'mia@example.com');
  const { status, json } = await upload(to, mia, zipSync(files));
  expect(status).toBe(200);
  expect(json.counts.articles.taken).toBeGreaterThan(8);
  expect(total(json)).toMatchObject({ here: 0, left: 0 });
  const torn = await queryRows(
    to.ctx.db,
    sql`select id from articles where user_id = ${mia.id} and revision is distinct from
        (select max(r.revision) from article_revisions r where r.article_id = articles.id)`,
  );
  expect(torn).toEqual([]);
});
