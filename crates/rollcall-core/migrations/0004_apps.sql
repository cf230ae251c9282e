-- Client apps, their secrets (sealed under the installation key), why their tokens were refused, and safe retries.

create table apps (
    id bigint identity primary key,
    account_id bigint not null references accounts (id),
    client_id text not null unique,
    name text not null,
    name_key text collate "C" not null,
    algorithm text not null,
    scopes text not null,
    created_at bigint not null,
    updated_at bigint not null,
    last_used_at bigint,
    unique (account_id, id),
    unique (account_id, name_key)
) strict;

create table app_secrets (
    id bigint identity primary key,
    app_id bigint not null references apps (id) on delete cascade,
    sealed bytea not null,
    created_at bigint not null,
    expires_at bigint
) strict;

create index app_secrets_by_app on app_secrets (app_id);

create table app_refusals (
    app_id bigint not null references apps (id) on delete cascade,
    reason text collate "C" not null,
    refused bigint not null,
    last_at bigint not null,
    primary key (app_id, reason)
) strict, without rowid;

create table idempotency_keys (
    app_id bigint not null references apps (id) on delete cascade,
    idempotency_key text collate "C" not null,
    fingerprint bytea not null,
    status bigint not null,
    body bytea not null,
    created_at bigint not null,
    primary key (app_id, idempotency_key)
) strict;

create index idempotency_keys_by_age on idempotency_keys (created_at);
