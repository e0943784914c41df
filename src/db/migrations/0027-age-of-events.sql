-- What is old enough to be deleted is found without reading the whole table. Rows are added in the order of their time, so
-- the smallest kind of index does, and costs the writers next to nothing.
create index pipeline_events_age on pipeline_events using brin (created_at);
