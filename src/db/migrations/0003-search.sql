-- Where a pipeline has its sources from: named in the brief, or found by a search, and then by which query.
alter table pipeline_sources add column origin text not null default 'brief' check (origin in ('brief', 'search'));
alter table pipeline_sources add column found_by text;
alter table pipeline_sources add constraint pipeline_sources_found_by check ((origin = 'search') = (found_by is not null));
