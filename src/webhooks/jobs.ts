import { z } from 'zod';
import { defineJob } from '../queue/define-job.ts';

/** Sends one delivery to its webhook; the delivery's own lease decides who works. */
export const webhookJob = defineJob({
  name: 'webhook-deliver',
  payload: z.object({ deliveryId: z.uuid() }),
  retryLimit: 1000,
  retryDelaySeconds: 1,
});
