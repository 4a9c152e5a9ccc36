-- How far the access log has come. It lies here, too, so that its end cannot be cut off unnoticed.
create table access_head (
    id integer not null primary key check (id = 1),
    -- The number and the MAC of the last entry.
    number integer not null,
    mac blob not null
) strict;
