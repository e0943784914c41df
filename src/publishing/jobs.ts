import { z } from 'zod';
import { defineJob } from '../queue/define-job.ts';

/** Delivers one publication to its site; the publication's own lease decides who works. */
export const publishJob = defineJob({
  name: 'publication-deliver',
  payload: z.object({ publicationId: z.uuid() }),
  retryLimit: 1000,
  retryDelaySeconds: 1,
});
