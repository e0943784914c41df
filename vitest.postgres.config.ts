import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/**
 * The unit tests that open a database, on the server that TEST_DATABASE_URL names. Left out are those in which a database
 * only keeps the books of something else: the protocols of providers, hostile pages and requests, the drawing of cards,
 * what the doctor says, estimates.
 */
const elsewhere = [
  'src/llm/**',
  'src/knowledge/**',
  'src/pipeline/2-research/*.test.ts',
  'src/pipeline/hostile-markup.test.ts',
  'src/provider-keys/**',
  'src/publishing/hostile-sites.test.ts',
  'src/images/title-card.test.ts',
  'src/images/generate.test.ts',
  'src/web-search/**',
  'src/cli/doctor-*.test.ts',
  'src/budget/price-routes.test.ts',
  'src/pipeline/estimate.test.ts',
  'src/first-run.test.ts',
  'src/accounts/hostile-use.test.ts',
  'test/unit/hostile-topics.test.ts',
];

export default defineConfig({
  test: {
    include: globSync('{src,test/unit}/**/*.test.ts', { exclude: elsewhere }).filter((file) =>
      readFileSync(file, 'utf8').includes("test/harness.ts'"),
    ),
    globalSetup: ['test/snapshot.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // In CI the services tests run beside them.
    maxWorkers: 2,
    pool: 'forks',
    isolate: false,
  },
});
