-- Who may download a video as a file, and the chapters its source brought along: [{ startMs, title }].
alter table videos
  add column downloads text not null default 'nobody' check (downloads in ('nobody', 'members', 'anyone')),
  add column source_chapters jsonb;
