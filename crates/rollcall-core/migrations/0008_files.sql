-- Uploaded files, which other calls take up within a day; who made and who changed a role; pages of roles.

create table files (
    id bigint identity primary key,
    account_id bigint not null references accounts (id),
    public_id text not null,
    name text not null,
    context text not null,
    extension text not null,
    content bytea not null,
    size bigint not null,
    created_at bigint not null,
    created_by text not null,
    unique (account_id, id),
    unique (account_id, public_id)
) strict;

-- What is still kept, how large it is and whose, without a look at any content.
create index files_by_age on files (account_id, created_at, size, created_by);

-- Null where nobody knows: built-in roles, and roles from before this was noted.
alter table roles add column created_by text;
alter table roles add column updated_by text;

create index roles_by_kind on roles (account_id, kind, id);

insert into page_counts (account_id, kind, bucket, row_count)
    select account_id, kind || ' roles', id / 1000, count(*) from roles group by account_id, kind, id / 1000;
