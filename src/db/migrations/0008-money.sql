-- Three caps hold for every call: its pipeline's budget, its user's month, and the instance's month. What counts against
-- the months is kept in counters that this database moves with the ledger's rows, whoever changes them.

-- 2026-11 for a moment as the clocks of a time zone show it. Not every server knows every name that a browser sends: then
-- it is the month of UTC. The caps do not rest on this; src/accounts/month.ts computes the months that they hold for.
create function month_of(zone text, at timestamptz) returns text language plpgsql stable as $$
begin
  -- ISO 8601 counts offsets eastwards, a zone that is written so would be read the other way round here.
  if zone ~ '^[+-]\d\d(:?\d\d)?$' then
    return to_char(at at time zone (left(zone, 3) || ':' || case when length(zone) > 3 then right(zone, 2) else '00' end)::interval, 'YYYY-MM');
  end if;
  return to_char(at at time zone zone, 'YYYY-MM');
exception when invalid_parameter_value then
  return to_char(at at time zone 'UTC', 'YYYY-MM');
end
$$;

-- Who pays the provider: the instance, or the user with a key of their own.
alter table paid_calls add column payer text not null default 'instance' check (payer in ('instance', 'user'));
-- The months that a call counts in, fixed when it is reserved: of its user's calendar, and of UTC for the instance.
alter table paid_calls add column month text check (month ~ '^\d{4}-\d\d$');
alter table paid_calls add column instance_month text check (instance_month ~ '^\d{4}-\d\d$');
update paid_calls set month = month_of(users.time_zone, started_at), instance_month = month_of('UTC', started_at)
  from users where users.id = paid_calls.user_id;
alter table paid_calls alter column month set not null;
alter table paid_calls alter column instance_month set not null;
alter table paid_calls drop constraint paid_calls_kind_check;
alter table paid_calls add constraint paid_calls_kind_check check (kind in ('text', 'embedding', 'image', 'search'));
-- What the call can cost when the provider keeps to what it was asked for. More is reserved for a model that did not.
alter table paid_calls add column worst_case_micro_usd bigint check (worst_case_micro_usd >= 0);
update paid_calls set worst_case_micro_usd = reserved_micro_usd;
alter table paid_calls alter column worst_case_micro_usd set not null;
-- The model that the provider says has answered, where it is another than the one that was asked.
alter table paid_calls add column answered_by text;
create index paid_calls_overrun on paid_calls (model) where cost_micro_usd > worst_case_micro_usd and not estimated;
create index paid_calls_open on paid_calls (started_at) where status = 'reserved';

-- What a user's calls of a month of their calendar have cost, and what is held back for those under way.
create table spending (
  user_id uuid not null references users on delete cascade,
  payer text not null check (payer in ('instance', 'user')),
  month text not null check (month ~ '^\d{4}-\d\d$'),
  settled_micro_usd bigint not null default 0 check (settled_micro_usd >= 0),
  reserved_micro_usd bigint not null default 0 check (reserved_micro_usd >= 0),
  primary key (user_id, payer, month)
);

-- A user's part of the instance's month (of UTC). A user draws a little more than the next call needs, so that calls of
-- different users do not wait for each other at one counter; what is not needed is taken back when money becomes scarce.
create table allotments (
  user_id uuid not null references users on delete cascade,
  month text not null check (month ~ '^\d{4}-\d\d$'),
  settled_micro_usd bigint not null default 0 check (settled_micro_usd >= 0),
  reserved_micro_usd bigint not null default 0 check (reserved_micro_usd >= 0),
  allotted_micro_usd bigint not null default 0,
  primary key (user_id, month),
  check (settled_micro_usd + reserved_micro_usd <= allotted_micro_usd)
);
create index allotments_month on allotments (month);

-- What all users have drawn. It counts on when an account is deleted: the money is gone with or without it.
create table instance_months (
  month text primary key check (month ~ '^\d{4}-\d\d$'),
  allotted_micro_usd bigint not null default 0 check (allotted_micro_usd >= 0),
  -- Of this, what accounts had spent that are no longer there.
  departed_micro_usd bigint not null default 0 check (departed_micro_usd >= 0)
);

insert into spending (user_id, payer, month, settled_micro_usd, reserved_micro_usd)
  select user_id, payer, month, coalesce(sum(cost_micro_usd), 0), coalesce(sum(reserved_micro_usd) filter (where status = 'reserved'), 0)
  from paid_calls group by user_id, payer, month;
insert into allotments (user_id, month, settled_micro_usd, reserved_micro_usd, allotted_micro_usd)
  select user_id, instance_month, sum(cost), sum(held), sum(cost + held) from (
    select user_id, instance_month, coalesce(cost_micro_usd, 0) as cost, case status when 'reserved' then reserved_micro_usd else 0 end as held
    from paid_calls where payer = 'instance') as calls
  group by user_id, instance_month;
insert into instance_months (month, allotted_micro_usd) select month, sum(allotted_micro_usd) from allotments group by month;

-- Moves the counters with the ledger.
create function book_paid_call() returns trigger language plpgsql set enable_seqscan = off as $$
declare
  settled bigint := coalesce(new.cost_micro_usd, 0);
  reserved bigint := case new.status when 'reserved' then new.reserved_micro_usd else 0 end;
  over bigint;
begin
  if tg_op = 'UPDATE' then
    settled := settled - coalesce(old.cost_micro_usd, 0);
    reserved := reserved - case old.status when 'reserved' then old.reserved_micro_usd else 0 end;
  end if;
  if settled = 0 and reserved = 0 then
    return null;
  end if;
  insert into spending as s (user_id, payer, month, settled_micro_usd, reserved_micro_usd)
    values (new.user_id, new.payer, new.month, greatest(settled, 0), greatest(reserved, 0))
    on conflict (user_id, payer, month) do update
    set settled_micro_usd = s.settled_micro_usd + settled, reserved_micro_usd = s.reserved_micro_usd + reserved;
  if new.payer = 'user' then
    return null;
  end if;
  insert into allotments (user_id, month) values (new.user_id, new.instance_month) on conflict do nothing;
  -- A provider that bills more than it was asked for is booked in full, although nobody had drawn it.
  select a.settled_micro_usd + settled + a.reserved_micro_usd + reserved - a.allotted_micro_usd into over
    from allotments a where a.user_id = new.user_id and a.month = new.instance_month for update;
  update allotments a set settled_micro_usd = a.settled_micro_usd + settled, reserved_micro_usd = a.reserved_micro_usd + reserved,
    allotted_micro_usd = a.allotted_micro_usd + greatest(over, 0)
    where a.user_id = new.user_id and a.month = new.instance_month;
  if over > 0 then
    insert into instance_months as i (month, allotted_micro_usd) values (new.instance_month, over)
      on conflict (month) do update set allotted_micro_usd = i.allotted_micro_usd + over;
  end if;
  return null;
end
$$;
create trigger paid_calls_booked after insert or update of status, cost_micro_usd, reserved_micro_usd on paid_calls
  for each row execute function book_paid_call();

create function keep_departed_spending() returns trigger language plpgsql as $$
begin
  update instance_months set
    allotted_micro_usd = allotted_micro_usd - (old.allotted_micro_usd - old.settled_micro_usd - old.reserved_micro_usd),
    departed_micro_usd = departed_micro_usd + old.settled_micro_usd + old.reserved_micro_usd
    where month = old.month;
  return null;
end
$$;
create trigger allotments_departed after delete on allotments for each row execute function keep_departed_spending();

-- Whether there is money for a call; locks what it counted until the end of the transaction, so that the reservation
-- that is inserted by the same statement cannot be overtaken. `blocked_by` is null when the call may be made. The order of
-- locks is user, pipeline, user's month, user's part, instance's month; parts of others are only taken if nobody holds them.
-- `calendar` asks the caller to come again with the month that holds for the time zone and time that are returned.
create function money_for_call(
  p_user uuid, p_pipeline uuid, p_lease bigint, p_payer text, p_model text, p_worst_case bigint,
  p_zone text, p_month text, p_from timestamptz, p_until timestamptz,
  p_user_default bigint, p_instance_limit bigint, p_step bigint, p_now timestamptz,
  out blocked_by text, out to_reserve bigint, out settled bigint, out reserved bigint, out cap bigint,
  out zone text, out moment timestamptz, out utc_month text
) language plpgsql
-- The plans of a function are kept: one that was made while the ledger was short must not read all of it later.
set enable_seqscan = off as $$
declare
  pipeline record;
  payer_limit bigint;
  article_limit bigint;
  part record;
  taken bigint;
  free bigint;
begin
  moment := coalesce(p_now, now());
  utc_month := to_char(moment at time zone 'UTC', 'YYYY-MM');
  select users.time_zone, case p_payer when 'user' then users.own_monthly_limit_micro_usd
      else coalesce(users.monthly_limit_micro_usd, p_user_default) end, case p_payer when 'instance' then users.pipeline_limit_micro_usd end
    into zone, payer_limit, article_limit from users where id = p_user
    -- The reservation refers to the user, which takes this lock in any case: taken last, it could wait for the deletion
    -- of the account while that waits for the pipeline.
    for key share;
  if zone is null then
    blocked_by := 'gone';
    return;
  end if;
  if zone is distinct from p_zone or moment < p_from or moment >= p_until then
    blocked_by := 'calendar';
    return;
  end if;

  -- A model that lately cost more than it was asked for is expected to do so again; what is only an estimate says nothing.
  -- At most what a number of the program holds exactly: that is more than any cap.
  select least(coalesce(max(ceil(p_worst_case * c.cost_micro_usd::numeric / greatest(c.worst_case_micro_usd, 1))), p_worst_case),
      9007199254740991) into to_reserve
    from paid_calls c where c.model = p_model and c.cost_micro_usd > c.worst_case_micro_usd and not c.estimated
      and c.started_at + interval '1 day' > moment;

  if p_pipeline is not null then
    select p.lease, p.status, p.budget_micro_usd into pipeline from pipelines p where p.id = p_pipeline for no key update;
    if not found then
      blocked_by := 'gone';
      return;
    end if;
    if p_lease is not null and (pipeline.lease <> p_lease or pipeline.status <> 'running') then
      blocked_by := 'lease';
      return;
    end if;
  end if;
  -- What costs nothing is never held up.
  if to_reserve = 0 then
    return;
  end if;
  if p_pipeline is not null then
    select coalesce(sum(c.cost_micro_usd), 0), coalesce(sum(c.reserved_micro_usd) filter (where c.status = 'reserved'), 0)
      into settled, reserved from paid_calls c where c.pipeline_id = p_pipeline;
    cap := pipeline.budget_micro_usd;
    if settled + reserved + to_reserve > cap then
      blocked_by := 'pipeline';
      return;
    end if;
    -- What an admin lets the instance pay for one article: what the user pays with keys of their own is left out.
    if article_limit is not null then
      select coalesce(sum(c.cost_micro_usd), 0), coalesce(sum(c.reserved_micro_usd) filter (where c.status = 'reserved'), 0)
        into settled, reserved from paid_calls c where c.pipeline_id = p_pipeline and c.payer = 'instance';
      cap := article_limit;
      if settled + reserved + to_reserve > cap then
        blocked_by := 'article';
        return;
      end if;
    end if;
  end if;

  insert into spending (user_id, payer, month) values (p_user, p_payer, p_month) on conflict do nothing;
  select s.settled_micro_usd, s.reserved_micro_usd into settled, reserved from spending s
    where s.user_id = p_user and s.payer = p_payer and s.month = p_month for update;
  cap := payer_limit;
  if settled + reserved + to_reserve > cap then
    blocked_by := case p_payer when 'user' then 'own-month' else 'month' end;
    return;
  end if;
  if p_payer = 'user' then
    return;
  end if;

  insert into allotments (user_id, month) values (p_user, utc_month) on conflict do nothing;
  select a.settled_micro_usd + a.reserved_micro_usd as used, a.allotted_micro_usd as allotted into part from allotments a
    where a.user_id = p_user and a.month = utc_month for update;
  -- Read without a lock: it only serves to notice a limit that was lowered.
  select i.allotted_micro_usd into taken from instance_months i where i.month = utc_month;
  if part.used + to_reserve <= part.allotted and taken <= p_instance_limit then
    return;
  end if;

  insert into instance_months (month) values (utc_month) on conflict do nothing;
  select p_instance_limit - i.allotted_micro_usd + part.allotted - part.used into free
    from instance_months i where i.month = utc_month for update;
  if free < to_reserve then
    -- What others have drawn and do not need at the moment goes back first.
    with idle as (
      select a.user_id, a.allotted_micro_usd - a.settled_micro_usd - a.reserved_micro_usd as slack from allotments a
      where a.month = utc_month and a.user_id <> p_user and a.allotted_micro_usd > a.settled_micro_usd + a.reserved_micro_usd
      for update skip locked
    ), returned as (
      update allotments a set allotted_micro_usd = a.settled_micro_usd + a.reserved_micro_usd
      from idle where a.user_id = idle.user_id and a.month = utc_month returning idle.slack
    ) select coalesce(sum(slack), 0) into taken from returned;
    update instance_months i set allotted_micro_usd = i.allotted_micro_usd - taken where i.month = utc_month;
    free := free + taken;
  end if;
  if free < to_reserve then
    select coalesce(sum(a.settled_micro_usd), 0), coalesce(sum(a.reserved_micro_usd), 0) into settled, reserved
      from allotments a where a.month = utc_month;
    select settled + i.departed_micro_usd into settled from instance_months i where i.month = utc_month;
    cap := p_instance_limit;
    blocked_by := 'instance';
    return;
  end if;
  -- An eighth of what is free at most, so that the last dollars are not drawn by one who does not need them.
  taken := part.used + to_reserve + least(p_step, (free - to_reserve) / 8) - part.allotted;
  update allotments a set allotted_micro_usd = a.allotted_micro_usd + taken where a.user_id = p_user and a.month = utc_month;
  update instance_months i set allotted_micro_usd = i.allotted_micro_usd + taken where i.month = utc_month;
end
$$;

-- What one may spend with keys of one's own; null for no limit.
alter table users add column own_monthly_limit_micro_usd bigint check (own_monthly_limit_micro_usd >= 0);
-- What the instance pays for one article of a user at most, whatever budget they give it; null for no limit.
alter table users add column pipeline_limit_micro_usd bigint check (pipeline_limit_micro_usd >= 0);
-- The model of the articles whose brief names none; null for the instance's.
alter table users add column model text;

-- Work that waits for money looks again as soon as a limit, or the month itself, has moved.
create trigger users_limits_changed after update of monthly_limit_micro_usd, own_monthly_limit_micro_usd, pipeline_limit_micro_usd, time_zone on users
  for each row when (old.monthly_limit_micro_usd is distinct from new.monthly_limit_micro_usd
    or old.own_monthly_limit_micro_usd is distinct from new.own_monthly_limit_micro_usd
    or old.pipeline_limit_micro_usd is distinct from new.pipeline_limit_micro_usd or old.time_zone <> new.time_zone)
  execute function announce_enabled_user();

-- What the instance is expected to pay for an article: whoever is new waits until what has begun can be finished.
alter table pipelines add column expected_micro_usd bigint not null default 0 check (expected_micro_usd >= 0);

-- Prices that an admin has set, in micro-dollars for a million tokens; for a search, an image or any request in
-- micro-dollars for one. They go before MODEL_PRICES and the table that comes with the program.
create table model_prices (
  -- As in LLM_MODEL: provider:model; a search provider's name for searches.
  model text primary key,
  input_micro_usd bigint not null default 0 check (input_micro_usd between 0 and 10000000000),
  cached_input_micro_usd bigint check (cached_input_micro_usd between 0 and 10000000000),
  cache_write_input_micro_usd bigint check (cache_write_input_micro_usd between 0 and 10000000000),
  output_micro_usd bigint not null default 0 check (output_micro_usd between 0 and 10000000000),
  reasoning_micro_usd bigint check (reasoning_micro_usd between 0 and 10000000000),
  request_micro_usd bigint not null default 0 check (request_micro_usd between 0 and 1000000000),
  updated_at timestamptz not null default now()
);

-- Keys of users for providers: text models and searches.
create table provider_keys (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  provider text not null check (provider in ('openai', 'anthropic', 'google', 'brave', 'tavily')),
  sealed text not null,
  key_id text not null,
  -- Its last four characters, so that its owner knows it again.
  ending text not null,
  status text not null default 'unchecked' check (status in ('unchecked', 'works', 'rejected', 'out-of-credit')),
  problem text,
  checked_at timestamptz,
  last_used_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (user_id, provider)
);

-- Which warnings have gone out: once for each share of a limit that is reached; raising the limit takes back what is not
-- reached any more.
create table budget_warnings (
  user_id uuid not null references users on delete cascade,
  payer text not null check (payer in ('instance', 'user')),
  month text not null check (month ~ '^\d{4}-\d\d$'),
  percent integer not null check (percent in (50, 80, 100)),
  limit_micro_usd bigint not null,
  sent_at timestamptz not null default now(),
  primary key (user_id, payer, month, percent)
);
-- The same for the instance's limit, of which its admins are told.
create table instance_warnings (
  month text not null check (month ~ '^\d{4}-\d\d$'),
  percent integer not null check (percent in (50, 80, 100)),
  limit_micro_usd bigint not null,
  sent_at timestamptz not null default now(),
  primary key (month, percent)
);
