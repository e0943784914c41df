/** How a publication can stand. Apart from its table, for whoever only names them. */
export const publicationStatuses = [
  'queued',
  'scheduled',
  'publishing',
  'published',
  'conflict',
  'failed',
  'unpublished',
  'cancelled',
] as const;
export type PublicationStatus = (typeof publicationStatuses)[number];
