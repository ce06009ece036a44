-- Staff reads all videos and all accounts, newest first, and those of one state, privacy or role, of which there may be few.
create index videos_all on videos (created_at desc, video_id desc);
create index videos_by_state on videos (state, created_at desc, video_id desc);
create index videos_by_privacy on videos (privacy, created_at desc, video_id desc);
create index accounts_by_state on accounts (state, created_at desc, account_id desc);
create index accounts_by_role on accounts (role, created_at desc, account_id desc);
