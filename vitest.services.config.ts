import { defineConfig } from 'vitest/config';

/** Tests against the real servers that TEST_* variables point to; test/services/compose.yaml says which. */
export default defineConfig({
  test: {
    include: ['test/services/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    pool: 'forks',
  },
});
