-- Who of the staff opened what, when and why. Rows are added and never changed; each carries a MAC over itself and
-- its predecessor, so that whoever goes round the triggers is named by `unticked accesses --check`.
create table access (
    -- 1, 2, 3, … without a gap.
    number bigint not null primary key,
    at bigint not null,
    -- The name and the reason that were given.
    who text not null,
    reason text not null,
    -- Such as `leads show`.
    command text not null,
    -- JSON: [{"reference": …, "subject": …}, …]; nothing else about a visitor.
    submissions text not null,
    -- JSON: the fields whose values were uncovered.
    revealed text not null,
    -- The MAC of the entry before; 32 zero bytes before the first.
    previous bytea not null,
    mac bytea not null
);

-- A copy that is brought back makes it before its tables (keep/postgres.rs).
create or replace function access_stays() returns trigger language plpgsql as $$
begin
    raise exception 'the access log is never changed, and nothing is removed from it';
end
$$;

create trigger access_is_not_changed before update or delete on access
for each row execute function access_stays();

create trigger access_is_not_emptied before truncate on access
for each statement execute function access_stays();

-- The mails to the owner. What one says is made when it is sent, from its items; no personal data lie here.
create table mail (
    mail_id uuid not null primary key,
    created_at bigint not null,
    state text not null check (state in ('waiting', 'sent', 'failed')),
    -- Attempts begun.
    attempt bigint not null,
    -- While waiting: when the next attempt is due, or, under a lease, when the lease runs out.
    due_at bigint not null,
    -- Whoever holds this number makes the attempt.
    lease uuid,
    -- Why the last attempt did not succeed; no personal data.
    reason text,
    -- When it was sent or given up.
    settled_at bigint
);

create index mail_waiting on mail (due_at) where state = 'waiting';
create index mail_by_age on mail (created_at);

-- What the owner is to be told: a submission that arrived, or a delivery that was given up.
create table mail_item (
    kind text not null check (kind in ('submission', 'delivery')),
    -- The submission's or the delivery's id.
    item_id uuid not null,
    noted_at bigint not null,
    -- The mail that tells of it; none yet where null.
    mail_id uuid,
    primary key (kind, item_id)
);

create index mail_item_untold on mail_item (noted_at) where mail_id is null;
create index mail_item_by_mail on mail_item (mail_id) where mail_id is not null;

-- Leads are listed by time.
create index submission_by_time on submission (received_at, submission_id);
