-- Priorities, turns among users, how much may wait, and what ended failed until a person has looked at it.

alter table pipelines
  -- Among those of the same user: -1 low, 0 normal, 1 high.
  add column priority smallint not null default 0 check (priority between -1 and 1),
  -- Its worker was asked to stop and gave it back: it goes on before anything new, whoever's it is.
  add column handed_over boolean not null default false,
  -- When it was last asked for again: failures before that count no more.
  add column retried_at timestamptz,
  -- When its owner put the failure aside. One that fails again later is shown again.
  add column dismissed_at timestamptz;
alter table users
  -- How many of their pipelines may wait for a place; null for the default of the instance.
  add column queued_pipelines integer check (queued_pipelines >= 1),
  -- When a worker last took a pipeline of theirs: who has waited longest is next.
  add column last_turn_at timestamptz;
alter table publications add column dismissed_at timestamptz;
alter table webhook_deliveries
  add column failed_at timestamptz,
  add column dismissed_at timestamptz;
alter table emails add column dismissed_at timestamptz;

-- At which rate work begins: how soon there is room in a full queue.
create index pipelines_taken on pipelines (started_at) where started_at is not null;
-- What needs attention is little, among much that does not.
create index pipelines_failed on pipelines (user_id, finished_at) where status = 'failed';
create index publications_failed on publications (user_id, failed_at) where status = 'failed';
create index webhook_deliveries_failed on webhook_deliveries (user_id, created_at) where status = 'failed';
create index emails_failed on emails (user_id, failed_at) where status in ('failed', 'bounced');
