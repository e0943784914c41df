-- Articles that were written elsewhere. Categories and tags that an article brought with it are those of its posts, unless a
-- publication asks for others; null for articles that have none of their own.
alter table articles add column terms jsonb;
-- Under which key an article came in, and what it was then: the same one is not taken twice. `extra` is what it had that an
-- article has no place for.
create table article_imports (
  user_id uuid not null references users on delete cascade,
  key text not null,
  digest text not null,
  article_id uuid not null references articles on delete cascade,
  extra jsonb not null,
  imported_at timestamptz not null default now(),
  primary key (user_id, key)
);
create index article_imports_article on article_imports (article_id);
