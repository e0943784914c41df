-- The backlog of topics, schedules that write about them, and what each time of a schedule has led to.

create table topics (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  -- Only for this site; null for any. It outlives the site as a topic for any.
  site_id uuid references sites on delete set null,
  topic text not null,
  keyword text,
  -- As in a brief.
  sources jsonb not null default '[]',
  -- For people only.
  note text,
  -- `proposed` is for a person to accept; `used` has been handed to a pipeline.
  status text not null default 'open' check (status in ('proposed', 'open', 'used', 'dismissed')),
  origin text not null default 'manual' check (origin in ('manual', 'import', 'feed', 'site', 'gap')),
  -- What speaks for it: other people's posts, with address and date (TopicEvidence).
  evidence jsonb not null default '[]',
  -- 0 to 100; null where nothing is known to judge it by.
  score real check (score between 0 and 100),
  -- The lowest comes next.
  position double precision not null default extract(epoch from clock_timestamp()),
  -- What the same topic has in common with another one written otherwise: letters and digits, lower case.
  sameness text not null,
  pipeline_id uuid references pipelines on delete set null,
  used_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index topics_same on topics (user_id, site_id, sameness) nulls not distinct where status in ('proposed', 'open');
create index topics_next on topics (user_id, position, id) where status = 'open';
create index topics_list on topics (user_id, id);
create index topics_site on topics (site_id);
create index topics_pipeline on topics (pipeline_id);

create table schedules (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  site_id uuid references sites on delete set null,
  name text not null,
  -- ScheduleRule: a cron expression, days with times, or so many a week.
  rule jsonb not null,
  -- On whose clocks the rule is read: an IANA name.
  time_zone text not null,
  -- What each article is asked for besides its topic (ScheduleBrief).
  brief jsonb not null,
  -- What the articles of one month may cost together; null for no limit but the user's.
  monthly_budget_micro_usd bigint check (monthly_budget_micro_usd >= 0),
  starts_at timestamptz,
  ends_at timestamptz,
  paused_at timestamptz,
  -- `site`: the site that it publishes to is gone.
  paused_by text check (paused_by in ('user', 'site')),
  constraint schedules_paused check ((paused_at is null) = (paused_by is null)),
  -- Null while it is paused, and when no time is left.
  next_slot_at timestamptz,
  -- The latest time that has been dealt with: none before it comes again.
  last_slot_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index schedules_due on schedules (next_slot_at) where next_slot_at is not null;
create index schedules_list on schedules (user_id, id);
create index schedules_site on schedules (site_id);

create table schedule_runs (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  schedule_id uuid not null references schedules on delete cascade,
  slot_at timestamptz not null,
  outcome text not null check (outcome in ('started', 'skipped')),
  -- In words, with what to do: why nothing was started.
  reason jsonb,
  -- How many times before this one went by while nothing ran; they are not made up for.
  missed integer not null default 0,
  topic_id uuid references topics on delete set null,
  pipeline_id uuid references pipelines on delete set null,
  created_at timestamptz not null default now(),
  -- However many processes see that a time has come: it has one run.
  unique (schedule_id, slot_at)
);
create index schedule_runs_list on schedule_runs (schedule_id, id);
create index schedule_runs_user on schedule_runs (user_id);
create index schedule_runs_topic on schedule_runs (topic_id);
create index schedule_runs_pipeline on schedule_runs (pipeline_id);
