import { globSync, readFileSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DatabaseShape, type LastRelease, narrowings, readShape } from '../../test/database-shape.ts';
import { openTestDatabase } from '../../test/harness.ts';
import { migrationsFolder } from '../shipped-files.ts';
import { contractMark } from './migrate.ts';
import type { Database } from './open.ts';

/*
 * While a new release starts, the last one goes on working on the tables that the new one has changed, and is what a failed
 * deploy goes back to. So migrations expand; what is taken away has to be marked, and unused by the release it follows.
 */

const last: LastRelease = JSON.parse(readFileSync(new URL('../../deploy/last-release.json', import.meta.url), 'utf8'));
const marks = globSync('*.sql', { cwd: migrationsFolder }).flatMap((file) => {
  const [, release, subjects] = contractMark.exec(readFileSync(new URL(file, migrationsFolder), 'utf8')) ?? [];
  return release && subjects ? [{ file, release, subjects: subjects.split(',').map((name) => name.trim()) }] : [];
});

let database: Database;
let now: DatabaseShape;
beforeAll(async () => {
  database = await openTestDatabase();
  now = await readShape(database.db);
});
afterAll(() => database.close());

it('leaves the last release everything that it relies on, but for what a contract migration names', () => {
  const allowed = marks.flatMap(({ subjects }) => subjects).filter((subject) => last.unused.includes(subject));
  expect(narrowings(last.shape, now).filter(({ subject }) => !allowed.includes(subject))).toEqual([]);
});

it('has contract migrations only after releases that are out', () => {
  for (const { file, release } of marks) {
    expect(release.localeCompare(last.release, 'en', { numeric: true }), file).toBeLessThanOrEqual(0);
  }
});

describe('the look for what the last release would miss', () => {
  it.each([
    ['alter table articles drop column excerpt', 'articles.excerpt', 'is gone'],
    ['alter table articles rename column excerpt to summary', 'articles.excerpt', 'is gone'],
    ['drop table article_revisions cascade', 'article_revisions', 'is gone'],
    [
      'alter table articles alter column title type varchar(80)',
      'articles.title',
      'was text and is character varying(80)',
    ],
    ['alter table articles alter column deleted_at set not null', 'articles.deleted_at', 'may no longer be null'],
    ['alter table articles alter column created_at drop default', 'articles.created_at', 'no longer fills itself'],
    ['alter table articles add column mood text not null', 'articles.mood', 'is new and has to be filled'],
    [
      'alter table schedule_runs drop constraint schedule_runs_schedule_id_slot_at_key',
      'schedule_runs',
      'is no longer unique USING btree (schedule_id, slot_at)',
    ],
    ['create unique index on articles (user_id, title)', 'articles', 'is newly unique USING btree (user_id, title)'],
    ["alter table articles add check (title <> '')", 'articles', "has a new rule: CHECK ((title <> ''::text))"],
  ])('finds: %s', async (statement, subject, what) => {
    const found = await afterwards(statement);
    expect(found).toContainEqual({ subject, what });
  });

  it.each([
    'alter table articles add column mood text',
    "alter table articles add column mood text not null default 'calm'",
    'create index on articles (title)',
    'create table moods (id uuid primary key, article_id uuid not null references articles)',
    "alter table articles add column mood text check (mood in ('calm', 'wild'))",
    'alter table articles add column mood text unique',
    'alter table articles alter column title drop not null',
  ])('lets pass: %s', async (statement) => {
    expect(await afterwards(statement)).toEqual([]);
  });
});

/** What a program made for the database as it is would miss after a statement; the database stays as it is. */
async function afterwards(statement: string) {
  let found: ReturnType<typeof narrowings> = [];
  const undone = new Error('taken back');
  await database.db
    .transaction(async (tx) => {
      await tx.execute(sql.raw(statement));
      found = narrowings(now, await readShape(tx));
      throw undone;
    })
    .catch((error) => {
      if (error !== undone) throw error;
    });
  return found;
}
