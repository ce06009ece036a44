-- The pictures that show a title without playing it: when all of them were there, and why they could not be made.
alter table runs add column stills_made_at timestamptz;
alter table runs add column stills_failed text;
-- What there is of titles that were complete before nobody has written down: their pictures were asked for then, and are not asked for again.
update runs r set stills_made_at = v.optimised_at from videos v
where v.video_id = r.video_id and v.run_id = r.run_id and v.optimised_at is not null;
