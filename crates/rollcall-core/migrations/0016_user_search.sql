-- What users are searched and sorted by.

-- The name as lists are sorted by it: folded, and cut short; empty where there is none. Null: not worked out yet, which the
-- program does when it opens the database.
alter table users add column name_key text collate "C";

-- When they signed in last, as lists are sorted by it: 0 where they never did.
alter table users add column last_login_key bigint not null default 0;

update users set last_login_key = last_login_at where last_login_at is not null;

create index users_by_name on users (account_id, name_key, id);
create index users_by_status on users (account_id, status, id);
create index users_by_last_login on users (account_id, last_login_key, id);
create index users_with_data_tables on users (account_id, id) where data_tables;
create index users_with_builder on users (account_id, id) where is_developer;
create index users_with_bots on users (account_id, id) where can_create_bot;

create index users_without_name_key on users (id) where name_key is null;

-- Which blocks of 8192 internal ids of an account are in the index of texts. What is in none is looked at directly.
create table search_blocks (
    account_id bigint not null references accounts (id),
    block bigint not null,
    primary key (account_id, block)
) strict, without rowid;

-- In the texts of which users of a block three characters stand beside each other: a number for each in two bytes, or, where
-- there are many, a bit for each.
create table search_grams (
    account_id bigint not null references accounts (id),
    block bigint not null,
    gram bigint not null,
    users bytea not null,
    primary key (account_id, block, gram)
) strict, without rowid;

-- Users whose texts have changed since their block was indexed: they are looked at directly, too.
create table search_changes (
    account_id bigint not null,
    user_id bigint not null,
    primary key (account_id, user_id),
    foreign key (account_id, user_id) references users (account_id, id) on delete cascade
) strict, without rowid;
