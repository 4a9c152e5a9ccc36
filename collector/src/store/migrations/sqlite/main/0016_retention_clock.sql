-- Up to where the retention rules have trusted the clock. A clock that is weeks away from it may be wrong, and what it would
-- destroy cannot be brought back: until somebody confirms it, or it has gone on evenly for weeks, nothing is.
create table retention_clock (
    one integer not null primary key check (one = 1),
    -- What it said in the last run that trusted it, milliseconds UTC.
    trusted_at integer not null,
    -- While it says something else by weeks: what it said last, and for how long it has gone on evenly, milliseconds.
    heard_at integer,
    steady integer not null
) strict;

-- Whatever the clock says at the first run of this version, it was this late at least.
insert into retention_clock (one, trusted_at, steady)
select 1, newest, 0
from (select max(received_at) as newest from submission) as known
where newest is not null;
