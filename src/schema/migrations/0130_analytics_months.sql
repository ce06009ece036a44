-- Months that are over, put together from their days, so that a question over a year reads a dozen rows and not hundreds. Days
-- are kept beside them: a month that is not named in analytics_months is read by its days.
alter table analytics_sums drop constraint analytics_sums_grain_check;
alter table analytics_sums add constraint analytics_sums_grain_check check (grain in ('minute', 'hour', 'day', 'month'));

create table analytics_months (
  month timestamptz primary key,
  made_at timestamptz not null
);

create table analytics_month_viewers (
  subject text not null,
  month timestamptz not null,
  sketch bytea not null,
  primary key (subject, month)
);

create table analytics_month_retention (
  video_id text not null,
  month timestamptz not null,
  first integer[] not null,
  again integer[] not null,
  primary key (video_id, month)
);

create table analytics_month_spreads (
  subject text not null,
  quantity text not null,
  dimension text not null,
  month timestamptz not null,
  member text not null,
  step integer not null,
  count bigint not null,
  primary key (subject, quantity, dimension, month, member, step)
);
