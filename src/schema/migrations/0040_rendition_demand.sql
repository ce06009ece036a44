-- Which renditions are watched, so that what nobody watches need not be kept, and which could not be made.
create table rendition_demand (
  video_id text not null,
  run_id text not null,
  rendition text not null,
  watched_seconds double precision not null,
  last_watched_at timestamptz not null,
  primary key (video_id, run_id, rendition),
  foreign key (video_id, run_id) references runs on delete cascade
);

alter table video_files drop constraint video_files_state_check;
alter table video_files add constraint video_files_state_check check (state in ('lazy', 'making', 'made', 'failed'));
-- Why it failed: the last lines that the encoder said.
alter table video_files add column reason text;
-- When it became complete, and what was taken away again because nobody watched it.
alter table video_files add column made_at timestamptz;
alter table video_files add column evicted_bytes bigint not null default 0;
create index video_files_made on video_files (made_at) where state = 'made' and kind = 'video';

-- Renditions up to this short side are made at once for videos of the channel; null: as the platform does.
alter table channels add column eager_short_side integer check (eager_short_side between 0 and 4320);
