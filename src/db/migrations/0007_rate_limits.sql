-- Requests counted for a minute at a time. Unlogged: after a crash of the server the counters begin anew, and no request
-- waits for the log. The columns and their order are those that the limiter library writes.
create unlogged table rate_limits (
  key text primary key,
  points integer not null default 0,
  -- When the window ends, in milliseconds since 1970.
  expire bigint
);
