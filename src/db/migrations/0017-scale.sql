-- Indexes that keep lists, searches, sweeps and deletions as fast with 100,000 articles as with 1,000 (docs/scaling.md says
-- how long building them takes, and how the largest is built beforehand). Until this is committed their tables can be read,
-- not written.

-- What an article is found by: the words of its title and text, and whose it is as one more word, so that the common words
-- of others are not looked through. A tsvector holds a megabyte at most, which the first 150,000 characters never fill.
-- The costs say what it takes (half a millisecond), or the planner would rather compute it than look it up.
create or replace function article_terms(user_id uuid, title text, markdown text) returns tsvector language sql immutable parallel safe cost 20000
set search_path = pg_catalog
as $$ select to_tsvector('simple', title || ' ' || left(markdown, 150000)) || array_to_tsvector(array[user_id::text]) $$;
-- The words of a search, each of which may go on; null where nothing in it is a word.
create or replace function article_words(user_id uuid, query text) returns tsquery language sql immutable parallel safe
set search_path = pg_catalog
as $$ select (string_agg('''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || ''':*', ' & ') || ' & ''' || user_id || '''')::tsquery
  from unnest(to_tsvector('simple', query)) $$;
create index if not exists articles_terms on articles using gin (article_terms(user_id, title, markdown)) where deleted_at is null;
-- Which words are common nobody has to know: for that every look at the table's statistics would read 30,000 articles.
alter index articles_terms alter column 1 set statistics 0;

-- Lists by state, newest first.
create index articles_status on articles (user_id, status, id desc) where deleted_at is null;
create index pipelines_status on pipelines (user_id, status, id desc);
create index publications_attention on publications (user_id, status, id desc) where status in ('queued', 'scheduled', 'publishing', 'conflict', 'failed');
create index publications_site_attention on publications (site_id, status) where status in ('queued', 'scheduled', 'publishing', 'conflict', 'failed');
create index publications_published on publications (user_id, published_at desc, id desc) where published_at is not null;
create index topics_order on topics (user_id, (case status when 'open' then 0 when 'proposed' then 1 when 'used' then 2 else 3 end), position, id);
-- What is looked up while an article is written.
create index articles_slug on articles (user_id, slug);
create index pipelines_finished on pipelines (user_id, finished_at desc) where status = 'succeeded';
create index pipelines_article on pipelines (article_id) where article_id is not null;
create index publications_remote on publications (site_id, remote_id) where remote_id is not null;
create index site_posts_latest on site_posts (user_id, (coalesce(modified_at, first_seen_at)) desc, site_id desc, remote_id desc) where gone_at is null and title <> '';
create index paid_calls_images on paid_calls (user_id, request_digest) where pipeline_id is null;

-- What has begun and will go on by itself: every claim asks what it may still cost.
create index pipelines_begun on pipelines (user_id) where started_at is not null and expected_micro_usd > 0 and status in ('queued', 'running', 'waiting')
  and (waiting ->> 'reason') is distinct from 'approval';

-- Sums over a month of the instance. The ledger grows at its end, so the ranges of a BRIN index are small and exact.
create index paid_calls_time on paid_calls using brin (started_at) with (pages_per_range = 32, autosummarize = on);
create index paid_calls_own on paid_calls (started_at) where payer = 'user';

-- A model that lately cost more than was reserved: only the last day counts, and every reservation asks.
drop index paid_calls_overrun;
create index paid_calls_overrun on paid_calls (model, started_at) where cost_micro_usd > worst_case_micro_usd and not estimated;
-- The function as it stands, with the one condition written so that the index can answer it.
do $$
declare
  before text := pg_get_functiondef('money_for_call'::regproc);
  after text := replace(before, 'c.started_at + interval ''1 day'' > moment', 'c.started_at > moment - interval ''1 day''');
begin
  if after = before then
    raise exception 'money_for_call does not hold the condition that was to be changed';
  end if;
  execute after;
end
$$;

-- Where a row is deleted, whatever refers to it is looked for: without these an account with 20,000 articles would read the
-- tables of all accounts 20,000 times.
create index articles_pipeline on articles (pipeline_id) where pipeline_id is not null;
create index articles_featured_image on articles (featured_image_id) where featured_image_id is not null;
create index articles_bin on articles (deleted_at) where deleted_at is not null;
create index article_sources_source on article_sources (source_id);
create index claims_pipeline on claims (pipeline_id) where pipeline_id is not null;
create index claims_passage on claims (passage_id) where passage_id is not null;
create index pipeline_sources_source on pipeline_sources (source_id);
create index pipelines_site on pipelines (site_id) where site_id is not null;
create index publications_pipeline on publications (pipeline_id) where pipeline_id is not null;
