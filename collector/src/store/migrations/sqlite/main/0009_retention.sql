-- When the rules of a submission have to be looked at again, milliseconds UTC; null: nobody has looked yet (a submission
-- from before, or one that was released or withdrawn just now); 9223372036854775807: nothing is left that could end.
alter table submission add column due_at integer;

create index submission_due on submission (due_at, submission_id);
-- A destination names a person by subject.
create index submission_by_subject on submission (subject_id);

-- Engagements that were taken, by the id that their sender gave them: the same one again changes nothing.
create table engagement_message (
    destination text not null,
    -- `webhook-id`
    message text not null,
    -- SHA-256 of the body, to tell a repetition from another message.
    body_digest blob not null,
    received_at integer not null,
    primary key (destination, message)
) strict, without rowid;

create index engagement_message_by_age on engagement_message (received_at);
