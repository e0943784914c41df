import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/unit/**/*.test.ts', 'web/**/*.test.ts'],
    globalSetup: ['test/snapshot.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Each file opens a database of about 450 MB when it is embedded.
    maxWorkers: 2,
    pool: 'forks',
    // Loading the application takes longer than most files run: a worker loads it once for all its files.
    isolate: false,
  },
});
