-- Whether the user was told that an edit at the moment of an update cannot be noticed on this site: once, not with every update.
alter table sites add column told_of_revisions boolean not null default false;
