-- Titles are found by any part of their words: "dough" finds "Sourdough". Every word is there from each of its characters
-- on, so that a part of it is the beginning of one of these; and whose the article is, as in article_terms. Only titles: of
-- whole texts that would be a hundred times as much. 100,000 titles take seconds.
create function title_parts(user_id uuid, title text) returns tsvector language sql immutable parallel safe cost 5000
set search_path = pg_catalog
as $$ select array_to_tsvector(array_agg(part) || user_id::text)
  from (select substr(lexeme, start) as part from unnest(to_tsvector('simple', left(title, 500))), generate_series(1, length(lexeme)) as start) as parts $$;
create index articles_title_parts on articles using gin (title_parts(user_id, title)) where deleted_at is null;
alter index articles_title_parts alter column 1 set statistics 0;
