import { defineConfig } from 'vitest/config';
import { instrumentAwaits } from './test/awaits/instrument.ts';

/** In these the product is loaded with its awaits instrumented. */
const instrumented = ['test/services/crash.test.ts'];

/** Tests against the real servers that TEST_* variables point to; test/services/compose.yaml says which. */
export default defineConfig({
  test: {
    maxWorkers: 2,
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'servers',
          include: ['test/services/**/*.test.ts'],
          exclude: instrumented,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        plugins: [instrumentAwaits()],
        test: { name: 'awaits', include: instrumented, testTimeout: 120_000, hookTimeout: 120_000 },
      },
    ],
  },
});
