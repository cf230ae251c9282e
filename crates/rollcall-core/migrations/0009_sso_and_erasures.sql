-- How people are to sign in: one row for each account that has single sign-on on.
create table sso_settings (
    account_id bigint not null references accounts (id),
    protocol text not null check (protocol in ('saml', 'wsfed', 'oidc')),
    provider text,
    sign_on_url text,
    issuer text not null,
    client_id text,
    -- JSON: a list of certificates, each the base64 of its DER.
    certificates text not null,
    omit_context boolean not null,
    -- JSON: how attributes become roles and groups; null where they do not.
    mapping text,
    restrict_onboarding boolean not null,
    skip_2fa_idp boolean not null,
    skip_2fa_sp boolean not null,
    modified_at bigint not null,
    -- Who changed it last, as the audit log names them.
    modified_by text not null,
    modified_by_name text not null,
    primary key (account_id)
) strict;

-- Whose personal data is to be erased, and how far that is. Ids alone: what is erased must not stand here.
create table erasures (
    id bigint identity primary key,
    account_id bigint not null references accounts (id),
    public_id text not null,
    requested_by text not null,
    from_all_bots boolean not null,
    -- JSON: a list of public ids.
    bots text not null,
    created_at bigint not null,
    updated_at bigint not null,
    unique (account_id, id),
    unique (account_id, public_id)
) strict;

create table erasure_users (
    account_id bigint not null,
    erasure_id bigint not null,
    place bigint not null,
    -- No reference: the user may be removed, and the request still tells of them.
    user_public_id text not null,
    state text not null check (state in ('pending', 'done', 'failed')),
    failure text,
    primary key (erasure_id, place),
    foreign key (account_id, erasure_id) references erasures (account_id, id) on delete cascade
) strict, without rowid;

create index erasure_users_pending on erasure_users (account_id, erasure_id, place) where state = 'pending';
