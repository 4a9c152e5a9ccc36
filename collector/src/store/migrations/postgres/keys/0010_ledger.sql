-- The last head of the ledger that was signed. It moves only forward: a main database without it has gone back.
create table ledger_signed (
    one bigint not null primary key check (one = 1),
    origin text not null,
    size bigint not null,
    root bytea not null,
    -- A signed note.
    note text not null,
    signed_at bigint not null
);
