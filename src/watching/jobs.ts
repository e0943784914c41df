import { z } from 'zod';
import { defineJob } from '../queue/define-job.ts';

/** Reads one watched source; the lease on it decides who does. */
export const readSourceJob = defineJob({
  name: 'watched-source-read',
  payload: z.object({ sourceId: z.uuid() }),
  retryLimit: 20,
  retryDelaySeconds: 5,
});
