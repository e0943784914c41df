-- How an account wants its articles to sound, and which mails it does not want.
alter table users add column voice text;
alter table users add column muted_mails jsonb not null default '[]';
-- Sources that were put into the bin, and when the page of one was last asked for again.
alter table sources add column deleted_at timestamptz;
alter table sources add column checked_at timestamptz;
create index sources_list on sources (user_id, id);
create index sources_bin on sources (deleted_at) where deleted_at is not null;
