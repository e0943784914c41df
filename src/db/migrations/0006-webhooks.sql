-- Webhooks: where a user wants to be told of events, and every event that was to be told.
create table webhooks (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  url text not null,
  description text not null default '',
  events text[] not null,
  -- Encrypted under APP_SECRET.
  secret text not null,
  secret_key_id text not null,
  -- Secrets that were replaced and still sign beside the present one: [{ sealed, keyId, until }].
  previous_secrets jsonb not null default '[]',
  status text not null check (status in ('active', 'disabled')),
  disabled_reason text check (disabled_reason in ('gone', 'failing', 'rejecting', 'user')),
  disabled_at timestamptz,
  -- The first failed attempt since the last success.
  failing_since timestamptz,
  -- Deliveries that were given up since the last success.
  failed_in_a_row integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check ((status = 'disabled') = (disabled_reason is not null))
);
create index webhooks_user on webhooks (user_id, id desc);

-- The id is what the receiver sees as webhook-id: the same at every attempt.
create table webhook_deliveries (
  id uuid primary key,
  webhook_id uuid not null references webhooks on delete cascade,
  -- Always its webhook's, with which it goes: a second way to be deleted could lock rows in another order.
  user_id uuid not null,
  event_type text not null,
  payload jsonb not null,
  status text not null check (status in ('pending', 'delivering', 'delivered', 'failed', 'cancelled')),
  lease bigint not null default 0,
  lease_expires_at timestamptz,
  attempts integer not null default 0,
  next_attempt_at timestamptz,
  -- Of the latest attempt.
  response_status integer,
  response_excerpt text,
  error jsonb,
  duration_ms integer,
  created_at timestamptz not null default now(),
  delivered_at timestamptz
);
create index webhook_deliveries_log on webhook_deliveries (webhook_id, id desc);
create index webhook_deliveries_due on webhook_deliveries (next_attempt_at) where status in ('pending', 'delivering');
-- Who is being delivered to, and what waits behind it.
create index webhook_deliveries_open on webhook_deliveries (user_id, status) where status in ('pending', 'delivering');
create index webhook_deliveries_age on webhook_deliveries (created_at);
