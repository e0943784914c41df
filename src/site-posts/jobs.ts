import { z } from 'zod';
import { defineJob } from '../queue/define-job.ts';

/** Reads the posts of one site; the lease on its sync decides who does. */
export const syncSiteJob = defineJob({
  name: 'site-posts-sync',
  payload: z.object({ siteId: z.uuid() }),
  retryLimit: 100,
  retryDelaySeconds: 5,
});
