-- A person's keys, each wrapped by the key ring. Whoever destroys a row or a column here forgets the person.
create table subject_key (
    subject_id blob not null primary key,
    -- sealed by the ring: opens the values, outbox bodies and mails
    identity_key blob,
    -- sealed by the ring: opens part B of the evidence, which outlives the identity for legal claims (Art. 17(3)(e))
    evidence_key blob,
    created_at integer not null
) strict, without rowid;

-- Old keys without a subject are swept.
create index subject_key_by_age on subject_key (created_at);
