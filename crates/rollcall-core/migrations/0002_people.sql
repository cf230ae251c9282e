-- Users, groups, and who is in which. (account_id, id) is a key of its own so that no edge can join two accounts.

create table users (
    id bigint identity primary key,
    account_id bigint not null references accounts (id),
    public_id text not null,
    email text not null,
    email_key text collate "C" not null,
    org_user_id text,
    first_name text,
    last_name text,
    company text,
    department text,
    company_phone text,
    work_number text,
    street text,
    suite text,
    city text,
    zip text,
    state text,
    country text,
    job_title text,
    picture text,
    colour text,
    can_create_bot boolean not null,
    is_developer boolean not null,
    data_tables boolean not null,
    status text not null check (status in ('invited', 'active', 'suspended', 'locked')),
    source text not null,
    last_login_at bigint,
    created_at bigint not null,
    updated_at bigint not null,
    unique (account_id, id),
    unique (account_id, public_id),
    unique (account_id, email_key),
    check (is_developer or not can_create_bot)
) strict;

create unique index users_by_org_user_id on users (account_id, org_user_id) where org_user_id is not null;

create table groups (
    id bigint identity primary key,
    account_id bigint not null references accounts (id),
    public_id text not null,
    name text not null,
    name_key text collate "C" not null,
    description text not null,
    source text not null check (source in ('local', 'directory', 'scim')),
    created_at bigint not null,
    updated_at bigint not null,
    unique (account_id, id),
    unique (account_id, public_id),
    unique (account_id, name_key)
) strict;

create table memberships (
    account_id bigint not null,
    group_id bigint not null,
    user_id bigint not null,
    since bigint not null,
    added_by text not null,
    via text not null,
    primary key (group_id, user_id),
    foreign key (account_id, group_id) references groups (account_id, id) on delete cascade,
    foreign key (account_id, user_id) references users (account_id, id) on delete cascade
) strict, without rowid;

create index memberships_by_user on memberships (user_id, group_id);

create table nestings (
    account_id bigint not null,
    parent_id bigint not null,
    child_id bigint not null,
    since bigint not null,
    added_by text not null,
    via text not null,
    primary key (parent_id, child_id),
    foreign key (account_id, parent_id) references groups (account_id, id) on delete cascade,
    foreign key (account_id, child_id) references groups (account_id, id) on delete cascade,
    check (parent_id <> child_id)
) strict, without rowid;

create index nestings_by_child on nestings (child_id, parent_id);
