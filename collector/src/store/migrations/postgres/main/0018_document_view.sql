-- How often somebody looked at a document, opened a mail or followed a link of it: only while their consent to just that
-- stands. One row for a submission, what was looked at, and the day; no time of day, no address, no browser.
create table document_view (
    submission_id uuid not null references submission,
    -- 'mail-opens', 'mail-clicks' or 'document-views'
    kind text not null,
    -- The file's name within the owner's folder.
    document text not null,
    -- Its first moment, milliseconds UTC.
    day bigint not null,
    views bigint not null,
    -- The purpose that allowed it: the row goes with it.
    purpose text not null,
    primary key (submission_id, kind, document, day)
);
