import { z } from 'zod';
import { defineJob } from '../queue/define-job.ts';

/**
 * A ticket for the queue of one site: whoever works it takes the first publication there that is due, which need not be
 * the one that the ticket was made for, and makes the next ticket when that is done. The lease of a publication decides
 * who works; a ticket too many finds nothing to do, and one too few is made up for by the sweep.
 */
export const publishJob = defineJob({
  name: 'publication-deliver',
  // Without a site: enqueued by an earlier version.
  payload: z.object({ publicationId: z.uuid(), siteId: z.uuid().optional() }),
  retryLimit: 1000,
  retryDelaySeconds: 1,
});
