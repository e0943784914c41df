create extension if not exists vector;

create table users (
  id uuid primary key,
  name text not null,
  email text unique,
  created_at timestamptz not null default now()
);

-- Facts about this installation that are no one's property: whether the sample has run, and the like.
create table instance_settings (
  name text primary key,
  value jsonb not null,
  updated_at timestamptz not null default now()
);

create table sites (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  name text not null,
  url text not null,
  rest_root text,
  username text not null,
  -- AES-256-GCM under APP_SECRET; key_id tells which secret it was.
  credential text not null,
  credential_key_id text not null,
  last_check jsonb,
  last_checked_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index sites_user on sites (user_id, created_at desc);
create unique index sites_user_name on sites (user_id, lower(name));

create table pipelines (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  brief jsonb not null,
  topic text not null,
  status text not null check (status in ('queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled')),
  current_step text,
  progress real not null default 0,
  budget_micro_usd bigint not null check (budget_micro_usd >= 0),
  site_id uuid references sites on delete set null,
  article_id uuid,
  waiting jsonb,
  error jsonb,
  -- Set when a person said "go on" in spite of a near-duplicate.
  duplicates_allowed boolean not null default false,
  -- The fencing token: it grows with every take-over, and only its newest holder may write.
  lease bigint not null default 0,
  lease_expires_at timestamptz,
  takeovers integer not null default 0,
  approved_at timestamptz,
  approved_by text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz
);
create index pipelines_user on pipelines (user_id, id desc);
create index pipelines_open on pipelines (status, lease_expires_at) where status in ('queued', 'running', 'waiting');

create table pipeline_steps (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  pipeline_id uuid not null references pipelines on delete cascade,
  name text not null,
  attempt integer not null,
  status text not null check (status in ('running', 'succeeded', 'failed', 'waiting', 'cancelled', 'superseded')),
  input_digest text not null,
  step_version integer not null,
  output jsonb,
  error jsonb,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  unique (pipeline_id, name, attempt)
);
-- A step counts as done once, whatever the number of workers.
create unique index pipeline_steps_done on pipeline_steps (pipeline_id, name) where status = 'succeeded';

create table pipeline_events (
  id bigint generated always as identity primary key,
  user_id uuid not null references users on delete cascade,
  pipeline_id uuid not null references pipelines on delete cascade,
  type text not null check (type in ('step', 'progress', 'log', 'done')),
  data jsonb not null,
  created_at timestamptz not null default now()
);
create index pipeline_events_pipeline on pipeline_events (pipeline_id, id);

-- The ledger: one row for every attempt at a call that may cost money. Rows are never deleted while the user exists.
create table model_calls (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  pipeline_id uuid references pipelines on delete set null,
  step text not null,
  task text not null,
  prompt_version integer not null,
  -- Digest of model, prompt and input: the same question of the same pipeline is answered from here, not paid again.
  request_digest text not null,
  provider text not null,
  model text not null,
  -- The price table's own id of the model, because it matches by prefix; null while priced explicitly or local.
  priced_as text,
  status text not null check (status in ('reserved', 'settled', 'failed', 'released')),
  -- True when the provider reported no usage and the reservation stands in for it.
  estimated boolean not null default false,
  reserved_micro_usd bigint not null check (reserved_micro_usd >= 0),
  cost_micro_usd bigint check (cost_micro_usd >= 0),
  input_tokens integer,
  cached_input_tokens integer,
  output_tokens integer,
  reasoning_tokens integer,
  output jsonb,
  error jsonb,
  started_at timestamptz not null default now(),
  finished_at timestamptz
);
create index model_calls_user on model_calls (user_id, started_at);
create index model_calls_pipeline on model_calls (pipeline_id, started_at);
create index model_calls_answer on model_calls (pipeline_id, request_digest) where status = 'settled' and output is not null;

-- A source as it was read: never changed afterwards, so that a quote can always be looked up in what was cited.
create table sources (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  kind text not null check (kind in ('url', 'feed-item', 'file', 'text')),
  url text,
  title text not null,
  site_name text,
  author text,
  published_at timestamptz,
  language text,
  content_hash text not null,
  word_count integer not null,
  fetched_at timestamptz not null default now()
);
create unique index sources_content on sources (user_id, content_hash);

create table pipeline_sources (
  pipeline_id uuid not null references pipelines on delete cascade,
  source_id uuid not null references sources on delete cascade,
  user_id uuid not null references users on delete cascade,
  position integer not null,
  primary key (pipeline_id, source_id)
);

create table passages (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  source_id uuid not null references sources on delete cascade,
  ordinal integer not null,
  heading text,
  text text not null,
  terms tsvector generated always as (to_tsvector('simple', coalesce(heading, '') || ' ' || text)) stored,
  unique (source_id, ordinal)
);
create index passages_terms on passages using gin (terms);

create table passage_embeddings (
  passage_id uuid not null references passages on delete cascade,
  user_id uuid not null references users on delete cascade,
  model text not null,
  dimensions integer not null,
  embedding vector not null,
  primary key (passage_id, model),
  check (vector_dims(embedding) = dimensions)
);

create table articles (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  pipeline_id uuid references pipelines on delete set null,
  title text not null,
  slug text not null,
  markdown text not null,
  excerpt text not null default '',
  meta_title text not null default '',
  meta_description text not null default '',
  keyword text not null default '',
  language text,
  word_count integer not null,
  seo jsonb,
  json_ld jsonb,
  status text not null check (status in ('draft', 'ready', 'approved', 'published')),
  revision integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz
);
create index articles_user on articles (user_id, id desc) where deleted_at is null;

create table article_revisions (
  article_id uuid not null references articles on delete cascade,
  revision integer not null,
  user_id uuid not null references users on delete cascade,
  author text not null check (author in ('pipeline', 'user')),
  title text not null,
  markdown text not null,
  fields jsonb not null,
  created_at timestamptz not null default now(),
  primary key (article_id, revision)
);

create table article_embeddings (
  article_id uuid not null references articles on delete cascade,
  user_id uuid not null references users on delete cascade,
  model text not null,
  dimensions integer not null,
  -- Of which text: the topic signature for duplicate checks, or the content for links by meaning.
  facet text not null check (facet in ('topic', 'content')),
  embedding vector not null,
  primary key (article_id, model, facet),
  check (vector_dims(embedding) = dimensions)
);

create table article_sources (
  article_id uuid not null references articles on delete cascade,
  source_id uuid not null references sources,
  user_id uuid not null references users on delete cascade,
  number integer not null,
  primary key (article_id, source_id),
  unique (article_id, number)
);

create table claims (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  article_id uuid not null references articles on delete cascade,
  pipeline_id uuid references pipelines on delete set null,
  ordinal integer not null,
  section text,
  text text not null,
  passage_id uuid references passages,
  quote text,
  verdict text not null check (verdict in ('supported', 'contradicted', 'unsupported')),
  reason text not null,
  outcome text not null check (outcome in ('kept', 'rewritten', 'removed')),
  judged_by text,
  unique (article_id, ordinal)
);

create table publications (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  article_id uuid not null references articles on delete cascade,
  site_id uuid not null references sites on delete cascade,
  pipeline_id uuid references pipelines on delete set null,
  wanted text not null check (wanted in ('draft', 'publish', 'future')),
  publish_at timestamptz,
  status text not null check (status in ('queued', 'scheduled', 'publishing', 'published', 'conflict', 'failed', 'unpublished', 'cancelled')),
  lease bigint not null default 0,
  lease_expires_at timestamptz,
  remote_id bigint,
  remote_url text,
  remote_status text,
  attempts integer not null default 0,
  -- True from just before the first request that may create a post: from then on a look-up comes before every create.
  may_exist boolean not null default false,
  next_attempt_at timestamptz,
  warnings jsonb not null default '[]',
  error jsonb,
  created_at timestamptz not null default now(),
  published_at timestamptz,
  -- One publication of an article on a site, for ever: asking again revives this row, and with it the marker in the post.
  unique (article_id, site_id)
);
create index publications_user on publications (user_id, id desc);
create index publications_due on publications (status, next_attempt_at) where status in ('queued', 'scheduled', 'publishing');

create table idempotency_keys (
  user_id uuid not null references users on delete cascade,
  key text not null,
  operation text not null,
  body_digest text not null,
  status integer,
  answer jsonb,
  created_at timestamptz not null default now(),
  primary key (user_id, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);
