-- What the clock said when a job's time was set. A clock that was ahead and is put back leaves times behind that would
-- otherwise be waited for: by this they are known.
alter table jobs add column clock_at timestamptz;
