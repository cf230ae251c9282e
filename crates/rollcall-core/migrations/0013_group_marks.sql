-- A number for each group, which grows whenever anything changes that a list of groups shows of it: itself, its children, its
-- members. In slots, as revisions are, so that who adds to one group at the same time does not queue.
create table group_marks (
    account_id bigint not null,
    group_id bigint not null,
    slot bigint not null,
    value bigint not null,
    primary key (group_id, slot),
    foreign key (account_id, group_id) references groups (account_id, id) on delete cascade
) strict, without rowid;

-- Which roles run out next.
create index assignments_by_end on assignments (account_id, expires_at) where expires_at is not null;
