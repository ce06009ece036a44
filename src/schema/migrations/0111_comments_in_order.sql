-- The first page of a video's threads is one question: the pinned one stands first in the order itself.
create index comments_by_weight on comments (video_id, pinned desc, weight desc, created_at desc, comment_id desc)
  where thread_id is null and state = 'shown';
create index comments_by_time on comments (video_id, pinned desc, created_at desc, comment_id desc)
  where thread_id is null and state = 'shown';
drop index comments_top;
drop index comments_newest;
