-- What a channel's videos are watched for before more of them is made, in minutes; null: as the platform does.
alter table channels add column complete_after_minutes integer check (complete_after_minutes between 1 and 1000000000);
alter table channels add column second_codecs_after_minutes integer check (second_codecs_after_minutes between 1 and 1000000000);
