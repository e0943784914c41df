import { defineConfig } from 'vitest/config';
import { thorough } from './test/thorough.ts';

/**
 * Unit tests on the server that TEST_DATABASE_URL names: those in which it matters that many connections are at work at
 * once. In the others the database only keeps the books of something else.
 */
const concurrent = [
  'src/budget/{interleavings,ledger,months,top}.test.ts',
  'src/calendar/calendar.test.ts',
  'src/db/schema-drift.test.ts',
  'src/http/hostile-input.test.ts',
  'src/limits/limiter.test.ts',
  'src/monitoring/incidents.test.ts',
  'src/notify/deliver.test.ts',
  'src/pipeline/{budget-waits,commands,frozen,line,queue-room,runner,stream,unstorable-text}.test.ts',
  'src/publishing/{deliver,interleavings,queue}.test.ts',
  'src/schedules/{autopilot,schedules}.test.ts',
  'src/secret-rotation/rotate.test.ts',
  'src/site-posts/sync.test.ts',
  'src/topics/start.test.ts',
  'src/watching/watching.test.ts',
  'src/webhooks/deliver.test.ts',
];
/** And those in which it matters how the driver hands values over, which changes with the driver. */
const values = [
  'src/accounts/{access-tokens,account}.test.ts',
  'src/budget/{prices,usage,warnings}.test.ts',
  'src/export/export.test.ts',
  'src/failures/failures.test.ts',
  'src/images/library.test.ts',
  'src/monitoring/service-levels.test.ts',
  'src/notify/worker.test.ts',
  'src/pipeline/{events,turn}.test.ts',
  'src/pipeline/7-publish/*.test.ts',
  'src/schedules/{exceptions,tell}.test.ts',
  'src/topics/{duplicates,import,topics}.test.ts',
];

export default defineConfig({
  test: {
    include: thorough ? [...concurrent, ...values] : concurrent,
    globalSetup: ['test/snapshot.ts'],
    setupFiles: ['test/password-cost.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // In CI the services tests run beside them.
    maxWorkers: 2,
    pool: 'forks',
    isolate: false,
  },
});
