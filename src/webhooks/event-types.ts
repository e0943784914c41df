/** What a webhook can be told of, in the words in which the API and the web app show it. */
export const subscribableTypes = {
  'pipeline.succeeded': 'A run has come to its end.',
  'pipeline.failed': 'A run has failed; the error says why and what to do.',
  'pipeline.waiting': 'A run waits for a person: a near-duplicate, its budget, or an approval.',
  'pipeline.cancelled': 'A run was cancelled.',
  'budget.exceeded': 'A run has stopped at its budget.',
  'budget.warning': 'Half, four fifths or all of what you may spend this month is spent.',
  'article.created': 'An article was written or added.',
  'article.updated': 'An article was edited, or rewritten by its run.',
  'article.deleted': 'An article was put into the bin.',
  'article.restored': 'An article was taken out of the bin.',
  'article.approved': 'An article may go public: a person or a rule has approved it.',
  'publication.published': 'An article has arrived on its site, as a post or as a draft.',
  'publication.failed': 'An article could not be brought onto its site.',
  'publication.conflict': 'An article was not sent: something on the site needs a decision first.',
  'publication.unpublished': 'A post was taken back from its site: to a draft, or into the trash.',
  'publication.cancelled': 'A publication was given up.',
  'site.created': 'A site was added.',
  'site.updated': 'A site was changed.',
  'site.deleted': 'A site was forgotten.',
  'site.check_failed': 'Nothing can be delivered to a site any more; told once, until it works again.',
  'site.recovered': 'A site that had failed works again; what waited for it goes on.',
  'schedule.started': 'A time of a schedule has begun an article.',
  'schedule.skipped': 'A time of a schedule has begun nothing; the reason says why and what to do.',
  'link.dead': 'An article links to a post of your site that is no longer there.',
} as const;

/** An event that a webhook may ask for. */
export type SubscribableType = keyof typeof subscribableTypes;
/** The same, and the one that is only sent when someone asks to test a webhook. */
export type EventType = SubscribableType | 'webhook.test';

export const subscribableTypeNames = Object.keys(subscribableTypes) as [SubscribableType, ...SubscribableType[]];
