-- What happened (the audit log and its chain), what is to be sent (the outbox), and open invitations.

create table audit_events (
    id bigint identity primary key,
    account_id bigint not null references accounts (id),
    at bigint not null,
    actor_kind text not null,
    actor_id text not null,
    actor_name text not null,
    ip text,
    category text not null,
    name text not null,
    target text not null,
    description text not null,
    state_before text,
    state_after text,
    -- Null until sealed: the number in the chain, the hash of the event before, and the event's own.
    seq bigint,
    previous_hash bytea,
    hash bytea,
    unique (account_id, seq)
) strict;

create index audit_events_unsealed on audit_events (account_id, id) where seq is null;

create table outbox (
    id bigint identity primary key,
    account_id bigint not null references accounts (id),
    -- Whom the message is to; it goes when they go.
    user_id bigint not null,
    kind text not null,
    payload bytea not null,
    created_at bigint not null,
    next_at bigint not null,
    attempts bigint not null,
    last_error text,
    foreign key (account_id, user_id) references users (account_id, id) on delete cascade
) strict;

create index outbox_by_due on outbox (account_id, next_at, id);
create index outbox_by_user on outbox (user_id);

create table invitations (
    id bigint identity primary key,
    account_id bigint not null,
    user_id bigint not null,
    token_hash bytea not null unique,
    state text not null check (state in ('open', 'accepted', 'revoked')),
    created_at bigint not null,
    expires_at bigint not null,
    foreign key (account_id, user_id) references users (account_id, id) on delete cascade
) strict;

create index invitations_by_user on invitations (user_id);
