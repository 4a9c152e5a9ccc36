-- Which submission an event tells of, so that what changes later (a withdrawal, the end of a retention period) finds the
-- deliveries that went before. Both ids rise with time: the indexes grow at their end.
alter table event add column submission_id blob;

create index event_backfill on submission (subject_id);
update event
set submission_id = (select submission_id from submission where submission.subject_id = event.subject_id);
drop index event_backfill;

create index event_by_submission on event (submission_id);
-- Serves the owner's release, too, which `delivery_held` was for.
create index delivery_by_event on delivery (event_id);
drop index delivery_held;
