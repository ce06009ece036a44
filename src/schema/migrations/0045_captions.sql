-- Texts of videos: one for each language and kind. The text itself is a blob, `videos/{video_id}/captions/{text_id}.vtt`, and has a
-- new id whenever it changes, so that what has been fetched may be kept for ever.
create table captions (
  video_id text not null references videos on delete cascade,
  language text not null,
  kind text not null check (kind in ('captions', 'subtitles')),
  text_id text not null,
  name text not null,
  -- Where it came from: a file, an editor here, the source itself, or a machine that listened.
  origin text not null check (origin in ('upload', 'edited', 'source', 'machine')),
  cues integer not null,
  changed_at timestamptz not null,
  primary key (video_id, language, kind)
);
