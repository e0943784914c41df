import { z } from 'zod';
import { defineJob } from '../queue/define-job.ts';

/** Walks one pipeline on from where it stands. Given out again as often as workers die; the lease decides who works. */
export const runPipelineJob = defineJob({
  name: 'pipeline-run',
  payload: z.object({ pipelineId: z.uuid() }),
  retryLimit: 1000,
  retryDelaySeconds: 1,
});
