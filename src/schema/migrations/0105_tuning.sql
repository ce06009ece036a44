-- The ladder of a title is tuned by trials, before most of it is made. Until that is decided, renditions that are begun for somebody who
-- waits are noted: they stay as they were planned.
alter table runs add column undecided boolean not null default false;
alter table runs add column begun text[] not null default '{}';

-- Renditions that add nothing to the others of their title are left out of its manifests.
alter table video_files drop constraint video_files_state_check;
alter table video_files add constraint video_files_state_check
  check (state in ('lazy', 'making', 'made', 'failed', 'left_out'));
