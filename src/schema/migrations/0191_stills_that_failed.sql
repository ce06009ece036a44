-- The pictures that show a title without playing it: when all of them were there, and why they could not be made.
alter table runs add column stills_made_at timestamptz;
alter table runs add column stills_failed text;
