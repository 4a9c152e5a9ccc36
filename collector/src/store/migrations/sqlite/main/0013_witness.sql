-- Whoever outside is asked to vouch for a published head: witnesses, and a time-stamping authority.
create table ledger_outsider (
    -- Of `ledger_origin`.
    origin_number integer not null,
    -- A witness's key, or the authority's address.
    outsider text not null,
    -- The largest head that it vouches for; 0 where there is none.
    size integer not null,
    asked_at integer not null,
    -- Why the last answer vouched for nothing.
    problem text,
    -- Since when it says that the ledger is not the one it saw.
    refused_at integer,
    primary key (origin_number, outsider)
) strict;

-- Lines that are served under a published head.
create table ledger_cosignature (
    origin_number integer not null,
    size integer not null,
    -- The witness's key.
    witness text not null,
    line text not null,
    -- When the witness says that it signed, seconds since 1970.
    signed_at integer not null,
    primary key (origin_number, size, witness)
) strict;

create table ledger_timestamp (
    origin_number integer not null,
    size integer not null,
    authority text not null,
    -- SHA-256 of this note is what was stamped.
    note text not null,
    -- The authority's whole answer (RFC 3161), as `openssl ts -verify -in` reads it.
    response blob not null,
    -- What it says the time was.
    stamped_at text not null,
    kept_at integer not null,
    primary key (origin_number, size, authority)
) strict;
