-- Search: what people searched, what they chose, what they saved. The index itself is in memory and is no table.
create table search_history (
  account_id text not null references accounts on delete cascade,
  search_id text not null,
  -- The folded form: the same search again only becomes newer.
  query_key text not null,
  query text not null,
  searched_at timestamptz not null,
  primary key (account_id, search_id),
  unique (account_id, query_key)
);
create index search_history_newest on search_history (account_id, searched_at desc);

create table saved_searches (
  account_id text not null references accounts on delete cascade,
  saved_id text not null,
  name text not null,
  query text not null,
  -- Filters and order, in the form of src/contract/search.ts.
  narrowed jsonb not null,
  created_at timestamptz not null,
  primary key (account_id, saved_id)
);

-- Results that were chosen and wait to be seen whether a view follows. Gone within hours.
create table search_clicks (
  video_id text not null references videos on delete cascade,
  query_key text not null,
  viewer_key text not null,
  place integer not null,
  clicked_at timestamptz not null,
  primary key (video_id, query_key, viewer_key)
);
create index search_clicks_age on search_clicks (clicked_at);

-- What people watched after a query: sums of clicks and of views that followed, weighed by the place they stood at.
create table search_outcomes (
  video_id text not null references videos on delete cascade,
  query_key text not null,
  clicks double precision not null,
  watches double precision not null,
  updated_at timestamptz not null,
  primary key (video_id, query_key)
);
create index search_outcomes_newest on search_outcomes (updated_at desc);

-- Queries that ended in a view, for suggestions: by how many different viewers, and how much of late (forward decay).
create table search_queries (
  query_key text primary key,
  viewers integer not null,
  -- Base-2 logarithm of the decayed sum as it was at 2020-01-01: grows for ever and never has to be aged.
  heat double precision not null,
  updated_at timestamptz not null
);
create index search_queries_heat on search_queries (heat desc);
