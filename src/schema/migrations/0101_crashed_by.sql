-- Workers that died on a job since it last got further. One that only slept past its lease, twice, counts once.
alter table jobs add column crashed_by text[] not null default '{}';
