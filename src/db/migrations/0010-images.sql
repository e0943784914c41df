-- Deleted images stay restorable for 30 days, as articles do, unless their room is needed sooner.
alter table images add column deleted_at timestamptz;
create index images_bin on images (deleted_at) where deleted_at is not null;

-- What the call cost that an image came from; null for those of which that is not known.
alter table images add column cost_micro_usd bigint check (cost_micro_usd >= 0);
update images i set cost_micro_usd = c.cost
from (
  select user_id, request_digest, min(cost_micro_usd) as cost
  from paid_calls
  where kind = 'image' and status = 'settled'
  group by user_id, request_digest
  having count(distinct cost_micro_usd) = 1
) c
where i.kind = 'generated' and i.user_id = c.user_id and i.made_from = c.request_digest;
