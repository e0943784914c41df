-- Sites: one-click connections, what is usual there, and whether they still answer.

-- IANA name or an offset such as +05:30, as the site says; times without a zone that a person types are meant in it.
alter table sites add column timezone text not null default 'UTC';
-- How posts are made there unless an article asks for something else (SiteSettings).
alter table sites add column settings jsonb not null default '{}';
alter table sites add column seo_plugin text check (seo_plugin in ('yoast', 'rank-math', 'seopress'));
-- How the password came here. One that the site itself has handed over is right, so a refusal has another reason.
alter table sites add column connected_by text not null default 'typed' check (connected_by in ('typed', 'authorized'));
-- The last check that found nothing in the way, and the first one after it that did.
alter table sites add column last_ok_at timestamptz;
alter table sites add column failing_since timestamptz;
-- Whether the user was told of the failure that began then: once is enough.
alter table sites add column told_failing boolean not null default false;
-- Spread over the day, so that the sites of an instance are not all asked at once.
alter table sites add column next_check_at timestamptz not null default now() + random() * interval '1 day';
-- Nothing is sent while it is paused. `site`: by blog-poster, until a check finds that the site answers again.
alter table sites add column paused_at timestamptz;
alter table sites add column paused_by text check (paused_by in ('user', 'site'));
alter table sites add constraint sites_paused check ((paused_at is null) = (paused_by is null));
update sites set last_ok_at = last_checked_at where (last_check ->> 'ok')::boolean;
-- The site has asked for fewer requests (Retry-After): nothing of its queue is sent before then.
alter table sites add column quiet_until timestamptz;
create index sites_next_check on sites (next_check_at);

-- A connection that was begun: the site sends the user back with a password, once, and only to whom began it.
create table site_connections (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  -- SHA-256 of what the site is to bring back.
  state_hash text not null unique,
  url text not null,
  -- The title of the site.
  name text not null,
  -- The site whose password is renewed; null for a new one.
  site_id uuid references sites on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);
create index site_connections_user on site_connections (user_id);
create index site_connections_age on site_connections (expires_at);

-- Publications: what is to be done with the post, in which order, and what it was when we last wrote it.

-- `place` brings the post there. The others act on a post that is known: they never make one.
alter table publications add column task text not null default 'place' check (task in ('place', 'update', 'unpublish', 'trash'));
-- Within the queue of its site: higher priority first, then the lower position.
alter table publications add column priority smallint not null default 0 check (priority between -1 and 1);
alter table publications add column position double precision not null default extract(epoch from clock_timestamp());
update publications set position = extract(epoch from created_at);
-- Since when it waits: when it was last asked for.
alter table publications add column queued_at timestamptz not null default now();
update publications set queued_at = created_at;
-- What this post has beside the article's text (PostOptions); what is left out is usual for the site.
alter table publications add column options jsonb not null default '{}';
-- The post as the site read it back after our last write, and which revision of the article that was: the base that a
-- person's changes on the site are told from. Null while nothing was read back.
alter table publications add column sent jsonb;
alter table publications add column sent_revision integer;
-- The post as it stood on the site when an update met a person's changes, and was stopped.
alter table publications add column theirs jsonb;
-- What the update and the site disagree about, in values that a person can read (StoredConflict).
alter table publications add column conflict jsonb;
-- A post that a person has edited goes into the trash only when it was asked for with those words.
alter table publications add column even_if_edited boolean not null default false;
-- What the site did not keep of what it was given (fields, by name).
alter table publications add column dropped jsonb not null default '[]';
alter table publications add column remote_changed_at timestamptz;
-- When it failed, and of what (SiteCause): what failed with its whole site is tried again when the site works again.
alter table publications add column failed_at timestamptz;
alter table publications add column failed_cause text;
-- How often in a row the site has refused the password, although it had taken it before.
alter table publications add column refusals smallint not null default 0;
create index publications_queue on publications (site_id, priority desc, position) where status in ('queued', 'scheduled', 'publishing');
create index publications_done on publications (site_id, published_at desc, id desc) where published_at is not null;

-- Images: featured images and those in the text. Our copies live here, because a disk may vanish.
create table images (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  kind text not null check (kind in ('upload', 'card', 'generated')),
  mime text not null check (mime in ('image/jpeg', 'image/png', 'image/webp', 'image/gif')),
  width integer not null check (width > 0),
  height integer not null check (height > 0),
  size integer not null check (size > 0),
  -- SHA-256 of the bytes: the same image is kept once for a user.
  digest text not null,
  name text not null,
  alt text not null default '',
  caption text not null default '',
  -- What it was generated from.
  prompt text,
  model text,
  -- Digest of what it was made from: a card's words and colours, so that the same card is not drawn again.
  made_from text,
  created_at timestamptz not null default now(),
  unique (user_id, digest)
);
create index images_made_from on images (user_id, made_from) where made_from is not null;
create index images_user on images (user_id, id desc);
-- Apart from what is listed.
create table image_files (
  image_id uuid primary key references images on delete cascade,
  data bytea not null
);
alter table articles add column featured_image_id uuid references images on delete set null;

-- An image on a site: uploaded once, however many posts show it.
create table site_media (
  site_id uuid not null references sites on delete cascade,
  image_id uuid not null references images on delete cascade,
  user_id uuid not null references users on delete cascade,
  -- True from just before the first upload: from then on a look-up comes before every upload.
  may_exist boolean not null default false,
  remote_id bigint,
  remote_url text,
  -- The publication that is uploading it, and until when others of the site leave it to that one.
  held_by uuid,
  held_until timestamptz,
  created_at timestamptz not null default now(),
  primary key (site_id, image_id)
);
create index site_media_user on site_media (user_id);
create index site_media_image on site_media (image_id);

-- The posts of a site, whoever wrote them: for telling duplicates and for links between posts.
create table site_posts (
  site_id uuid not null references sites on delete cascade,
  remote_id bigint not null,
  user_id uuid not null references users on delete cascade,
  url text not null,
  slug text not null,
  title text not null,
  excerpt text not null default '',
  language text,
  status text not null,
  modified_at timestamptz,
  model text,
  dimensions integer,
  embedding vector,
  first_seen_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  -- Since when it is no longer there for everybody to read.
  gone_at timestamptz,
  -- Addresses that it had before, the latest last: links to them lead nowhere for certain.
  former_urls jsonb not null default '[]',
  primary key (site_id, remote_id)
);
create index site_posts_user on site_posts (user_id);
create index site_posts_gone on site_posts (gone_at) where gone_at is not null;

-- How far the reading of a site's posts has come.
create table site_syncs (
  site_id uuid primary key references sites on delete cascade,
  user_id uuid not null references users on delete cascade,
  -- The address that was read; what was found at another says nothing about it.
  url text,
  -- Posts changed up to here are known; null before the first page was read.
  modified_until timestamptz,
  -- How many of those that were changed in that very second, or since, have been read: imports change thousands at once.
  modified_offset integer not null default 0,
  -- When the reading last came to the end.
  synced_at timestamptz,
  -- The last complete look at which posts there are, when the next is due, and how far the present one has come.
  listed_at timestamptz,
  list_due_at timestamptz not null default now(),
  listing_started_at timestamptz,
  listing_offset integer not null default 0,
  listing_last_id bigint not null default 0,
  next_sync_at timestamptz not null default now(),
  -- When a person last asked for it.
  requested_at timestamptz,
  lease bigint not null default 0,
  lease_expires_at timestamptz,
  posts integer not null default 0,
  -- Runs in a row that ended in an error.
  failures integer not null default 0,
  error jsonb,
  updated_at timestamptz not null default now()
);
create index site_syncs_user on site_syncs (user_id);
create index site_syncs_due on site_syncs (next_sync_at);

-- Links of articles that lead to a post which is no longer there.
create table dead_links (
  article_id uuid not null references articles on delete cascade,
  url text not null,
  user_id uuid not null references users on delete cascade,
  site_id uuid references sites on delete cascade,
  -- Where the post is now, if only its address has changed.
  moved_to text,
  found_at timestamptz not null default now(),
  -- When its user was told.
  told_at timestamptz,
  primary key (article_id, url)
);
create index dead_links_user on dead_links (user_id);
create index dead_links_site on dead_links (site_id);
