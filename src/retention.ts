import { type SQL, sql } from 'drizzle-orm';

/** A length of time as PostgreSQL and people write it. */
type Length = `${number} ${'minutes' | 'hours' | 'day' | 'days' | 'year'}`;

/** What is deleted by itself after a while. */
interface Period {
  what: string;
  /** Where it stands; none for what is in no table of ours. */
  tables: readonly string[];
  kept: Length;
  /** When that begins. */
  since: string;
  why: string;
}

/**
 * How long everything is kept that is deleted by itself. The clean-ups take their times from here and docs/retention.md
 * (`npm run retention`) is written from it, so neither can say something else. Ages are told by the database's clock.
 */
export const periods = {
  bin: {
    what: 'Articles, images and stored sources in the bin',
    tables: ['articles', 'images', 'sources'],
    kept: '30 days',
    since: 'deleted',
    why: 'So that what was deleted by mistake can be had back. Images give way earlier when their room is needed. A source that an article cites does not go into the bin, and one that has come to be cited in there does not leave it.',
  },
  uncitedSources: {
    what: 'Sources that a search found and no article cites: into the bin',
    tables: ['sources', 'passages', 'passage_embeddings'],
    kept: '180 days',
    since: 'the last run that read them ended',
    why: 'A run reads more pages than it cites, and their passages are most of the database. Sources that a person named, uploaded or pasted stay.',
  },
  runEvents: {
    what: 'What happened in a run, line by line',
    tables: ['pipeline_events'],
    kept: '90 days',
    since: 'the run ended',
    why: 'For watching it and for finding out why it failed. How it ended, its steps, its receipt and its costs stay.',
  },
  offers: {
    what: 'Texts that a model offered for a selection',
    tables: ['offered_revisions'],
    kept: '90 days',
    since: 'offered',
    why: 'Their verdicts become claims of the article when it is saved with them; after that nothing reads them.',
  },
  sessions: {
    what: 'Sessions and their refresh tokens',
    tables: ['sessions', 'refresh_tokens'],
    kept: '30 days',
    since: 'last used',
    why: 'So that nobody has to log in every day. Ended at once by logging out, by a new password and by disabling the account.',
  },
  signingKeys: {
    what: 'Keys that access tokens were signed with',
    tables: ['signing_keys'],
    kept: '7 days',
    since: 'replaced (they sign for 90 days)',
    why: 'A token lives 15 minutes; a few days allow for clocks that are wrong.',
  },
  usedCodes: {
    what: 'Codes of authenticator apps that were used',
    tables: ['used_codes'],
    kept: '5 minutes',
    since: 'used',
    why: 'A code works once, and the app shows it for half a minute.',
  },
  expiredLinks: {
    what: 'Links of mails, invitations that nobody took',
    tables: ['mailed_tokens', 'invitations'],
    kept: '7 days',
    since: 'they stopped working',
    why: 'So that an old link is said to be old.',
  },
  takenInvitations: {
    what: 'Invitations that were taken',
    tables: ['invitations'],
    kept: '1 year',
    since: 'taken',
    why: 'Who invited whom, for as long as the access log.',
  },
  siteConnections: {
    what: 'One-click connections to sites that were begun',
    tables: ['site_connections'],
    kept: '1 day',
    since: 'their 15 minutes ended',
    why: 'So that an old one is said to be old.',
  },
  accessLog: {
    what: 'The access log (audit log)',
    tables: ['audit_events'],
    kept: '1 year',
    since: 'written',
    why: 'To find out who did what after it is noticed, also of accounts that are gone. It has ids and addresses of clients, no texts.',
  },
  idempotencyKeys: {
    what: 'Answers to requests with an `Idempotency-Key`, encrypted',
    tables: ['idempotency_keys'],
    kept: '24 hours',
    since: 'first asked',
    why: 'A program that repeats a request does so within minutes.',
  },
  rateLimits: {
    what: 'Counters of requests (digests of users and addresses)',
    tables: ['rate_limits'],
    kept: '5 minutes',
    since: 'their minute ended',
    why: 'They are of no use after it. In Redis a minute; on the embedded database in memory.',
  },
  failedMailText: {
    what: 'What a mail says that could not be delivered, encrypted',
    tables: ['emails'],
    kept: '1 day',
    since: 'given up',
    why: 'Until then it can be sent again. The text of a mail that was sent is wiped with the sending.',
  },
  keptMailText: {
    what: 'What a mail says where no mail is configured',
    tables: ['emails'],
    kept: '30 days',
    since: 'written',
    why: 'An admin reads it in place of its receiver. Wiped earlier when the link in it stops working.',
  },
  mails: {
    what: 'Entries of mails: address, kind, what became of it',
    tables: ['emails'],
    kept: '90 days',
    since: 'written',
    why: 'To find out what somebody was told; addresses belong to people.',
  },
  webhookDeliveries: {
    what: 'Deliveries of webhooks',
    tables: ['webhook_deliveries'],
    kept: '30 days',
    since: 'the event',
    why: 'To look them up and send them again after a long outage of the receiver.',
  },
  watchedEntries: {
    what: 'Posts that watched sources listed and that led to no topic',
    tables: ['watched_entries'],
    kept: '400 days',
    since: 'first seen',
    why: 'What is known is not proposed again, and gaps are looked for in a year.',
  },
  gonePosts: {
    what: 'What is known of posts that are gone from a site',
    tables: ['site_posts'],
    kept: '90 days',
    since: 'found gone',
    why: 'To tell dead links, and where a post has moved.',
  },
  incidents: {
    what: 'Incidents of the instance that are over',
    tables: ['incidents'],
    kept: '1 year',
    since: 'over',
    why: 'To see what comes back.',
  },
  backupRuns: {
    what: 'How backups and their proofs went, but for the newest of each that succeeded',
    tables: ['backup_runs'],
    kept: '1 year',
    since: 'begun',
    why: 'To see what comes back. The backups themselves: below.',
  },
  doneJobs: {
    what: 'Jobs of the queue that were done or failed',
    tables: [],
    kept: '7 days',
    since: 'done',
    why: 'To find out what a worker did. What matters of it stands in the rows that it worked on.',
  },
  leftJobs: {
    what: 'Jobs of the queue that no worker took',
    tables: [],
    kept: '14 days',
    since: 'due',
    why: 'Every kind of work is looked for in its own rows as well, so none is lost with its job.',
  },
} as const satisfies Record<string, Period>;
export type PeriodName = keyof typeof periods;

/** What is not deleted by its age: why it stays, and what it goes with. */
interface Lasting {
  what: string;
  tables: readonly string[];
  until: string;
  why: string;
}

/** Everything else that is stored: each table is named here or in {@link periods}. */
export const lasting: readonly Lasting[] = [
  {
    what: 'The account: profile, password (argon2id), second factor, API keys (digests), own keys for providers (encrypted)',
    tables: ['users', 'credentials', 'two_factors', 'api_keys', 'provider_keys'],
    until: 'deleted by its owner',
    why: 'Deleting an account deletes everything in this table that is of one account.',
  },
  {
    what: 'Articles with all revisions, claims, verdicts and what they were imported with',
    tables: ['articles', 'article_revisions', 'article_sources', 'article_embeddings', 'article_imports', 'claims'],
    until: 'the article leaves the bin',
    why: 'What was said, and by which proof.',
  },
  {
    what: 'Sources that an article cites, or that a person brought, with their passages',
    tables: ['sources', 'passages', 'passage_embeddings'],
    until: 'their owner deletes them, but never before the articles that cite them',
    why: 'The passage is the proof of a claim: a page on the web may say something else tomorrow.',
  },
  {
    what: 'Runs with the results of their steps, and which sources they read',
    tables: ['pipelines', 'pipeline_steps', 'pipeline_sources'],
    until: 'the account is deleted',
    why: 'The receipt of an article; a redo starts from a recorded step, so that nothing is paid twice.',
  },
  {
    what: 'The ledger: every call that may have cost something, and the months summed up',
    tables: ['paid_calls', 'spending', 'allotments', 'budget_warnings'],
    until: 'the account is deleted; the sums of the instance stay',
    why: 'Bills are questioned late. It holds models, numbers of tokens and money, no texts.',
  },
  {
    what: 'Publications, approvals and holds',
    tables: ['publications', 'approvals', 'holds'],
    until: 'the article leaves the bin',
    why: 'A post is known by its publication, which is why there is one; who let it go public is never changed.',
  },
  {
    what: 'Images and what a site calls them',
    tables: ['images', 'image_files', 'site_media'],
    until: 'the image leaves the bin',
    why: 'Articles show them. Each account has a room that they cannot outgrow.',
  },
  {
    what: 'Sites, what is known of their posts, dead links to them',
    tables: ['sites', 'site_posts', 'site_syncs', 'dead_links'],
    until: 'the site is removed, or the link is mended',
    why: 'Links, duplicates and conflicts are told from them. As many as the site has posts.',
  },
  {
    what: 'Topics, schedules with their exceptions and the run of each time, watched sources, webhooks',
    tables: [
      'topics',
      'schedules',
      'schedule_exceptions',
      'schedule_runs',
      'schedule_warnings',
      'watched_sources',
      'webhooks',
    ],
    until: 'their owner deletes them',
    why: 'A topic that was used or dismissed is not proposed again; a time that had its run has no second one.',
  },
  {
    what: 'Of the instance: settings, prices, what was told of its limit, sums of months, one row a day of service levels, totals of counters, which migrations were made',
    tables: [
      'instance_settings',
      'instance_months',
      'instance_warnings',
      'model_prices',
      'service_days',
      'metric_totals',
      'schema_migrations',
    ],
    until: 'for ever',
    why: 'They do not grow with use: a row a setting, a model, a day or a month.',
  },
];

/** After the daily ones, which `BACKUP_KEEP` counts: so many weeks, then so many months, of which one backup each is kept. */
export const backupsKept = { weeks: 4, months: 6 } as const;

/** The moment before which something was too long ago to be kept, for comparing with a `timestamptz`. */
export function longAgo(name: PeriodName): SQL {
  return sql`now() - ${periods[name].kept}::interval`;
}

const unitMs = {
  minutes: 60_000,
  hours: 3_600_000,
  day: 86_400_000,
  days: 86_400_000,
  year: 365 * 86_400_000,
} as const;

/** How long something is kept, in milliseconds. */
export function keptMs(name: PeriodName): number {
  const [count, unit] = periods[name].kept.split(' ') as [string, keyof typeof unitMs];
  return Number(count) * unitMs[unit];
}
