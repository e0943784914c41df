-- Requests counted for a minute at a time. Unlogged: after a crash of the server the counters begin anew, and no request
-- waits for the log. The columns and their order are those that the limiter library writes.
create unlogged table rate_limits (
  key text primary key,
  points integer not null default 0,
  -- When the window ends, in milliseconds since 1970.
  expire bigint
);

-- A user's open pipelines are looked through whenever a place is free, all of a month are counted when one is started.
create index pipelines_line on pipelines (user_id) where status in ('queued', 'running', 'waiting');
create index pipelines_started on pipelines (user_id, created_at);

-- The counterpart of users_disabled: what was left lying goes on at once.
create function announce_enabled_user() returns trigger language plpgsql as $$
begin
  perform pg_notify('user_enabled', new.id::text);
  return null;
end
$$;
create trigger users_enabled after update of disabled on users
  for each row when (old.disabled and not new.disabled) execute function announce_enabled_user();
