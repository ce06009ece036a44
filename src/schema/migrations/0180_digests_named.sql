-- What the last letters of suggestions to an account named, newest first, so that the next one names others.
alter table recommend_digests add column video_ids text[] not null default '{}';
