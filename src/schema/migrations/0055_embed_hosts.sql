-- Sites that may show a video in a frame; null for every site.
alter table videos
  add column embed_hosts text[];
