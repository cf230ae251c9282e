-- The calls of each API (a verb with its route's path) that count towards an account's rate limit, numbered one after the other.

create table rate_limits (
    account_id bigint not null references accounts (id),
    api text collate "C" not null,
    number bigint not null,
    at bigint not null,
    primary key (account_id, api, number)
) strict, without rowid;
