-- Who holds a role for bots, on any bot, and who holds any role on a bot: a part of them at a time, in the order of their
-- creation, without reading those before and after it.
create index assignments_bot_role_users on assignments (role_id, user_id) where user_id is not null and bot_id is not null;
create index assignments_on_bot_users on assignments (bot_id, user_id) where user_id is not null and bot_id is not null;
create index assignments_on_bot_groups on assignments (bot_id, group_id) where group_id is not null and bot_id is not null;

-- Invitations that nobody has come in by, as they come to their end: how many of them have, or soon will.
create index invitations_open on invitations (account_id, expires_at) where state = 'open';
