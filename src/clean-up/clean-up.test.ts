import { globSync, readFileSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { retentionReference } from '../../scripts/retention-reference.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { deleteExpired } from '../accounts/clean-up.ts';
import { newId } from '../db/id.ts';
import { queryRows } from '../db/open.ts';
import { emptyDocumentBin } from '../documents/bin.ts';
import { keptMs, lasting, periods } from '../retention.ts';
import { binUncitedSources, forgetBackupRuns, forgetOffers, forgetRunEvents } from './worker.ts';

let app: TestApp;
const run = (query: ReturnType<typeof sql>) => app.ctx.db.execute(query);
const idsOf = async (table: string, where = 'true') =>
  (await queryRows<{ id: string }>(app.ctx.db, sql.raw(`select id from ${table} where ${where} order by id`))).map(
    ({ id }) => String(id),
  );

beforeAll(async () => {
  app = await startTestApp({ env: { SMTP_URL: 'smtp://127.0.0.1:9', MAIL_FROM: 'posts@example.com' } });
});
afterAll(() => app.close());

describe('the list of what is kept', () => {
  it('is what docs/retention.md says (npm run retention writes it)', () => {
    expect(readFileSync(new URL('../../docs/retention.md', import.meta.url), 'utf8')).toBe(retentionReference());
  });

  it('names every table that there is, and none that there is not', async () => {
    const rows = await queryRows<{ name: string }>(
      app.ctx.db,
      sql`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
    );
    const named = [...Object.values(periods), ...lasting].flatMap(({ tables }) => [...tables]);
    // What the second step of a log-in needs is told in words: it lives for minutes.
    const there = rows.map(({ name }) => name).filter((name) => name !== 'verifications');
    expect(there.filter((name) => !named.includes(name as never))).toEqual([]);
    expect(named.filter((name) => !there.includes(name))).toEqual([]);
  });

  it('is where every clean-up has its time from', () => {
    const files = globSync('src/**/*.ts').filter((file) => !/\.test\.ts$|src\/retention\.ts$/.test(file));
    const own: string[] = [];
    for (const file of files) {
      const text = readFileSync(file, 'utf8');
      const deletions = text.match(/(?:\.delete\(\w|sql`\s*delete from)[\s\S]*?;\n/g) ?? [];
      // A constant beside it would only hide the number.
      const names = [...text.matchAll(/const (\w+) = sql`now\(\) - interval '[^']+'`/g)].map(([, name]) => name ?? '');
      for (const deletion of deletions) {
        if (/interval '\d|Date\.now\(\) - \d/.test(deletion)) own.push(`${file}: ${deletion}`);
        if (names.some((name) => new RegExp(`\\b${name}\\b`).test(deletion))) own.push(`${file}: ${deletion}`);
      }
    }
    expect(own).toEqual([]);
  });

  it('reads lengths as PostgreSQL does', async () => {
    for (const name of Object.keys(periods) as (keyof typeof periods)[]) {
      const [row] = await queryRows<{ ms: number }>(
        app.ctx.db,
        sql`select (extract(epoch from now() - (now() - ${periods[name].kept}::interval)) * 1000)::float8 as ms`,
      );
      // A year may be a leap year.
      expect(Math.abs((row?.ms ?? 0) - keptMs(name)), name).toBeLessThanOrEqual(86_400_000);
    }
  });
});

/** A run that ended so many days ago; null for one that is not over. */
async function runEnded(days: number | null): Promise<string> {
  const id = newId();
  await run(sql`insert into pipelines (id, user_id, topic, brief, budget_micro_usd, status, finished_at, created_at)
    values (${id}, ${app.ctx.ownerId}, 'Bread', '{}', 0, ${days === null ? 'running' : 'succeeded'},
      ${days === null ? null : new Date(Date.now() - days * 86_400_000).toISOString()}::timestamptz, now() - interval '400 days')`);
  return id;
}

test('what happened in a run goes 90 days after its end; how it ended stays', async () => {
  const [old, recent, open] = [await runEnded(91), await runEnded(89), await runEnded(null)];
  for (const id of [old, recent, open]) {
    for (const type of ['step', 'log', 'done']) {
      await run(sql`insert into pipeline_events (user_id, pipeline_id, type, data, created_at)
        values (${app.ctx.ownerId}, ${id}, ${type}, '{}', now() - interval '92 days')`);
    }
  }
  // After the end, as when it is approved much later.
  await run(
    sql`insert into pipeline_events (user_id, pipeline_id, type, data) values (${app.ctx.ownerId}, ${old}, 'log', '{}')`,
  );
  expect(await forgetRunEvents(app.ctx.db)).toBe(2);
  const left = await queryRows<{ id: string; types: string }>(
    app.ctx.db,
    sql`select pipeline_id as id, string_agg(type, ' ' order by id) as types from pipeline_events
        where pipeline_id in (${old}, ${recent}, ${open}) group by 1`,
  );
  expect(Object.fromEntries(left.map(({ id, types }) => [id, types]))).toEqual({
    [old]: 'done log',
    [recent]: 'step log done',
    [open]: 'step log done',
  });
});

describe('a source that a search found and nothing cites', () => {
  let number = 0;
  /** A stored source that was read so many days ago, by runs as they are given. */
  async function source(days: number, ...runs: { run: string; origin: 'search' | 'brief' }[]): Promise<string> {
    const id = newId();
    await run(sql`insert into sources (id, user_id, kind, title, content_hash, word_count, fetched_at)
      values (${id}, ${app.ctx.ownerId}, 'url', 'Page', ${`hash ${++number}`}, 10, now() - make_interval(days => ${days}))`);
    await run(
      sql`insert into passages (id, user_id, source_id, ordinal, text) values (${newId()}, ${app.ctx.ownerId}, ${id}, 0, 'Dough rises.')`,
    );
    for (const { run: pipeline, origin } of runs) {
      await run(sql`insert into pipeline_sources (pipeline_id, source_id, user_id, position, origin, found_by)
        values (${pipeline}, ${id}, ${app.ctx.ownerId}, ${++number}, ${origin}, ${origin === 'search' ? 'sourdough' : null})`);
    }
    return id;
  }

  beforeEach(() => run(sql`delete from sources where user_id = ${app.ctx.ownerId}`));

  it('goes into the bin 180 days after the last run that read it, and for good 30 days later', async () => {
    const [old, recent, open] = [await runEnded(181), await runEnded(179), await runEnded(null)];
    const found = await source(200, { run: old, origin: 'search' });
    const kept = [
      await source(200, { run: old, origin: 'search' }, { run: recent, origin: 'search' }),
      await source(200, { run: old, origin: 'search' }, { run: open, origin: 'search' }),
      // A person named it, or stored it without any run.
      await source(200, { run: old, origin: 'brief' }),
      await source(200, { run: old, origin: 'search' }, { run: await runEnded(300), origin: 'brief' }),
      await source(200),
      // Read anew since.
      await source(100, { run: old, origin: 'search' }),
    ];
    expect(await binUncitedSources(app.ctx.db)).toBe(1);
    expect(await idsOf('sources', 'deleted_at is not null')).toEqual([found]);
    expect(await binUncitedSources(app.ctx.db)).toBe(0);
    expect(await emptyDocumentBin(app.ctx.db)).toBe(0);
    await run(sql`update sources set deleted_at = now() - interval '31 days' where deleted_at is not null`);
    expect(await emptyDocumentBin(app.ctx.db)).toBe(1);
    expect(await idsOf('sources')).toEqual(kept.toSorted());
  });

  it('is none while an article cites it or a claim quotes it, however old', async () => {
    const old = await runEnded(800);
    const [cited, quoted] = [
      await source(800, { run: old, origin: 'search' }),
      await source(800, { run: old, origin: 'search' }),
    ];
    const article = newId();
    await run(sql`insert into articles (id, user_id, pipeline_id, title, slug, markdown, language, word_count, status)
      values (${article}, ${app.ctx.ownerId}, ${old}, 'Bread', 'bread', 'Dough rises.', 'en', 2, 'draft')`);
    await run(
      sql`insert into article_sources (article_id, source_id, user_id, number) values (${article}, ${cited}, ${app.ctx.ownerId}, 1)`,
    );
    await run(sql`insert into claims (id, user_id, article_id, passage_id, ordinal, text, quote, verdict, reason, outcome)
      select ${newId()}, user_id, ${article}, id, 0, 'Dough rises.', 'Dough rises.', 'supported', 'It says so.', 'kept' from passages where source_id = ${quoted}`);
    expect(await binUncitedSources(app.ctx.db)).toBe(0);
    expect(await idsOf('sources', 'deleted_at is null')).toEqual([cited, quoted].toSorted());
  });
});

test('offers go after 90 days', async () => {
  const article = newId();
  await run(sql`insert into articles (id, user_id, title, slug, markdown, language, word_count, status)
    values (${article}, ${app.ctx.ownerId}, 'Rolls', 'rolls', 'Rolls.', 'en', 1, 'draft')`);
  const [old, recent] = [newId(), newId()];
  for (const [id, days] of [
    [old, 91],
    [recent, 89],
  ] as const) {
    await run(sql`insert into offered_revisions (id, user_id, article_id, action, claims, created_at)
      values (${id}, ${app.ctx.ownerId}, ${article}, 'shorten', '[]', now() - make_interval(days => ${days}))`);
  }
  expect(await forgetOffers(app.ctx.db)).toBe(1);
  expect(await idsOf('offered_revisions')).toEqual([recent]);
});

test('how backups went goes after a year, but not the newest that succeeded', async () => {
  const add = async (kind: string, status: string, days: number) => {
    const id = newId();
    await run(sql`insert into backup_runs (id, kind, trigger, status, phase, started_at)
      values (${id}, ${kind}, 'schedule', ${status}, 'done', now() - make_interval(days => ${days}))`);
    return id;
  };
  await add('backup', 'succeeded', 500);
  await add('backup', 'failed', 450);
  const kept = [
    await add('backup', 'succeeded', 400),
    // Since the newest success nothing but failures: they say since when.
    await add('backup', 'failed', 390),
    await add('verification', 'succeeded', 700),
    await add('verification', 'failed', 20),
  ];
  expect(await forgetBackupRuns(app.ctx.db)).toBe(2);
  expect(await idsOf('backup_runs')).toEqual(kept.toSorted());
});

test('keys, codes and invitations that are of no use any more go', async () => {
  const { db } = app.ctx;
  const [oldKey, key] = [newId(), newId()];
  for (const [id, days] of [
    [oldKey, 8],
    [key, 6],
  ] as const) {
    await run(sql`insert into signing_keys (id, public_key, private_key, created_at, expires_at)
      values (${id}, 'public', 'private', now() - interval '100 days', now() - make_interval(days => ${days}))`);
  }
  await run(sql`insert into used_codes (user_id, code, used_at) values
    (${app.ctx.ownerId}, '111111', now() - interval '6 minutes'), (${app.ctx.ownerId}, '222222', now())`);
  const [taken, takenLately] = [newId(), newId()];
  for (const [id, days] of [
    [taken, 367],
    [takenLately, 360],
  ] as const) {
    await run(sql`insert into invitations (id, email, token_digest, expires_at, accepted_at)
      values (${id}, 'guest@example.com', ${id}, now() - interval '340 days', now() - make_interval(days => ${days}))`);
  }
  await deleteExpired(db);
  expect(await idsOf('signing_keys')).toEqual([key]);
  expect(await queryRows(db, sql`select code from used_codes`)).toEqual([{ code: '222222' }]);
  expect(await idsOf('invitations')).toEqual([takenLately]);
});
