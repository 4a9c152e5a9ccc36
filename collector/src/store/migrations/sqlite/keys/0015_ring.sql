-- The collectors at work and the keys of the ring that each of them knows: nothing is sealed under a new key before all do.
create table ring_user (
    collector blob not null primary key,
    -- The machine and the process, for people.
    place text not null,
    -- The names of the keys, the first of each kind first; no secret.
    knows text not null,
    since integer not null,
    seen_at integer not null
) strict;

-- Keys that leave the ring: whoever still seals under one is refused, since nobody could open it any more.
create table ring_retired (
    kind text not null check (kind in ('wrap', 'value')),
    key_id blob not null,
    retired_at integer not null,
    primary key (kind, key_id)
) strict;
