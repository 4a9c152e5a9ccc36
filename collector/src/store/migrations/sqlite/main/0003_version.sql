-- What was shown, kept for as long as anything points to it.
create table version (
    -- Hexadecimal SHA-256 of `bundle`.
    digest text not null primary key,
    form text not null,
    -- Canonical JSON; nothing in it is personal.
    bundle blob not null,
    first_at integer not null,
    -- The owner has withdrawn it: it accepts nothing any more.
    withdrawn_at integer
) strict;
