-- What all processes have counted since the instance was made: each adds its own every few seconds. Labels as JSON.
create table metric_totals (
  name text not null,
  labels text not null,
  value double precision not null default 0,
  primary key (name, labels)
);
-- What was answered on each day of UTC, by all processes, and in how many of its minutes somebody served and could write here.
create table service_days (
  day date primary key,
  requests bigint not null default 0,
  errors bigint not null default 0,
  buckets bigint[] not null,
  minutes integer not null default 0,
  first_minute timestamptz not null,
  last_minute timestamptz not null
);
-- What is or was wrong with the instance, for whoever runs it. One without opened_at has not lasted long enough to be told.
create table incidents (
  id uuid primary key,
  rule text not null,
  subject text not null,
  summary text not null,
  hint text not null,
  noticed_at timestamptz not null,
  opened_at timestamptz,
  seen_at timestamptz not null,
  ended_at timestamptz
);
create unique index incidents_open on incidents (rule, subject) where ended_at is null;
create index incidents_recent on incidents (opened_at desc) where opened_at is not null;
