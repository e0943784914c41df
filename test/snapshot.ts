import { openTestDatabase } from './harness.ts';

/** Makes the migrated snapshot before the first test file, so that files running side by side do not each make it. */
export default async function makeSnapshot(): Promise<void> {
  const database = await openTestDatabase();
  await database.close();
}
