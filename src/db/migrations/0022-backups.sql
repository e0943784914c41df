-- What was done about backups and is being done: taking one, restoring one for proof. The backups themselves, and what is
-- known of each, lie in the storage, where an empty database finds them.
create table backup_runs (
  id uuid primary key,
  kind text not null check (kind in ('backup', 'verification')),
  trigger text not null check (trigger in ('schedule', 'admin', 'command-line')),
  -- The time of BACKUP_CRON that it was begun for, and which try at it; null when somebody asked.
  slot_at timestamptz,
  attempt integer not null default 1,
  status text not null default 'running' check (status in ('running', 'succeeded', 'failed')),
  backup_id text,
  phase text not null,
  bytes_done bigint not null default 0,
  -- About; null while it cannot be told.
  bytes_expected bigint,
  bytes bigint,
  row_count bigint,
  error jsonb,
  started_at timestamptz not null default now(),
  alive_at timestamptz not null default now(),
  finished_at timestamptz
);
-- One try at a time of the schedule is made once, however many processes look at the clock.
create unique index backup_runs_slot on backup_runs (kind, slot_at, attempt) where slot_at is not null;
create index backup_runs_latest on backup_runs (kind, started_at desc);
