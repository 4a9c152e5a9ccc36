-- A checkpoint belongs to the name that it was signed under: when a new one begins, the same sizes may be published again.
-- Nothing was published before this.
drop table ledger_checkpoint;

create table ledger_checkpoint (
    -- Of `ledger_origin`.
    origin_number integer not null,
    size integer not null,
    root blob not null,
    -- A signed note.
    note text not null,
    published_at integer not null,
    primary key (origin_number, size)
) strict;
