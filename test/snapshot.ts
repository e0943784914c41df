import { makePostgresTemplate, openTestDatabase, preparedDataDir } from './harness.ts';

/**
 * Makes the migrated database that those of tests are copies of before the first test file, so that files running side
 * by side do not each make it.
 */
export default async function makeSnapshot(): Promise<(() => Promise<void>) | undefined> {
  const url = process.env.TEST_DATABASE_URL;
  if (!url) {
    const database = await openTestDatabase();
    await database.close();
    await preparedDataDir();
    return undefined;
  }
  const template = await makePostgresTemplate(url);
  // Workers are started with the environment of this process.
  process.env.TEST_DATABASE_TEMPLATE = template.name;
  return () => template.drop();
}
