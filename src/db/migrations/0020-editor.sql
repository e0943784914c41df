-- The editor saves by itself every few seconds. Of such a revision: when the first save of its series was; the next one takes
-- its place for ten minutes. Null for every other, and as soon as a delivery or an approval rests on it.
alter table article_revisions add column begun_at timestamptz;
