-- The ledger: a tree of commitments (RFC 6962). Leaves are added and never changed; tiles are made from them.

-- The names that the log has had, the newest last. Under a new one the same tree goes on.
create table ledger_origin (
    -- 1, 2, 3, …
    number integer not null primary key,
    -- Such as `forms.example/ledger`.
    origin text not null,
    -- How many leaves the tree had then.
    began_at_size integer not null,
    began_at integer not null,
    -- Why the one before ended; null of the first.
    reason text,
    -- The last head that was signed under the one before, a signed note; null of the first.
    previous text
) strict;

-- Its right edge: all that a writer needs.
create table ledger_head (
    one integer not null primary key check (one = 1),
    size integer not null,
    -- The roots of its complete subtrees, 32 bytes each, the largest first.
    edge blob not null
) strict;

insert into ledger_head (one, size, edge) values (1, 0, x'');

create table ledger_leaf (
    leaf_index integer not null primary key,
    -- 32 bytes: of the evidence record that has this `leaf_index`.
    commitment blob not null
) strict;

-- Derived. Of level 0 only full ones; of higher levels as far as they have come.
create table ledger_tile (
    level integer not null,
    tile_index integer not null,
    -- Up to 256 hashes, 32 bytes each.
    hashes blob not null,
    primary key (level, tile_index)
) strict;

-- The heads that were published.
create table ledger_checkpoint (
    size integer not null primary key,
    root blob not null,
    -- A signed note.
    note text not null,
    published_at integer not null
) strict;
