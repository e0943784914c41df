-- What fills the backlog: watched sources with what was seen in them, and topics that may be like others.

-- A person wants it although there is something like it: nobody asks again.
alter table topics add column duplicates_allowed boolean not null default false;
-- Of a proposal: how much of it the account writes about already, 0 to 1; null where there is nothing to tell by.
alter table topics add column familiarity real check (familiarity between 0 and 1);

create table watched_sources (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  -- Whose topics its proposals are; null for any site.
  site_id uuid references sites on delete set null,
  name text not null,
  url text not null,
  -- What two spellings of one address have in common.
  address_key text not null,
  kind text not null check (kind in ('feed', 'site')),
  -- Where the entries are read; null for a site without a feed, which is read by its sitemaps.
  feed_url text,
  -- What the server said of its last answer, to be asked only for what has changed (RFC 9110, 13).
  etag text,
  last_modified text,
  paused_at timestamptz,
  last_read_at timestamptz,
  next_read_at timestamptz not null default now(),
  -- When a person last asked for a reading.
  requested_at timestamptz,
  lease bigint not null default 0,
  lease_expires_at timestamptz,
  failures integer not null default 0,
  problem jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (user_id, address_key)
);
create index watched_sources_list on watched_sources (user_id, id);
create index watched_sources_due on watched_sources (next_read_at) where paused_at is null;
create index watched_sources_site on watched_sources (site_id);

-- Titles, addresses and dates of what others have published; never their texts.
create table watched_entries (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  source_id uuid not null references watched_sources on delete cascade,
  -- The address without scheme, fragment and what only counts visits; null for an entry without one.
  address_key text,
  -- As of topics: letters and digits in lower case.
  sameness text not null,
  title text not null,
  url text,
  published_at timestamptz,
  -- `waiting`: its title is still to be read; `old`: not considered; `known`: the account has it; `proposed`.
  outcome text not null check (outcome in ('waiting', 'old', 'known', 'proposed')),
  topic_id uuid references topics on delete set null,
  seen_at timestamptz not null default now()
);
create unique index watched_entries_address on watched_entries (source_id, address_key) where address_key is not null;
create unique index watched_entries_title on watched_entries (source_id, sameness) where sameness <> '';
create index watched_entries_user on watched_entries (user_id, seen_at);
create index watched_entries_topic on watched_entries (topic_id);
