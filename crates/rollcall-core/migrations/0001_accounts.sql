-- Accounts, what belongs to the installation itself, and the two marks that make reads cheap:
-- revisions (what an ETag tells) and page counts (how a page is found without skipping rows).

create table installation (
    name text collate "C" primary key,
    value bytea not null
) strict;

create table accounts (
    id bigint identity primary key,
    public_id text not null unique,
    name text not null,
    name_key text collate "C" not null unique,
    org_id text not null,
    -- Random: where this account's audit chain begins, so that no other account's can take its place.
    chain_id text not null,
    owner_id bigint,
    has_admin boolean not null default false,
    created_at bigint not null
) strict;

create table revisions (
    account_id bigint not null references accounts (id),
    slot bigint not null,
    value bigint not null,
    primary key (account_id, slot)
) strict, without rowid;

-- How many rows of a kind an account has in each run of a thousand internal ids.
create table page_counts (
    account_id bigint not null references accounts (id),
    kind text collate "C" not null,
    bucket bigint not null,
    row_count bigint not null,
    primary key (account_id, kind, bucket)
) strict, without rowid;
