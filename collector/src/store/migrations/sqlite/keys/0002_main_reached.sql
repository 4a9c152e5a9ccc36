-- What the main database is known to have reached: an evidence record that it had committed, and nearly its newest.
-- A main database without it is older than this key store (somebody has put an old copy beside it), and keys that
-- belong to nobody in it may belong to somebody in the one that is missing: none of them is swept.
create table main_reached (
    one integer not null primary key check (one = 1),
    record_id blob not null,
    noted_at integer not null,
    -- Since when the main database is known to be without that record. While this is set, nothing is noted.
    behind_since integer
) strict;
