-- What the staff of a site has decided in the browser, what it announces, and the book of every act of staff.
create table site_settings (
  only_row boolean primary key default true check (only_row),
  -- Only what was chosen: the rest is as src/features/site/rules.ts has it.
  body jsonb not null,
  changed_at timestamptz not null
);

create table announcements (
  announcement_id text primary key,
  words text not null,
  kind text not null check (kind in ('note', 'warning')),
  from_at timestamptz not null,
  until_at timestamptz,
  created_at timestamptz not null
);

create table staff_acts (
  act_id text primary key,
  at timestamptz not null,
  -- No reference: the book outlives accounts.
  account_id text not null,
  account_name text not null,
  act text not null,
  subject_kind text not null,
  subject_id text not null,
  detail jsonb not null
);
create index staff_acts_newest on staff_acts (at desc, act_id desc);
create index staff_acts_of_subject on staff_acts (subject_kind, subject_id, at desc, act_id desc);
