-- Single times of schedules that a person has moved or skipped, and what the calendar reads by time.

create table schedule_exceptions (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  schedule_id uuid not null references schedules on delete cascade,
  -- When the rule has it. That stays what the slot is known by, so it is run once wherever it stands.
  slot_at timestamptz not null,
  -- Null: it is skipped.
  moved_to timestamptz check (moved_to <> slot_at),
  created_at timestamptz not null default now(),
  unique (schedule_id, slot_at)
);
create index schedule_exceptions_user on schedule_exceptions (user_id);

-- Where the slot stood when it was run; null where the rule had it. Added empty, so that an older process goes on writing.
alter table schedule_runs add column moved_to timestamptz;
create index schedule_runs_calendar on schedule_runs (user_id, coalesce(moved_to, slot_at));

create index publications_calendar on publications
  (user_id, (case when status = 'scheduled' then publish_at else coalesce(published_at, publish_at, failed_at) end));
