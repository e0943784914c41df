-- The outbox: every mail is written here in the transaction that causes it, and sent from here.
create table emails (
  id uuid primary key,
  -- No cascade: "your account was deleted" has to go out after the account is gone.
  user_id uuid references users on delete set null,
  to_address text not null,
  kind text not null,
  subject text not null,
  -- Text and HTML, encrypted under APP_SECRET: they hold links that open accounts. Null once it is not needed any more.
  content text,
  content_key_id text,
  status text not null check (status in ('queued', 'sending', 'sent', 'failed', 'bounced', 'kept')),
  attempts integer not null default 0,
  last_attempt_at timestamptz,
  next_attempt_at timestamptz,
  -- Raised by whoever takes the row; only who knows the number may write.
  lease bigint not null default 0,
  lease_expires_at timestamptz,
  error jsonb,
  -- The same in every attempt, so that a mail server can recognise one that arrives again.
  message_id text not null,
  sent_at timestamptz,
  failed_at timestamptz,
  created_at timestamptz not null default now(),
  -- When the link in it stops working: it is not sent after that.
  expires_at timestamptz,
  -- When to stop trying; not later than expires_at.
  give_up_at timestamptz not null,
  check ((content is null) = (content_key_id is null))
);
create index emails_user on emails (user_id);
create index emails_unfinished on emails (next_attempt_at) where status in ('queued', 'sending');
create index emails_status on emails (status, id desc);
-- What is to be wiped when its time has come.
create index emails_with_content on emails (created_at) where content is not null;
