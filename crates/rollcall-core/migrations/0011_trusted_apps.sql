-- What makes the tokens of client apps trustworthy: two live secrets, ends of both, seen token ids, the server's own keys,
-- and signed places of the audit chain.

alter table apps add column expires_at bigint;
alter table apps add column enforce_jti boolean not null default false;
alter table apps add column enforce_jwe boolean not null default false;

-- What a secret is called in front of people; random for new ones. An app had one until now.
alter table app_secrets add column public_id text not null default '1';
alter table app_secrets add column last_used_at bigint;
create unique index app_secrets_by_public_id on app_secrets (app_id, public_id);

-- Token ids (JWT `jti`) that were seen, by their SHA-256 in hex, until no token with them can be taken any more.
create table token_ids (
    app_id bigint not null references apps (id) on delete cascade,
    jti_hash text collate "C" not null,
    expires_at bigint not null,
    primary key (app_id, jti_hash)
) strict, without rowid;

create index token_ids_by_age on token_ids (expires_at);

-- The server's own key pairs: tokens are encrypted to them, and the audit log is signed by them. The private half is sealed.
create table server_keys (
    id bigint identity primary key,
    kid text not null unique,
    purpose text not null check (purpose in ('encryption', 'audit')),
    sealed bytea not null,
    public_key bytea not null,
    created_at bigint not null,
    retires_at bigint
) strict;

-- Signed places of an audit chain: who changes the log without the key cannot change these with it.
create table audit_checkpoints (
    account_id bigint not null references accounts (id),
    seq bigint not null,
    -- The number of the one before, 0 for the first: none can be taken out of their row.
    previous_seq bigint not null,
    hash bytea not null,
    at bigint not null,
    kid text not null,
    signature bytea not null,
    primary key (account_id, seq)
) strict, without rowid;
