-- Words that are said again and again in a video, from one of its texts: what suggestions know of what is spoken.
create table recommend_spoken (
  video_id text primary key references videos on delete cascade,
  -- The text they were taken from; another one has another id.
  text_id text not null,
  words text[] not null
);
