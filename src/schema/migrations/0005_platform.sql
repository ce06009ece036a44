-- What the platform itself keeps: the queue of jobs and the outbox of events.
create table jobs (
  job_id bigint generated always as identity primary key,
  name text not null,
  -- At most one waiting or running job per name and key.
  key text,
  lane text not null check (lane in ('now', 'bulk', 'quick')),
  priority integer not null,
  input jsonb not null,
  state text not null check (state in ('waiting', 'running', 'parked')),
  run_after timestamptz not null,
  attempts integer not null default 0,
  crashes integer not null default 0,
  -- The fence: grows with every claim, and every commit of a result must still hold it.
  fence bigint not null default 0,
  lease_until timestamptz,
  worker text,
  reason text,
  created_at timestamptz not null
);
create unique index jobs_once on jobs (name, key) where key is not null and state <> 'parked';
create index jobs_next on jobs (lane, priority desc, job_id) where state = 'waiting';
create index jobs_leases on jobs (lease_until) where state = 'running';

create table outbox (
  event_id bigint generated always as identity primary key,
  -- The transaction that told it. Events become visible in order of commit, not of number: readers go by this one.
  told_by xid8 not null default pg_current_xact_id(),
  name text not null,
  body jsonb not null,
  created_at timestamptz not null
);
create index outbox_order on outbox (told_by, event_id);
create index outbox_age on outbox (created_at);
