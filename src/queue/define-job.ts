import type { z } from 'zod';

/** A kind of background work: its queue's name, what a job carries, and how the queue treats it. */
export interface JobDefinition<Payload extends object> {
  name: string;
  payload: z.ZodType<Payload>;
  /** How often a job that threw (or whose worker died) is given out again. */
  retryLimit: number;
  /** First delay before it is given out again, in seconds; doubles up to ten minutes. */
  retryDelaySeconds: number;
}

/** Declares a job; the handler is attached where the workers are started. */
export function defineJob<Payload extends object>(definition: JobDefinition<Payload>): JobDefinition<Payload> {
  return definition;
}
