import { defineConfig } from 'vitest/config';

/** Browser tests: a real server and a real Chromium (CHROMIUM_PATH, else /usr/bin/chromium) for each file, two at a time. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    globalSetup: ['test/e2e/prepared-data.ts'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    pool: 'forks',
  },
});
