-- What a withdrawal needs of a delivery: to go after the lead and not before it (`behind`), to find who may have the lead
-- although nobody answered (`begun_at`), and to end what may not be sent any more (`withheld`).

-- When the first attempt was begun: from then on the destination may have it.
alter table delivery add column begun_at bigint;
-- The delivery that it must not overtake.
alter table delivery add column after_id uuid;

-- One that was sent again counts from 0, but says why it failed.
update delivery
set begun_at = coalesce(settled_at, due_at)
where attempt > 0 or state in ('delivered', 'failed') or reason is not null;

-- 'behind': until the delivery `after_id` is over; 'withheld': over without having been sent, because what it told of rests
-- on nothing any more.
alter table delivery drop constraint delivery_state_check;
alter table delivery add constraint delivery_state_check
    check (state in ('held', 'behind', 'waiting', 'delivered', 'failed', 'withheld'));
alter table delivery drop constraint delivery_check;
alter table delivery add constraint delivery_check check (body is not null or state in ('delivered', 'withheld'));
alter table delivery add constraint delivery_behind_check check (after_id is not null or state <> 'behind');

create index delivery_behind on delivery (after_id) where state = 'behind';
