-- How administrators sign in to the console, and what their roles let them do there.

-- What an admin role permits, a bit for each key of the catalogue. Null: not worked out of `permissions` yet, which the
-- program does when it opens the database.
alter table roles add column rights bigint;

-- What a user signs in with.
create table credentials (
    id bigint identity primary key,
    account_id bigint not null,
    user_id bigint not null unique,
    -- Argon2id in the PHC string format; null: there is none.
    password_hash text,
    password_at bigint,
    -- Failed attempts in a row, and until when no other one is looked at.
    failures bigint not null,
    barred_until bigint,
    -- The secret of the second factor, sealed; it counts from when a first code of it was shown.
    totp bytea,
    totp_at bigint,
    -- The last time step of which a code was taken: each passes once.
    totp_step bigint,
    -- When a letter that resets the password was asked for last.
    reset_asked_at bigint,
    foreign key (account_id, user_id) references users (account_id, id) on delete cascade
) strict;

-- Passwords that may not be taken again.
create table earlier_passwords (
    id bigint identity primary key,
    account_id bigint not null,
    user_id bigint not null,
    password_hash text not null,
    created_at bigint not null,
    foreign key (account_id, user_id) references users (account_id, id) on delete cascade
) strict;

create index earlier_passwords_by_user on earlier_passwords (user_id, id);

-- What stands in for the second factor once each.
create table recovery_codes (
    user_id bigint not null,
    code_hash bytea not null,
    account_id bigint not null,
    primary key (user_id, code_hash),
    foreign key (account_id, user_id) references users (account_id, id) on delete cascade
) strict, without rowid;

-- Single-use links into the console, by the hash of their token.
create table sign_in_links (
    id bigint identity primary key,
    account_id bigint not null references accounts (id),
    -- Null: whoever sets the account up, and says who they are.
    user_id bigint,
    purpose text not null check (purpose in ('sign-in', 'set-up', 'reset')),
    token_hash bytea not null unique,
    created_at bigint not null,
    expires_at bigint not null,
    foreign key (account_id, user_id) references users (account_id, id) on delete cascade
) strict;

create index sign_in_links_by_user on sign_in_links (user_id) where user_id is not null;
create index sign_in_links_by_end on sign_in_links (expires_at);

create table sessions (
    id bigint identity primary key,
    account_id bigint not null,
    user_id bigint not null,
    public_id text not null unique,
    token_hash bytea not null unique,
    -- What has yet to be shown before it is good for anything; null: nothing.
    lacks text check (lacks in ('code', 'password')),
    -- Whether it began by a link from the host, which shows more than a password does.
    by_link boolean not null,
    created_at bigint not null,
    seen_at bigint not null,
    expires_at bigint not null,
    ip text,
    agent text not null,
    foreign key (account_id, user_id) references users (account_id, id) on delete cascade
) strict;

create index sessions_by_user on sessions (user_id);
create index sessions_by_end on sessions (expires_at);
