-- What keeps pages flat at any size: counts of blocks of runs beside those of shorter runs, and the times of blocks of
-- runs of the audit log.

drop table page_counts;

-- How many rows of a kind an account has in each run of 200 internal ids (level 0), and in each block of 200 runs (level 1).
create table page_counts (
    account_id bigint not null references accounts (id),
    kind text collate "C" not null,
    level bigint not null,
    bucket bigint not null,
    row_count bigint not null,
    primary key (account_id, kind, level, bucket)
) strict, without rowid;

insert into page_counts (account_id, kind, level, bucket, row_count)
select account_id, 'groups', 0, id / 200, count(*) from groups group by account_id, id / 200;

insert into page_counts (account_id, kind, level, bucket, row_count)
select account_id, 'bots', 0, id / 200, count(*) from bots group by account_id, id / 200;

insert into page_counts (account_id, kind, level, bucket, row_count)
select account_id, kind || ' roles', 0, id / 200, count(*) from roles group by account_id, kind, id / 200;

-- Users are counted by whole runs: into the last one more may come.
insert into page_counts (account_id, kind, level, bucket, row_count)
select u.account_id, 'users', 0, u.id / 200, count(*) from users u
join (select account_id, max(id) / 200 as run from users group by account_id) as l on l.account_id = u.account_id
where u.id / 200 < l.run group by u.account_id, u.id / 200;

insert into page_counts (account_id, kind, level, bucket, row_count)
select account_id, kind, 1, bucket / 200, sum(row_count) from page_counts where level = 0
group by account_id, kind, bucket / 200;

-- Between which times the events of each run, of 200 numbers now, and of each block of 200 runs happened.
delete from audit_runs;

insert into audit_runs (account_id, run, first_at, last_at)
select account_id, seq / 200, min(at), max(at) from audit_events where seq is not null group by account_id, seq / 200;

create table audit_blocks (
    account_id bigint not null references accounts (id),
    block bigint not null,
    first_at bigint not null,
    last_at bigint not null,
    primary key (account_id, block)
) strict, without rowid;

insert into audit_blocks (account_id, block, first_at, last_at)
select account_id, run / 200, min(first_at), max(last_at) from audit_runs group by account_id, run / 200;
