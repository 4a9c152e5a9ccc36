-- Who was forgotten, how far that has come, and when their evidence ends. One row for each submission whose identity went,
-- by a request or by a rule; it names no person, and is the journal by which whoever starts next ends what was begun.
create table erasure (
    submission_id uuid not null primary key references submission,
    subject_id uuid not null,
    -- A letter of Art. 17(1) (`art-17-1-b`), or the rule (`retention`, `unreleased`, `withdrawal`).
    ground text not null,
    -- From when the deadline of the evidence counts, milliseconds UTC.
    forgotten_at bigint not null,
    -- 1: the identity; 2: the opening of part B of the evidence.
    step bigint not null check (step in (1, 2)),
    -- 'pending': the main database has done its part, and the key, the files or the journal beside the ring have not.
    state text not null check (state in ('pending', 'done'))
);

create index erasure_pending on erasure (submission_id) where state = 'pending';
create index erasure_due on erasure (forgotten_at, submission_id) where step = 1 and state = 'done';

-- Addresses of people who were forgotten, so that no import brings them back: keyed hashes, which only the key ring makes.
create table suppression (
    entry bytea not null primary key,
    -- The day on which it was noted, milliseconds UTC.
    noted_at bigint not null
);

-- Those whose identity ended by a rule before there was a deadline.
insert into erasure (submission_id, subject_id, ground, forgotten_at, step, state)
select distinct on (submission_id) submission_id, subject_id, 'retention',
    (extract(epoch from (convert_from(part_a, 'UTF8')::json ->> 'day')::timestamp at time zone 'UTC') * 1000)::bigint,
    1, 'done'
from evidence
where position('"identity":true'::bytea in part_a) > 0
order by submission_id, record_id desc;
