-- Bytes sent to viewers, as the origins count them, and which counted views an audit has looked at.
alter table analytics_sums add column sent_bytes bigint not null default 0;
alter table analytics_notes alter column amount type bigint;

alter table counted_views add column audited boolean not null default false;
-- The view was taken back: the row stays, so that it is not counted again.
alter table counted_views add column struck boolean not null default false;
create index counted_views_unaudited on counted_views (hour) where not audited;
create index counted_views_viewer on counted_views (viewer_key, hour);
