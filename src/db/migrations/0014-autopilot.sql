-- Decisions about what goes public, holds that a mail offers to keep, and what the owners of schedules were told.

create table approvals (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  -- Null once the article is gone for good.
  article_id uuid references articles on delete set null,
  -- Null for a publication that a person asked for by hand.
  pipeline_id uuid references pipelines on delete cascade,
  -- `released`: let out by a person after it was held.
  decision text not null check (decision in ('approved', 'held', 'released', 'approved_by_rule')),
  -- Who, as they were called at that time; for a rule what it says.
  decided_by text not null,
  via text not null check (via in ('web', 'api', 'api_key', 'command_line', 'mail_link', 'rule', 'unknown')),
  -- The figures that the gates looked at (GateFigures).
  gates jsonb,
  -- Of the article, so that it is known which text was meant; null for decisions from before this was kept.
  revision integer,
  -- The clock and not the start of the transaction: what had to wait for another decision came after it.
  decided_at timestamptz not null default clock_timestamp(),
  constraint approvals_rule check ((decision = 'approved_by_rule') = (via = 'rule') or via = 'unknown')
);
create index approvals_article on approvals (article_id, decided_at);
create index approvals_pipeline on approvals (pipeline_id, decided_at);
create index approvals_user on approvals (user_id, id);

-- A decision that was made was made: nothing of it changes afterwards but that its article may be deleted for good.
create function keep_approvals() returns trigger language plpgsql as $$
begin
  if new.article_id is null and (to_jsonb(new) - 'article_id') = (to_jsonb(old) - 'article_id') then return new; end if;
  raise exception 'approvals are never changed';
end $$;
create trigger approvals_kept before update on approvals for each row execute function keep_approvals();

-- What is known of the decisions from before.
insert into approvals (id, user_id, article_id, pipeline_id, decision, decided_by, via, decided_at)
  select gen_random_uuid(), p.user_id, (select a.id from articles a where a.id = p.article_id), p.id,
    case when p.approved_by like 'rule:%' then 'approved_by_rule' else 'approved' end, p.approved_by, 'unknown', p.approved_at
  from pipelines p where p.approved_at is not null and p.approved_by is not null;

-- An article of automatic approval that has come to its end: a person can object for a while, or is asked for.
create table holds (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  pipeline_id uuid not null references pipelines on delete cascade,
  article_id uuid not null references articles on delete cascade,
  began_at timestamptz not null,
  -- When it goes out by itself; null where a gate has not passed, so that it waits for a person.
  ends_at timestamptz,
  -- Of the token in its mail; null where there was nobody to write to, and nothing to hold.
  token_digest text unique,
  -- When something was decided, or the next hold of the same pipeline began: its link no longer works.
  ended_at timestamptz,
  created_at timestamptz not null default now()
);
-- However often the step is run: it begins, and is told of, once.
create unique index holds_once on holds (pipeline_id, began_at, (ends_at is null));
create index holds_user on holds (user_id);
create index holds_article on holds (article_id);

-- What the owner of a schedule was told by mail, so that they are told once; gone when it is over.
create table schedule_warnings (
  schedule_id uuid not null references schedules on delete cascade,
  user_id uuid not null references users on delete cascade,
  kind text not null check (kind in ('no_topic', 'skipping')),
  told_at timestamptz not null default now(),
  primary key (schedule_id, kind)
);
create index schedule_warnings_user on schedule_warnings (user_id);

-- With an empty backlog the best proposal with at least this score is taken; null for none.
alter table schedules add column proposals_from_score real check (proposals_from_score between 0 and 100);
-- The score of a proposal that was taken by that rule; null for a topic that a person had accepted.
alter table schedule_runs add column proposal_score real;
