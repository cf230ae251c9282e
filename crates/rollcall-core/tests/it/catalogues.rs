//! Both databases have the same schema: one description of the tables, which each must give of itself out of its own
//! catalogue. A change of it is a change for everybody who has data, so it is read in the snapshot.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rollcall_core::Rollcall;
use rollcall_core::clock::SystemClock;
use rollcall_testkit::TestDatabase;

#[test]
fn both_databases_have_the_same_tables() {
    insta::assert_snapshot!("catalogue", described(&sqlite()));
    // On PostgreSQL where the tests run on it.
    insta::assert_snapshot!("catalogue", described(&TestDatabase::migrated()));
}

#[test]
fn texts_that_are_ordered_are_ordered_by_their_bytes_on_both_databases() {
    let ordered = ordered();
    for well_known in ["accounts.name_key", "app_refusals.reason", "installation.name", "users.email_key"] {
        assert!(ordered.contains(well_known), "{well_known} is missing in {ordered:?}");
    }
    let said = said_to_be_ordered_by_bytes();
    assert_eq!(said.difference(&all_texts()).collect::<Vec<_>>(), [""; 0], "the migrations are read rightly");
    assert_eq!(ordered.difference(&said).collect::<Vec<_>>(), [""; 0], "these need `collate \"C\"` in their migration");
    let database = TestDatabase::migrated();
    let by_bytes = match TestDatabase::is_postgres() {
        true => {
            "select c.relname || '.' || a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid \
                 join pg_collation o on o.oid = a.attcollation where c.relkind = 'r' and o.collname = 'C' \
                 and c.relnamespace = current_schema()::regnamespace"
        }
        // What is in no index is compared as it is declared, and nothing is declared to be compared otherwise.
        false => {
            "select m.name || '.' || c.name from sqlite_schema as m join pragma_table_xinfo(m.name) as c \
                  where m.type = 'table' and m.sql not like '%collate%' and not exists (select 1 from \
                  pragma_index_list(m.name) as l join pragma_index_xinfo(l.name) as i where i.name = c.name \
                  and i.coll <> 'BINARY')"
        }
    };
    let by_bytes: BTreeSet<String> = column(&database, by_bytes).into_iter().collect();
    assert_eq!(ordered.difference(&by_bytes).collect::<Vec<_>>(), [""; 0]);
}

/// Who removes something looks for all that refers to it: without such an index among the rows of every account.
#[test]
fn what_refers_to_something_that_can_go_is_found_by_an_index() {
    let database = sqlite();
    let tables = column(&database, "select name from sqlite_schema where type = 'table'");
    let mut without = Vec::new();
    for table in tables {
        let rules = sqlite_rules(&database, &table);
        // Its columns, and the condition, which may leave out nothing but what refers to nothing.
        let indexes: Vec<(Vec<&str>, &str)> = rules
            .iter()
            .filter(|rule| !rule.starts_with("foreign key"))
            .filter_map(|rule| rule.split_once('(')?.1.split_once(')'))
            .map(|(columns, condition)| (columns.split(", ").collect(), condition))
            .collect();
        for rule in rules.iter().filter(|rule| rule.starts_with("foreign key")) {
            let (from, _) = rule["foreign key (".len()..].split_once(')').unwrap();
            // Accounts never go.
            let wanted: BTreeSet<&str> = from.split(", ").filter(|column| *column != "account_id").collect();
            let finds = |(columns, condition): &(Vec<&str>, &str)| {
                let first = columns.iter().find(|column| **column != "account_id");
                first.is_some_and(|column| {
                    let is_set = format!(" where {column} is not null");
                    wanted.contains(column) && (condition.is_empty() || *condition == is_set)
                })
            };
            if !wanted.is_empty() && !indexes.iter().any(finds) {
                without.push(format!("{table} ({from})"));
            }
        }
    }
    assert_eq!(without, [""; 0]);
}

fn sqlite() -> TestDatabase {
    let database = TestDatabase::sqlite();
    Rollcall::migrate(&database.database(), &SystemClock).unwrap();
    database
}

/// The rows of an answer; what is null is empty.
fn rows<const N: usize>(database: &TestDatabase, sql: &str) -> Vec<[String; N]> {
    let row = |row: Vec<Option<String>>| {
        let cells: Vec<String> = row.into_iter().map(Option::unwrap_or_default).collect();
        cells.try_into().unwrap()
    };
    database.query(sql).into_iter().map(row).collect()
}

fn column(database: &TestDatabase, sql: &str) -> Vec<String> {
    rows(database, sql).into_iter().map(|[cell]| cell).collect()
}

/// Every table: its columns in their order, then its rules in the order of their text.
fn described(database: &TestDatabase) -> String {
    let (tables, columns, rules): (_, Describe, Describe) = match database.folder() {
        Some(_) => ("select name from sqlite_schema where type = 'table'", sqlite_columns, sqlite_rules),
        None => (
            "select relname from pg_class where relkind = 'r' and relnamespace = current_schema()::regnamespace",
            postgres_columns,
            postgres_rules,
        ),
    };
    let tables: BTreeSet<String> = column(database, tables).into_iter().collect();
    let mut out = String::new();
    for table in tables {
        let rules: BTreeSet<String> = rules(database, &table).into_iter().collect();
        let lines: Vec<String> = columns(database, &table).into_iter().chain(rules).collect();
        out += &format!("{table}\n    {}\n", lines.join("\n    "));
    }
    out
}

type Describe = fn(&TestDatabase, &str) -> Vec<String>;

fn described_column([name, kind, is_needed, default, is_identity]: [String; 5]) -> String {
    // PostgreSQL says of which kind it is.
    let default = default.trim_end_matches("::text");
    let default = if default.is_empty() { String::new() } else { format!(" default {default}") };
    let said = |flag: &str, text: &'static str| if flag == "1" { text } else { "" };
    format!("{name} {kind}{}{default}{}", said(&is_needed, " not null"), said(&is_identity, " identity"))
}

/// A condition without the brackets and the kinds of values that only one of the databases writes.
fn condition(sql: &str) -> String {
    match sql.to_lowercase().split_once(" where ") {
        Some((_, condition)) => format!(" where {}", condition.replace(['(', ')'], "").replace("::text", "")),
        None => String::new(),
    }
}

fn sqlite_columns(database: &TestDatabase, table: &str) -> Vec<String> {
    // The number of a row is its id where the one column of the key is an integer.
    let sql = format!(
        "select c.name, lower(c.type), c.\"notnull\" or c.pk > 0, c.dflt_value, \
         m.sql like '% ' || c.name || ' integer primary key%' and m.sql not like '%without rowid%' \
         from sqlite_schema as m join pragma_table_xinfo(m.name) as c where m.name = '{table}' order by c.cid"
    );
    rows(database, &sql).into_iter().map(described_column).collect()
}

fn sqlite_rules(database: &TestDatabase, table: &str) -> Vec<String> {
    let key = format!("select name from pragma_table_xinfo('{table}') where pk > 0 order by pk");
    let mut out = vec![format!("primary key ({})", column(database, &key).join(", "))];
    let indexes = format!(
        "select l.name, l.\"unique\", l.origin, m.sql, (select group_concat(i.name, ', ') from \
         (select name from pragma_index_info(l.name) order by seqno) as i) \
         from pragma_index_list('{table}') as l left join sqlite_schema as m on m.name = l.name where l.origin <> 'pk'"
    );
    for [name, is_unique, origin, sql, columns] in rows(database, &indexes) {
        let unique = if is_unique == "1" { "unique " } else { "" };
        let name = if origin == "c" { format!("index {name} ") } else { String::new() };
        out.push(format!("{unique}{name}({columns}){}", condition(&sql)));
    }
    let references = format!(
        "select \"table\", lower(on_delete), group_concat(\"from\", ', '), group_concat(\"to\", ', ') from \
         (select * from pragma_foreign_key_list('{table}') order by id, seq) group by id, \"table\", on_delete"
    );
    for [other, on_delete, from, to] in rows(database, &references) {
        let on_delete = if on_delete == "no action" { String::new() } else { format!(" on delete {on_delete}") };
        out.push(format!("foreign key ({from}) references {other} ({to}){on_delete}"));
    }
    let sql = column(database, &format!("select sql from sqlite_schema where name = '{table}'")).remove(0);
    out.push(format!("{} checks", sql.matches("check (").count()));
    out
}

fn postgres_columns(database: &TestDatabase, table: &str) -> Vec<String> {
    // What SQLite keeps as an integer or a blob.
    let sql = format!(
        "select a.attname, case a.atttypid when 'bigint'::regtype then 'integer' when 'boolean'::regtype then 'integer' \
         when 'bytea'::regtype then 'blob' else a.atttypid::regtype::text end, a.attnotnull, \
         pg_get_expr(d.adbin, d.adrelid), a.attidentity = 'd' \
         from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum \
         where a.attrelid = '{table}'::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum"
    );
    rows(database, &sql).into_iter().map(described_column).collect()
}

fn postgres_rules(database: &TestDatabase, table: &str) -> Vec<String> {
    let of = format!("= '{table}'::regclass");
    let constraints =
        format!("select pg_get_constraintdef(oid) from pg_constraint where conrelid {of} and contype <> 'c'");
    let spaced = |text: String| match text.split_once(" REFERENCES ") {
        Some((from, to)) => format!("{from} references {}", to.replacen('(', " (", 1)).to_lowercase(),
        None => text.to_lowercase(),
    };
    let mut out: Vec<String> = column(database, &constraints).into_iter().map(spaced).collect();
    let indexes = format!(
        "select c.relname, i.indisunique, pg_get_indexdef(i.indexrelid), \
         (select string_agg(pg_get_indexdef(i.indexrelid, n, true), ', ' order by n) \
         from generate_series(1, i.indnatts::int) as n) \
         from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid {of} \
         and not exists (select from pg_constraint where conindid = i.indexrelid and contype in ('p', 'u'))"
    );
    for [name, is_unique, sql, columns] in rows(database, &indexes) {
        let unique = if is_unique == "1" { "unique " } else { "" };
        out.push(format!("{unique}index {name} ({columns}){}", condition(&sql)));
    }
    let checks = format!("select count(*) from pg_constraint where conrelid {of} and contype = 'c'");
    out.push(format!("{} checks", database.number(&checks)));
    out
}

/// Every column of text, as `table.column`.
fn all_texts() -> BTreeSet<String> {
    let sql = "select m.name || '.' || c.name from sqlite_schema as m join pragma_table_xinfo(m.name) as c \
               where m.type = 'table' and lower(c.type) = 'text'";
    column(&sqlite(), sql).into_iter().collect()
}

/// The columns of text whose order counts: those of primary keys, those that stand for another one in comparisons, and
/// those that a statement of the store orders by.
fn ordered() -> BTreeSet<String> {
    let keys = "select m.name || '.' || c.name from sqlite_schema as m join pragma_table_xinfo(m.name) as c \
                where m.type = 'table' and c.pk > 0";
    let keys: BTreeSet<String> = column(&sqlite(), keys).into_iter().collect();
    let by_statements = ordered_by_statements();
    let counts = |text: &String| {
        let column = text.rsplit('.').next().unwrap();
        keys.contains(text) || column.ends_with("_key") || by_statements.contains(column)
    };
    all_texts().into_iter().filter(counts).collect()
}

fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let listed = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
    let mut files: Vec<PathBuf> = listed.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == ending));
    files.sort_unstable();
    files
}

/// The names of the columns in every `order by` of the store's files, but for questions about SQLite's own catalogue.
fn ordered_by_statements() -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for text in files("src/store", "rs").iter().map(|path| std::fs::read_to_string(path).unwrap()) {
        let is_ours = |line: &&str| !line.contains("pragma_") && !line.contains("sqlite_");
        for list in text.lines().filter(is_ours).filter_map(|line| line.split_once("order by ")) {
            let list = list.1.split(['"', '\\', ')']).next().unwrap().split(" limit ").next().unwrap();
            let names = list.split(',').filter_map(|term| term.split_whitespace().next());
            out.extend(names.map(|name| name.rsplit('.').next().unwrap().to_owned()));
        }
    }
    assert!(out.contains("name_key") && out.contains("id"), "{out:?}");
    out
}

/// The columns that the migrations give the order of bytes, which PostgreSQL has to be told.
fn said_to_be_ordered_by_bytes() -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut table = String::new();
    for text in files("migrations", "sql").iter().map(|path| std::fs::read_to_string(path).unwrap()) {
        for line in text.lines().map(str::trim_start) {
            let word = |n: usize| line.split_whitespace().nth(n).unwrap_or_default();
            if line.starts_with("create table ") {
                word(2).clone_into(&mut table);
            } else if line.starts_with("alter table ") && line.contains(" text collate \"C\"") {
                out.insert(format!("{}.{}", word(2), word(5)));
            } else if line.contains(" text collate \"C\"") {
                out.insert(format!("{table}.{}", word(0)));
            }
        }
    }
    out
}
