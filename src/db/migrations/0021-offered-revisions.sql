-- What was offered for stretches of an article while it was edited, with how each sentence stood up to its sources. What of it
-- is saved with the text becomes a claim of the article.
create table offered_revisions (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  article_id uuid not null references articles on delete cascade,
  action text not null,
  claims jsonb not null,
  created_at timestamptz not null default now()
);
create index offered_revisions_article on offered_revisions (article_id, created_at desc);
create index offered_revisions_user on offered_revisions (user_id);
