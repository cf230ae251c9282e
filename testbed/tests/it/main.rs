//! Clusters from outside: started, stopped, killed, frozen and gone. What they are good for is tested by their users.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rollcall_testbed::{Cluster, Options};

/// No test ends by this time; one that reaches it has failed. The server gives up mute clients itself after a minute.
const LONG: Duration = Duration::from_secs(30);

fn started() -> Cluster {
    Cluster::start(&Options::default()).expect("a cluster starts")
}

/// The folder that holds the cluster's data, socket, log and lock.
fn home(cluster: &Cluster) -> PathBuf {
    cluster.folder().parent().expect("the data lies in it").to_owned()
}

fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !matches!(stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next()), None | Some('Z' | 'X'))
}

/// A connection that is served by a process of its own: the end of that process is the end of the connection.
fn connection(home: &Path) -> UnixStream {
    let mut stream = UnixStream::connect(home.join(".s.PGSQL.5432")).expect("the server listens");
    stream.set_read_timeout(Some(LONG)).expect("a time above zero");
    // "May we encrypt?" is answered by the new process. Before it has spoken it might not be there yet.
    stream.write_all(&[0, 0, 0, 8, 4, 210, 22, 47]).expect("the server reads");
    stream.read_exact(&mut [0]).expect("the server answers");
    stream
}

#[test]
fn a_cluster_answers_with_the_order_of_people_and_its_settings() {
    let settings = [("fsync", "on"), ("cluster_name", "it's mine")];
    let cluster = Cluster::start(&Options { settings: &settings, ..Options::default() }).unwrap();
    let ask = |sql| cluster.psql("postgres", sql).unwrap();
    assert_eq!(ask("select 1, 'x'; select 2"), "1|x\n2");
    assert_eq!(ask("select 'a' < 'B'"), "t", "bytes would be the other way round");
    assert_eq!(ask("show fsync; show jit; show max_connections"), "on\noff\n200");
    assert_eq!(ask("show listen_addresses; show server_encoding; select current_user"), "\nUTF8\nrollcall");
    assert_eq!(ask("show cluster_name"), "it's mine");
    let refused = cluster.psql("postgres", "select 1; select nonsense; select 2").unwrap_err();
    assert!(refused.contains("\"nonsense\" does not exist"), "{refused}");
    assert!(cluster.psql("none", "select 1").unwrap_err().contains("\"none\" does not exist"));
    let mode = std::fs::metadata(home(&cluster)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_long_text_with_a_long_answer_comes_through() {
    let cluster = started();
    let rows = 100_000;
    let sql = format!("-- {}\nselect repeat('x', 10) from generate_series(1, {rows});\n", "y".repeat(90)).repeat(2);
    let answer = cluster.psql("postgres", &format!("{sql}{}", "-- z\n".repeat(100_000))).unwrap();
    assert_eq!(answer.lines().count(), 2 * rows);
}

#[test]
fn two_clusters_know_nothing_of_each_other_and_tcp_is_for_those_who_ask() {
    let options = Options { tcp: true, ..Options::default() };
    let (one, two) = (Cluster::start(&options).unwrap(), Cluster::start(&options).unwrap());
    assert_ne!(one.tcp_url("x"), two.tcp_url("x"));
    one.psql("postgres", "create database mine").unwrap();
    assert!(two.psql("mine", "select 1").is_err());
    let port = one.tcp_url("").rsplit_once(':').unwrap().1.trim_end_matches('/').parse::<u16>().unwrap();
    assert_eq!(one.psql("mine", "show port").unwrap(), port.to_string());
    drop(std::net::TcpStream::connect(("127.0.0.1", port)).unwrap());
}

#[test]
fn a_stopped_cluster_starts_again_with_its_data_at_the_same_place() {
    let mut cluster = Cluster::start(&Options { tcp: true, ..Options::default() }).unwrap();
    let urls = (cluster.url("x"), cluster.tcp_url("x"));
    cluster.psql("postgres", "create table kept as select 7 as x").unwrap();
    let pid = cluster.pid().unwrap();
    cluster.stop().unwrap();
    cluster.stop().unwrap();
    assert!(!runs(pid) && cluster.pid().is_none());
    assert!(cluster.psql("postgres", "select 1").is_err() && cluster.freeze().is_err() && cluster.thaw().is_err());
    cluster.start_again().unwrap();
    cluster.start_again().unwrap();
    assert_eq!(cluster.psql("postgres", "select x from kept").unwrap(), "7");
    assert_eq!((cluster.url("x"), cluster.tcp_url("x")), urls);
}

#[test]
fn a_killed_cluster_is_gone_at_once_and_keeps_what_was_committed() {
    let mut cluster = started();
    for round in 0..3 {
        cluster.psql("postgres", &format!("create table kept_{round} as select {round} as x")).unwrap();
        let mut client = connection(&home(&cluster));
        let pid = cluster.pid().unwrap();
        cluster.kill().unwrap();
        assert!(!runs(pid));
        assert_eq!(client.read(&mut [0; 1]).unwrap_or(0), 0, "the connection is cut");
        cluster.start_again().unwrap();
        assert_eq!(cluster.psql("postgres", &format!("select x from kept_{round}")).unwrap(), round.to_string());
    }
    assert!(cluster.log().contains("was not properly shut down"), "{}", cluster.log());
}

#[test]
fn a_killed_cluster_leaves_no_shared_memory_to_the_machine() {
    let mut cluster = started();
    let state = std::fs::read_to_string(cluster.folder().join("postmaster.pid")).unwrap();
    // The line of key and id, as the system lists them too.
    let id = state.lines().nth(6).and_then(|line| line.split_whitespace().last()).unwrap();
    let is_there = || {
        let list = std::fs::read_to_string("/proc/sysvipc/shm").unwrap();
        list.lines().any(|line| line.split_whitespace().nth(1) == Some(id))
    };
    cluster.kill().unwrap();
    assert!(is_there());
    drop(cluster);
    assert!(!is_there());
}

#[test]
fn a_frozen_cluster_answers_when_it_is_thawed() {
    let cluster = started();
    let (answer, answered) = channel();
    cluster.freeze().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| answer.send(cluster.psql("postgres", "select 5")));
        assert_eq!(answered.recv_timeout(Duration::from_millis(300)), Err(RecvTimeoutError::Timeout));
        cluster.thaw().unwrap();
        assert_eq!(answered.recv_timeout(LONG), Ok(Ok("5".to_owned())));
    });
    // A frozen one can be killed, stopped and dropped like any other.
    let mut cluster = cluster;
    cluster.freeze().unwrap();
    cluster.kill().unwrap();
    cluster.start_again().unwrap();
    cluster.freeze().unwrap();
    cluster.stop().unwrap();
    cluster.start_again().unwrap();
    let (pid, home) = (cluster.pid().unwrap(), home(&cluster));
    cluster.freeze().unwrap();
    drop(cluster);
    assert!(!runs(pid) && !home.exists());
}

#[test]
fn nothing_is_left_of_a_dropped_cluster_even_by_a_panic() {
    let cluster = started();
    let (pid, home) = (cluster.pid().unwrap(), home(&cluster));
    assert!(runs(pid) && home.exists());
    let caught = std::thread::spawn(move || {
        let _cluster = cluster;
        panic!("as a failing test does");
    });
    assert!(caught.join().is_err());
    assert!(!runs(pid) && !home.exists());
}

#[test]
fn the_thread_that_starts_a_cluster_may_end_before_it() {
    let cluster = std::thread::spawn(started).join().unwrap();
    assert_eq!(cluster.psql("postgres", "select 1").unwrap(), "1");
}

#[test]
fn what_is_prepared_becomes_the_servers_own() {
    let prepare = |data: &Path| {
        std::fs::write(data.join("pg_hba.conf"), "local postgres all trust\nlocal all all reject\n")?;
        let key = data.join("included.conf");
        std::fs::write(&key, "work_mem = '7MB'\n")?;
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600))
    };
    let settings = [("include", "included.conf")];
    let options = Options { settings: &settings, prepare: Some(&prepare), ..Options::default() };
    let mut cluster = Cluster::start(&options).unwrap();
    assert_eq!(cluster.psql("postgres", "show work_mem").unwrap(), "7MB");
    assert!(cluster.psql("template1", "select 1").unwrap_err().contains("rejects"));
    cluster.stop().unwrap();
    std::fs::write(cluster.folder().join("pg_hba.conf"), "local all all trust\n").unwrap();
    cluster.start_again().unwrap();
    assert_eq!(cluster.psql("template1", "select 1").unwrap(), "1");
}

#[test]
fn a_cluster_that_does_not_start_says_why_and_leaves_nothing() {
    let seen = std::cell::RefCell::new(PathBuf::new());
    let prepare = |data: &Path| {
        seen.replace(data.to_owned());
        Ok(())
    };
    let options = Options { settings: &[("nonsense", "1")], prepare: Some(&prepare), ..Options::default() };
    let error = Cluster::start(&options).err().unwrap();
    assert!(error.contains("unrecognized configuration parameter \"nonsense\""), "{error}");
    assert!(seen.borrow().ends_with("data") && !seen.borrow().parent().unwrap().exists());

    let refusing = |_: &Path| Err(std::io::Error::other("no certificate"));
    let error = Cluster::start(&Options { prepare: Some(&refusing), ..Options::default() }).err().unwrap();
    assert!(error.contains("no certificate"), "{error}");
}

/// Set for the program that [`a_killed_program_takes_its_cluster_along`] starts: this one, for one test alone.
const HOLDER: &str = "ROLLCALL_TESTBED_HOLDER";

#[test]
fn a_killed_program_takes_its_cluster_along() {
    if std::env::var_os(HOLDER).is_some() {
        let cluster = started();
        println!("\nhome={}", home(&cluster).display());
        let _ = std::io::stdout().flush();
        // Until it is killed, or the other program is gone.
        let _ = std::io::stdin().read(&mut [0; 1]);
        return;
    }
    let mut holder = Command::new(std::env::current_exe().unwrap());
    holder.args(["--exact", "a_killed_program_takes_its_cluster_along", "--nocapture"]).env(HOLDER, "1");
    let mut holder = holder.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines().map_while(Result::ok);
    let home = PathBuf::from(lines.find_map(|line| line.strip_prefix("home=").map(str::to_owned)).unwrap());
    let mut client = connection(&home);
    holder.kill().unwrap();
    holder.wait().unwrap();
    // A read that waits too long would be an error.
    client.read_to_end(&mut Vec::new()).unwrap();
    // The next start removes what is left, unless another test's start is just about it.
    let begin = Instant::now();
    while home.exists() {
        assert!(begin.elapsed() < LONG, "{} is still there", home.display());
        drop(started());
    }
}
