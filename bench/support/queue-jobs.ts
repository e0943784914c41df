import { z } from 'zod';
import { defineJob } from '../../src/queue/define-job.ts';

/**
 * Who works the jobs of a measure: pg-boss alone, our queue with an empty handler, or our queue with what a pipeline
 * without steps costs.
 */
export type Kind = 'bare' | 'plain' | 'pipeline';

/** What a worker tells its parent. `at` is in milliseconds since 1970, with fractions. */
export type Message = { kind: 'ready' } | { kind: 'begun'; at: number } | { kind: 'done' };

const empty = { payload: z.object({ number: z.int() }), retryLimit: 1000, retryDelaySeconds: 1 };
export const bareJob = defineJob({ name: 'bench-bare', ...empty });
export const plainJob = defineJob({ name: 'bench-plain', ...empty });
