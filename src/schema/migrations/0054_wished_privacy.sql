-- What a video becomes when what keeps it private is over: its review, its schedule, or the decision of staff.
alter table videos
  add column wished_privacy text check (wished_privacy in ('public', 'unlisted'));
