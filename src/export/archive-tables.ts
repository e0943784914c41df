/** A table whose rows an archive carries from one instance to another. */
export interface ArchiveTable {
  name: string;
  /** The columns of its primary key. */
  key: readonly [string, ...string[]];
  /** Columns beside `user_id` that stay behind: secrets, leases, what is computed, and rows that an archive has not. */
  without?: readonly string[];
  /** Columns that name a row of another table of the archive. Where they may be null they are, when that row did not come along. */
  refs?: Readonly<Record<string, string>>;
  /** Which of `refs` names the row that this one is a part of: it comes with it or not at all. */
  partOf?: string;
}

/** Tables that are read together, so that a row and its parts are of one moment. */
export interface ArchiveFamily {
  name: string;
  /** Rows of the first table in one file. */
  perFile: number;
  tables: readonly [ArchiveTable, ...ArchiveTable[]];
}

const lease = ['lease', 'lease_expires_at'] as const;

/**
 * In the order in which an archive is taken in: what is named comes before what names it. Written in the other order, so
 * that what is made meanwhile names nothing that was read before.
 */
export const archiveFamilies: readonly ArchiveFamily[] = [
  { name: 'images', perFile: 500, tables: [{ name: 'images', key: ['id'] }] },
  {
    name: 'sources',
    perFile: 20,
    tables: [
      { name: 'sources', key: ['id'] },
      {
        name: 'passages',
        key: ['id'],
        without: ['terms'],
        refs: { source_id: 'sources' },
        partOf: 'source_id',
      },
      {
        name: 'passage_embeddings',
        key: ['passage_id', 'model'],
        refs: { passage_id: 'passages' },
        partOf: 'passage_id',
      },
    ],
  },
  {
    name: 'sites',
    perFile: 50,
    tables: [
      { name: 'sites', key: ['id'], without: ['credential', 'credential_key_id', 'quiet_until'] },
      {
        name: 'site_media',
        key: ['site_id', 'image_id'],
        without: ['held_by', 'held_until'],
        refs: { site_id: 'sites', image_id: 'images' },
        partOf: 'site_id',
      },
    ],
  },
  {
    name: 'site-posts',
    perFile: 500,
    tables: [{ name: 'site_posts', key: ['site_id', 'remote_id'], refs: { site_id: 'sites' }, partOf: 'site_id' }],
  },
  {
    name: 'topics',
    perFile: 500,
    tables: [{ name: 'topics', key: ['id'], without: ['pipeline_id'], refs: { site_id: 'sites' } }],
  },
  {
    name: 'articles',
    perFile: 5,
    tables: [
      { name: 'articles', key: ['id'], without: ['pipeline_id'], refs: { featured_image_id: 'images' } },
      ofArticle('article_revisions', ['article_id', 'revision']),
      ofArticle('article_sources', ['article_id', 'source_id'], { refs: { source_id: 'sources' } }),
      ofArticle('article_embeddings', ['article_id', 'model', 'facet']),
      ofArticle('article_imports', ['user_id', 'key']),
      ofArticle('claims', ['id'], { without: ['pipeline_id'], refs: { passage_id: 'passages' } }),
      ofArticle('approvals', ['id'], { without: ['pipeline_id'] }),
      ofArticle('dead_links', ['article_id', 'url'], { refs: { site_id: 'sites' } }),
      ofArticle('publications', ['id'], { without: ['pipeline_id', ...lease], refs: { site_id: 'sites' } }),
    ],
  },
  {
    name: 'schedules',
    perFile: 20,
    tables: [
      { name: 'schedules', key: ['id'], refs: { site_id: 'sites' } },
      { name: 'schedule_exceptions', key: ['id'], refs: { schedule_id: 'schedules' }, partOf: 'schedule_id' },
      {
        name: 'schedule_runs',
        key: ['id'],
        without: ['pipeline_id'],
        refs: { schedule_id: 'schedules', topic_id: 'topics' },
        partOf: 'schedule_id',
      },
    ],
  },
  {
    name: 'watched-sources',
    perFile: 200,
    tables: [{ name: 'watched_sources', key: ['id'], without: [...lease, 'requested_at'], refs: { site_id: 'sites' } }],
  },
  {
    name: 'watched-entries',
    perFile: 1_000,
    tables: [
      {
        name: 'watched_entries',
        key: ['id'],
        refs: { source_id: 'watched_sources', topic_id: 'topics' },
        partOf: 'source_id',
      },
    ],
  },
  {
    name: 'webhooks',
    perFile: 50,
    tables: [{ name: 'webhooks', key: ['id'], without: ['secret', 'secret_key_id', 'previous_secrets'] }],
  },
];

/** All of them by name. */
export const archiveTables: ReadonlyMap<string, ArchiveTable> = new Map(
  archiveFamilies.flatMap(({ tables }) => tables.map((table) => [table.name, table] as const)),
);

/**
 * Tables of a user that an archive does not carry, and why. Together with {@link archiveTables} these are all that have a
 * `user_id`, which a test looks at.
 */
export const notCarried: Readonly<Record<string, string>> = {
  allotments: 'money of the instance',
  budget_warnings: 'money of the instance',
  paid_calls: 'money of the instance: in usage.json to read; another instance must not count it against its caps',
  spending: 'money of the instance',
  pipelines: 'work of the instance: in pipelines/ to read; what it made is carried',
  pipeline_events: 'work of the instance',
  pipeline_sources: 'work of the instance',
  pipeline_steps: 'work of the instance',
  holds: 'belongs to a pipeline',
  offered_revisions: 'kept for a moment',
  schedule_warnings: 'what was mailed',
  site_syncs: 'how far the instance has read; it reads anew',
  site_connections: 'kept for minutes',
  webhook_deliveries: 'what was sent: in webhooks/ to read',
  emails: 'what was mailed',
  idempotency_keys: 'kept for a day',
  audit_events: 'who has used that instance: in access-log.json to read',
  api_keys: 'only their digests are stored: in api-keys.json to read',
  provider_keys: 'secrets',
  credentials: 'secrets',
  mailed_tokens: 'secrets',
  refresh_tokens: 'secrets',
  sessions: 'secrets',
  two_factors: 'secrets',
  used_codes: 'secrets',
};

/** What of the account itself comes along. Who logs in how is a matter of each instance. */
export const carriedSettings = ['voice', 'time_zone', 'locale', 'model', 'muted_mails'] as const;

function ofArticle(
  name: string,
  key: readonly [string, ...string[]],
  { refs = {}, without = [] }: Pick<ArchiveTable, 'refs' | 'without'> = {},
): ArchiveTable {
  return { name, key, without, refs: { article_id: 'articles', ...refs }, partOf: 'article_id' };
}
