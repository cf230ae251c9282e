-- The tasks of one user, whether of all dialogs or of some: neither of the two unique indexes finds both, and who removes a
-- user, or looks one up, would read the tasks of everybody.
create index task_grants_by_user on task_grants (user_id);
