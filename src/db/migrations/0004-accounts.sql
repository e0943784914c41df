-- Accounts. A user without an address is the local owner of an embedded instance, whose work the first account takes over.
alter table users
  add column email_verified boolean not null default false,
  add column role text not null default 'user' check (role in ('user', 'admin')),
  -- May be set straight in the database as well: the trigger below does the rest.
  add column disabled boolean not null default false,
  add column disabled_at timestamptz,
  add column two_factor_enabled boolean not null default false,
  -- Days and months are counted in it (IANA name).
  add column time_zone text not null default 'UTC',
  -- Limits of this user; null means the instance's default.
  add column requests_per_minute integer check (requests_per_minute > 0),
  add column concurrent_pipelines integer check (concurrent_pipelines > 0),
  add column articles_per_month integer check (articles_per_month >= 0),
  add column monthly_limit_micro_usd bigint check (monthly_limit_micro_usd >= 0),
  add column last_seen_at timestamptz,
  -- Always null: better-auth asks for it.
  add column image text,
  add column updated_at timestamptz not null default now(),
  add constraint users_email_form check (email = lower(email) and email ~ '^[!-~]+@[!-~]+$');

create table sessions (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  -- Worth nothing without the signature under APP_SECRET that the cookie carries.
  token text not null unique,
  expires_at timestamptz not null,
  ip_address text,
  user_agent text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index sessions_user on sessions (user_id);

-- How a user proves who they are; the provider "credential" is a password (argon2id).
create table credentials (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  account_id text not null,
  provider_id text not null,
  password text,
  -- Of signing in through other providers; always null, but better-auth asks for them.
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (provider_id, account_id)
);
create index credentials_user on credentials (user_id);

-- Challenges of the second factor that are under way.
create table verifications (
  id uuid primary key,
  identifier text not null,
  value text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index verifications_identifier on verifications (identifier);

create table two_factors (
  id uuid primary key,
  user_id uuid not null unique references users on delete cascade,
  -- Both encrypted under APP_SECRET.
  secret text not null,
  backup_codes text not null,
  verified boolean not null default false,
  failed_verification_count integer not null default 0,
  locked_until timestamptz
);

-- A code of an authenticator app is good for a minute or so and must work once (RFC 6238, 5.2).
create table used_codes (
  user_id uuid not null references users on delete cascade,
  code text not null,
  used_at timestamptz not null default now(),
  primary key (user_id, code)
);

-- Keys that access tokens are signed with; the private halves are encrypted under APP_SECRET.
create table signing_keys (
  id uuid primary key,
  public_key text not null,
  private_key text not null,
  alg text,
  crv text,
  created_at timestamptz not null,
  expires_at timestamptz
);

-- Tokens that are sent by mail and work once. Only their digests are kept.
create table mailed_tokens (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  purpose text not null check (purpose in ('verify-email', 'reset-password', 'change-email')),
  token_digest text not null unique,
  -- The address it was sent to, which it proves.
  email text not null,
  -- The password that was chosen with the registration that this token confirms: it takes effect when the token is used,
  -- so that someone who registered an address before its owner did knows no password of the account.
  password_hash text,
  -- The network it was chosen from: an admin's password is confirmed from there only.
  password_chosen_from text,
  expires_at timestamptz not null,
  used_at timestamptz,
  created_at timestamptz not null default now()
);
create index mailed_tokens_user on mailed_tokens (user_id, purpose);

create table invitations (
  id uuid primary key,
  email text not null,
  invited_by uuid references users on delete set null,
  token_digest text not null unique,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null default now()
);
create unique index invitations_open on invitations (email) where accepted_at is null and revoked_at is null;

-- A refresh token works once. A used one that comes again was stolen from someone: it ends the session.
create table refresh_tokens (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  session_id uuid not null references sessions on delete cascade,
  token_digest text not null unique,
  expires_at timestamptz not null,
  used_at timestamptz,
  created_at timestamptz not null default now()
);
create index refresh_tokens_session on refresh_tokens (session_id);
create index refresh_tokens_user on refresh_tokens (user_id);

create table api_keys (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  name text not null,
  -- The beginning of the key, to recognise it by.
  prefix text not null,
  key_digest text not null unique,
  scopes text[] not null,
  expires_at timestamptz,
  last_used_at timestamptz,
  last_used_address text,
  revoked_at timestamptz,
  created_at timestamptz not null default now()
);
create index api_keys_user on api_keys (user_id, id desc);

-- Everything that touches access. No foreign keys: what was done outlives the account it was done to.
create table audit_events (
  id uuid primary key,
  -- Whose access it is about; null for an address that no account has.
  user_id uuid,
  -- Who did it; null for someone who was not signed in.
  actor_id uuid,
  via text not null check (via in ('nobody', 'session', 'access-token', 'api-key', 'command-line', 'system')),
  action text not null,
  address text,
  user_agent text,
  details jsonb not null default '{}',
  created_at timestamptz not null default now()
);
create index audit_events_user on audit_events (user_id, id desc);

-- Whoever sets it, and however: sessions (and with them the tokens) end, and every process hears of it at once.
create function end_access_of_disabled_user() returns trigger language plpgsql as $$
begin
  delete from sessions where user_id = new.id;
  perform pg_notify('user_disabled', new.id::text);
  return null;
end
$$;
create function note_time_of_disabling() returns trigger language plpgsql as $$
begin
  new.disabled_at := case when new.disabled then coalesce(new.disabled_at, now()) end;
  return new;
end
$$;
create trigger users_disabled_at before insert or update of disabled, disabled_at on users
  for each row execute function note_time_of_disabling();
create trigger users_disabled after update of disabled on users
  for each row when (new.disabled and not old.disabled) execute function end_access_of_disabled_user();
