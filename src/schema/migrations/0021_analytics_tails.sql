-- Finding the long tails of a day that is over: videos, words and hosts that hardly anybody watched or used.
create index analytics_sums_tails on analytics_sums (at)
  where grain = 'day' and dimension in ('video', 'term', 'suggester', 'host', 'embedder');
