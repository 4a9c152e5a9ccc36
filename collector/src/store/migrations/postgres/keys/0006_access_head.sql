-- How far the access log has come. It lies here, too, so that its end cannot be cut off unnoticed.
create table access_head (
    id bigint not null primary key check (id = 1),
    -- The number and the MAC of the last entry.
    number bigint not null,
    mac bytea not null
);
