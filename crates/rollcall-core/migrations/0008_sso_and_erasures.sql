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
