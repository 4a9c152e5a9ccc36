-- What was sent, by whom, and the evidence of it. Columns marked "sealed" are ciphertext (vault).

-- The person, known by a random id. One for each submission: an address that nobody has confirmed joins nothing.
create table subject (
    subject_id blob not null primary key,
    -- Keyed hash of the normalised mail address; the address itself lies sealed in `value`.
    contact_index blob,
    created_at integer not null
) strict, without rowid;

create index subject_by_contact on subject (contact_index) where contact_index is not null;

create table submission (
    -- The ticket's id: a second submission with the same ticket finds the first.
    submission_id blob not null primary key,
    subject_id blob not null references subject,
    -- What a person can read out on the telephone.
    reference text not null unique,
    form text not null,
    version text not null,
    language text not null,
    method text not null,
    state text not null check (state in ('accepted', 'quarantined')),
    -- SHA-256 of the body as it was sent, to tell a repetition from another submission.
    body_digest blob not null,
    received_at integer not null
) strict, without rowid;

create table value (
    submission_id blob not null references submission,
    field text not null,
    -- 'direct' and 'quasi' are sealed under the subject's key, 'no' under the ring's.
    identifies text not null check (identifies in ('direct', 'quasi', 'no')),
    -- sealed
    content blob not null,
    primary key (submission_id, field)
) strict, without rowid;

create table evidence (
    record_id blob not null primary key,
    submission_id blob not null references submission,
    subject_id blob not null,
    -- Canonical JSON that identifies nobody, and the 32 bytes that blind its hash.
    part_a blob not null,
    opening_a blob not null,
    -- sealed under the subject's evidence key: part B with its opening and salts
    part_b blob not null,
    commitment blob not null,
    -- The commitment's place in the ledger.
    leaf_index integer unique
) strict;

create index evidence_by_submission on evidence (submission_id);
