-- The language in which the web app speaks to someone (en, de); null for that of their browser.
alter table users add column locale text;
