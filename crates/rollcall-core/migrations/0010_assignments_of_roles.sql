-- Who has a role, be it a user or a group, on a bot or on none: each of the four unique indexes finds a part of them, and who
-- removes a role, or looks who has one, would read the assignments of everybody.
create index assignments_by_role on assignments (role_id);
