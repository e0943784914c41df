import { defineConfig } from 'vitest/config';

/**
 * Unit tests on the server that TEST_DATABASE_URL names: those in which it matters that many connections are at work at
 * once, or how the driver hands values over. In the others the database only keeps the books of something else.
 */
const onServers = [
  'src/accounts/{access-tokens,account}.test.ts',
  'src/budget/{interleavings,ledger,months,prices,top,usage,warnings}.test.ts',
  'src/calendar/*.test.ts',
  'src/db/schema-drift.test.ts',
  'src/export/export.test.ts',
  'src/failures/failures.test.ts',
  'src/http/hostile-input.test.ts',
  'src/images/library.test.ts',
  'src/limits/limiter.test.ts',
  'src/monitoring/{incidents,service-levels}.test.ts',
  'src/notify/{deliver,worker}.test.ts',
  'src/pipeline/{budget-waits,commands,events,frozen,line,queue-room,runner,stream,turn,unstorable-text}.test.ts',
  'src/pipeline/7-publish/*.test.ts',
  'src/publishing/{deliver,interleavings,queue}.test.ts',
  'src/schedules/{autopilot,exceptions,schedules,tell}.test.ts',
  'src/secret-rotation/rotate.test.ts',
  'src/site-posts/sync.test.ts',
  'src/topics/{duplicates,import,start,topics}.test.ts',
  'src/watching/watching.test.ts',
  'src/webhooks/deliver.test.ts',
];

export default defineConfig({
  test: {
    include: onServers,
    globalSetup: ['test/snapshot.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // In CI the services tests run beside them.
    maxWorkers: 2,
    pool: 'forks',
    isolate: false,
  },
});
