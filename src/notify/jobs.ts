import { z } from 'zod';
import { defineJob } from '../queue/define-job.ts';

/** Sends one mail; the mail's own lease decides who works. */
export const sendEmailJob = defineJob({
  name: 'email-send',
  payload: z.object({ emailId: z.uuid() }),
  retryLimit: 1000,
  retryDelaySeconds: 1,
});
