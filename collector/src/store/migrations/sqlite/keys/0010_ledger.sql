-- The last head of the ledger that was signed. It moves only forward: a main database without it has gone back.
create table ledger_signed (
    one integer not null primary key check (one = 1),
    origin text not null,
    size integer not null,
    root blob not null,
    -- A signed note.
    note text not null,
    signed_at integer not null
) strict;
