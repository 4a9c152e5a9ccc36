-- What a withdrawal needs of a delivery: to go after the lead and not before it (`behind`), to find who may have the lead
-- although nobody answered (`begun_at`), and to end what may not be sent any more (`withheld`).
-- SQLite changes no check: the table is made anew.
create table delivery_new (
    delivery_id blob not null primary key,
    event_id blob not null references event,
    destination text not null,
    -- sealed under a key of the subject's; gone once it is delivered or withheld
    body blob,
    -- 'held': of a quarantined submission, until the owner releases it; 'behind': until the delivery `after_id` is over;
    -- 'withheld': over without having been sent, because what it told of rests on nothing any more
    state text not null check (state in ('held', 'behind', 'waiting', 'delivered', 'failed', 'withheld')),
    -- Attempts begun, since it was last sent again.
    attempt integer not null,
    -- When the first attempt was begun: from then on the destination may have it.
    begun_at integer,
    -- While waiting: when the next attempt is due, or, under a lease, when the lease runs out.
    due_at integer not null,
    -- Whoever holds this number makes the attempt.
    lease blob,
    -- The HTTP status that delivered it.
    status integer,
    -- Why the last attempt did not succeed, or why it was withheld; no personal data.
    reason text,
    -- When it was delivered, given up or withheld.
    settled_at integer,
    -- The delivery that it must not overtake.
    after_id blob,
    check (body is not null or state in ('delivered', 'withheld')),
    check (after_id is not null or state <> 'behind')
) strict;

insert into delivery_new (delivery_id, event_id, destination, body, state, attempt, begun_at, due_at, lease, status, reason,
                          settled_at)
select delivery_id, event_id, destination, body, state, attempt,
    -- One that was sent again counts from 0, but says why it failed.
    case when attempt > 0 or state in ('delivered', 'failed') or reason is not null then coalesce(settled_at, due_at) end,
    due_at, lease, status, reason, settled_at
from delivery;

drop table delivery;
alter table delivery_new rename to delivery;

create index delivery_due on delivery (destination, due_at, delivery_id) where state = 'waiting';
create index delivery_troubled on delivery (delivery_id) where reason is not null;
create index delivery_by_event on delivery (event_id);
create index delivery_behind on delivery (after_id) where state = 'behind';
