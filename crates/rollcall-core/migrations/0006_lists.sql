-- What the pages of bots, of users and of the audit log are found by.

insert into page_counts (account_id, kind, bucket, row_count)
select account_id, 'bots', id / 1000, count(*) from bots group by account_id, id / 1000;

-- Users are counted by whole runs: into the last one more may come.
insert into page_counts (account_id, kind, bucket, row_count)
select u.account_id, 'users', u.id / 1000, count(*) from users u
where u.id / 1000 < (select max(v.id) / 1000 from users v where v.account_id = u.account_id)
group by u.account_id, u.id / 1000;

-- Between which times the events of each run of a thousand numbers of an audit chain happened.
create table audit_runs (
    account_id bigint not null references accounts (id),
    run bigint not null,
    first_at bigint not null,
    last_at bigint not null,
    primary key (account_id, run)
) strict, without rowid;

insert into audit_runs (account_id, run, first_at, last_at)
select account_id, seq / 1000, min(at), max(at) from audit_events where seq is not null group by account_id, seq / 1000;
