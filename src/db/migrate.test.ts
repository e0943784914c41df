import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase } from '../../test/harness.ts';
import { version } from '../config.ts';
import { contractMark, migrate, schemaState } from './migrate.ts';
import { type Database, queryRows } from './open.ts';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const newer = '9999-from-the-future';
const note = (runsFrom: string | null) =>
  database.db.execute(
    sql`insert into schema_migrations (name, checksum, runs_from) values (${newer}, 'x', ${runsFrom})`,
  );

describe('a database that a newer version has written', () => {
  beforeEach(() => database.db.execute(sql`delete from schema_migrations where name = ${newer}`));

  it.each(['0.0.0', version, '0.0.9'])('is one to work beside when it runs releases from %s on', async (runsFrom) => {
    await note(runsFrom);
    expect(await schemaState(database)).toEqual({ pending: [], newer: [newer] });
    expect(await migrate(database)).toEqual({ applied: [], newer: [newer] });
  });

  it.each(['0.1.1', '0.2.0', '0.10.0', '1.0.0', null])(
    'is refused when it runs releases from %s on',
    async (runsFrom) => {
      await note(runsFrom);
      await expect(schemaState(database)).rejects.toThrow(`newer version (it has ${newer})`);
      await expect(migrate(database)).rejects.toThrow(`newer version (it has ${newer})`);
    },
  );

  it('is refused when it lacks something besides: that is another branch, not a later version', async () => {
    await note('0.0.0');
    const [last] = await queryRows<{ name: string; checksum: string }>(
      database.db,
      sql`select name, checksum from schema_migrations where name <> ${newer} order by name desc limit 1`,
    );
    await database.db.execute(sql`delete from schema_migrations where name = ${last?.name}`);
    await expect(migrate(database)).rejects.toThrow('newer version');
    await database.db.execute(
      sql`insert into schema_migrations (name, checksum) values (${last?.name}, ${last?.checksum})`,
    );
  });
});

it('notes of each migration which releases run on what it leaves, and gives older databases the room for it', async () => {
  const fresh = await queryRows<{ runs_from: string }>(
    database.db,
    sql`select distinct runs_from from schema_migrations where name <> ${newer} and runs_from is not null`,
  );
  expect(fresh).toEqual([{ runs_from: '0.0.0' }]);
  await database.db.execute(sql`delete from schema_migrations where name = ${newer}`);
  // As a version that did not know of it left it.
  await database.db.execute(sql`alter table schema_migrations drop column runs_from`);
  expect(await schemaState(database)).toEqual({ pending: [], newer: [] });
  expect(await migrate(database)).toEqual({ applied: [], newer: [] });
});

it('reads the mark of a migration that takes away', () => {
  const mark = contractMark.exec(
    '-- contract after 0.2.0: articles.note, moods\nalter table articles drop column note;',
  );
  expect(mark?.slice(1)).toEqual(['0.2.0', 'articles.note, moods']);
  expect(contractMark.test('-- Contracts are signed after 0.2.0: never')).toBe(false);
});
