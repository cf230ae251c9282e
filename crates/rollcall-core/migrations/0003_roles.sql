-- Roles, bots with their dialog tasks, and who holds or may use which.

create table roles (
    id bigint identity primary key,
    account_id bigint not null references accounts (id),
    public_id text not null,
    ref_id text not null,
    kind text not null check (kind in ('admin', 'bot')),
    name text not null,
    name_key text collate "C" not null,
    description text not null,
    permissions text not null,
    built_in boolean not null,
    created_at bigint not null,
    updated_at bigint not null,
    unique (account_id, id),
    unique (account_id, public_id),
    unique (account_id, kind, name_key)
) strict;

create table bots (
    id bigint identity primary key,
    account_id bigint not null references accounts (id),
    public_id text not null,
    name text not null,
    name_key text collate "C" not null,
    description text not null,
    owner_id bigint,
    published boolean not null,
    audience text not null check (audience in ('enterprise', 'consumer')),
    created_at bigint not null,
    updated_at bigint not null,
    unique (account_id, id),
    unique (account_id, public_id),
    unique (account_id, name_key),
    foreign key (account_id, owner_id) references users (account_id, id)
) strict;

create index bots_by_owner on bots (owner_id) where owner_id is not null;

create table dialogs (
    id bigint identity primary key,
    account_id bigint not null,
    bot_id bigint not null,
    public_id text not null,
    name text not null,
    name_key text collate "C" not null,
    unique (bot_id, id),
    unique (account_id, public_id),
    unique (bot_id, name_key),
    foreign key (account_id, bot_id) references bots (account_id, id) on delete cascade
) strict;

-- A role of a user or of a group; for a bot role, on one bot.
create table assignments (
    id bigint identity primary key,
    account_id bigint not null,
    role_id bigint not null,
    bot_id bigint,
    user_id bigint,
    group_id bigint,
    since bigint not null,
    added_by text not null,
    via text not null,
    expires_at bigint,
    foreign key (account_id, role_id) references roles (account_id, id) on delete cascade,
    foreign key (account_id, bot_id) references bots (account_id, id) on delete cascade,
    foreign key (account_id, user_id) references users (account_id, id) on delete cascade,
    foreign key (account_id, group_id) references groups (account_id, id) on delete cascade,
    check ((user_id is null) <> (group_id is null))
) strict;

create unique index assignments_admin_user on assignments (role_id, user_id) where user_id is not null and bot_id is null;
create unique index assignments_bot_user on assignments (role_id, bot_id, user_id) where user_id is not null and bot_id is not null;
create unique index assignments_admin_group on assignments (role_id, group_id) where group_id is not null and bot_id is null;
create unique index assignments_bot_group on assignments (role_id, bot_id, group_id) where group_id is not null and bot_id is not null;
create index assignments_by_user on assignments (user_id) where user_id is not null;
create index assignments_by_group on assignments (group_id) where group_id is not null;
create index assignments_by_bot on assignments (bot_id) where bot_id is not null;

-- Which dialog tasks of a bot a user may use; dialog_id null: all of them, also those that come later.
create table task_grants (
    id bigint identity primary key,
    account_id bigint not null,
    user_id bigint not null,
    bot_id bigint not null,
    dialog_id bigint,
    foreign key (account_id, user_id) references users (account_id, id) on delete cascade,
    foreign key (account_id, bot_id) references bots (account_id, id) on delete cascade,
    foreign key (bot_id, dialog_id) references dialogs (bot_id, id) on delete cascade
) strict;

create unique index task_grants_dialog on task_grants (user_id, bot_id, dialog_id) where dialog_id is not null;
create unique index task_grants_all on task_grants (user_id, bot_id) where dialog_id is null;
create index task_grants_by_bot on task_grants (bot_id, dialog_id);
