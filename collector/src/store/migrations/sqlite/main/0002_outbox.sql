-- What leaves the house: events, and the delivery of each to each destination. Columns marked "sealed" are ciphertext (vault).

create table event (
    event_id blob not null primary key,
    subject_id blob not null,
    kind text not null,
    created_at integer not null
) strict, without rowid;

create table delivery (
    delivery_id blob not null primary key,
    event_id blob not null references event,
    destination text not null,
    -- sealed under the subject's key; gone once delivered
    body blob,
    -- 'held': of a quarantined submission, until the owner releases it
    state text not null check (state in ('held', 'waiting', 'delivered', 'failed')),
    -- Attempts begun.
    attempt integer not null,
    -- While waiting: when the next attempt is due, or, under a lease, when the lease runs out.
    due_at integer not null,
    -- Whoever holds this number makes the attempt.
    lease blob,
    -- The HTTP status that delivered it.
    status integer,
    -- Why the last attempt did not succeed; no personal data.
    reason text,
    -- When it was delivered or given up.
    settled_at integer,
    check (body is not null or state = 'delivered')
) strict;

create index delivery_due on delivery (destination, due_at, delivery_id) where state = 'waiting';
create index delivery_held on delivery (event_id) where state = 'held';
create index delivery_troubled on delivery (delivery_id) where reason is not null;
