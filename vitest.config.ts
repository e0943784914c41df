import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/unit/**/*.test.ts', 'web/**/*.test.ts'],
    globalSetup: ['test/snapshot.ts'],
    setupFiles: ['test/password-cost.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Each has an embedded database of about 450 MB; one more than two processors keep busy, because some tests wait.
    maxWorkers: 3,
    pool: 'forks',
    // Loading the application takes longer than most files run: a worker loads it once for all its files.
    isolate: false,
    // A database is a WebAssembly module, and a worker opens hundreds. V8 13.6 takes the code of closed ones back with a
    // fault that ends the process ("Check failed: jit_page_->allocations_.erase").
    execArgv: ['--no-wasm-code-gc'],
  },
});
