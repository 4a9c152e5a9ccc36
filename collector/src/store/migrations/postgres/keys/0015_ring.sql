-- The collectors at work and the keys of the ring that each of them knows: nothing is sealed under a new key before all do.
create table ring_user (
    collector uuid not null primary key,
    -- The machine and the process, for people.
    place text not null,
    -- The names of the keys, the first of each kind first; no secret.
    knows text not null,
    since bigint not null,
    seen_at bigint not null
);

-- Keys that leave the ring: whoever still seals under one is refused, since nobody could open it any more.
create table ring_retired (
    kind text not null check (kind in ('wrap', 'value')),
    key_id bytea not null,
    retired_at bigint not null,
    primary key (kind, key_id)
);
