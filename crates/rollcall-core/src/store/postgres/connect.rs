//! Making a connection: TLS, login, the settings that the store relies on, and what a server must have.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use tokio::time::timeout;
use tokio_postgres::error::SqlState;

use super::{Address, Session, failure};
use crate::error::{Error, Result};
use crate::store::Row;

/// How long a new connection may take altogether, TLS and login included.
const CONNECT: Duration = Duration::from_secs(10);
/// How much longer than a statement, where that is less.
const LONGER: Duration = Duration::from_secs(1);

impl Session {
    /// Connects and makes the settings that the store relies on.
    pub(super) fn connect(
        address: &Address,
        patience: Duration,
        statements: &Arc<AtomicU64>,
        slot: i64,
    ) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Error::internal(format!("no runtime: {e}")))?;
        let tls = address.tls().connector()?;
        let connected =
            runtime.block_on(async { timeout(CONNECT.min(patience + LONGER), address.config().connect(tls)).await });
        let (client, connection) = match connected {
            Ok(Ok(connected)) => connected,
            Ok(Err(error)) => return Err(refused(&error)),
            Err(_) => return Err(Error::unreachable("the database did not answer a new connection in time")),
        };
        let connection = runtime.spawn(async move {
            // How it ended is told to whoever uses the client.
            let _ = connection.await;
        });
        let mut session = Self {
            client: Some(client),
            connection: Some(connection),
            runtime,
            statements: Arc::clone(statements),
            prepared: RefCell::default(),
            of_many: RefCell::default(),
            waiting: RefCell::default(),
            is_open: Cell::new(false),
            remedy: Cell::new(None),
            is_mute: Cell::new(false),
            changes: Cell::new(0),
            trace: RefCell::new(None),
            held: RefCell::default(),
            gathers: Cell::new(false),
            wants_alone: Cell::new(false),
            raised: Cell::new(None),
            stamp: Cell::new(None),
            last_used: Cell::new(Instant::now()),
            patience,
            slot,
            schema: String::new(),
        };
        session.prepare_server()?;
        Ok(session)
    }

    fn prepare_server(&mut self) -> Result<()> {
        // A lock is waited for shorter than a statement may take, so that the error says what it is. The server ends a
        // transaction whose client is gone, because others wait for its locks. A commit that is not on the disk is none.
        // Every statement looks things up by a key. The planner takes the groups above a few for a thousand, and would read
        // whole tables for them: plans that use keys alone cost the same at any size, whatever it knows of the tables.
        self.batch(&format!(
            "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set jit = off; \
             set statement_timeout = {patience}; set lock_timeout = {lock}; set idle_in_transaction_session_timeout = 60000; \
             set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3; \
             set client_min_messages = warning; set default_transaction_isolation = 'read committed'",
            patience = self.patience.as_millis(),
            lock = self.patience.as_millis() * 4 / 5,
        ))?;
        let mut found = None;
        // Not counted: what a connection costs once is no part of the work that it is made for.
        self.run(
            "select current_schema()::text, current_setting('server_version_num'), current_setting('server_encoding'), \
             case when current_setting('synchronous_commit') = 'off' then set_config('synchronous_commit', 'on', false) end",
            &[Vec::new()],
            |_, r| {
                let r = Row::Postgres(r);
                found = Some((r.opt_text(0), r.text(1), r.text(2)));
            },
        )?;
        let (schema, version, encoding) = found.unwrap_or_default();
        if version.parse::<u32>().is_ok_and(|version| version < 150_000) {
            return Err(Error::invalid(format!(
                "the database is PostgreSQL {}; Rollcall needs 15 or newer",
                version.get(..2).unwrap_or(&version)
            )));
        }
        if encoding != "UTF8" {
            return Err(Error::invalid(format!(
                "the database keeps its texts in {encoding}; make one with `createdb -E UTF8`"
            )));
        }
        self.schema = schema.ok_or_else(|| {
            Error::invalid(
                "the login's search_path names no schema that there is; create it or set another search_path",
            )
        })?;
        Ok(())
    }
}

/// Why there is no connection: a login, a certificate or a database that is refused is for people to mend, all else may
/// pass.
fn refused(error: &tokio_postgres::Error) -> Error {
    let told = failure::told(error);
    let login = || {
        Error::invalid(format!(
            "the database refuses the login ({told}); look at user and password in the address, and at pg_hba.conf"
        ))
    };
    match error.code() {
        Some(state) if state.code().starts_with("28") => login(),
        Some(state) if *state == SqlState::UNDEFINED_DATABASE => {
            Error::invalid(format!("{told}; make it with `createdb`, owned by the user in the address"))
        }
        Some(_) => Error::unreachable(told),
        // The client library tells by these words alone what it was about.
        None => match error.to_string().as_str() {
            "error performing TLS handshake" if !is_broken_off(error) => Error::invalid(format!(
                "there is no TLS to the database as the address wants it ({told}); look at sslmode and sslrootcert, and \
                 at the server's certificate"
            )),
            "invalid configuration" | "authentication error" => login(),
            _ => Error::unreachable(told),
        },
    }
}

/// Whether a handshake ended because the connection did, and not by anybody's will.
fn is_broken_off(error: &tokio_postgres::Error) -> bool {
    let io = std::error::Error::source(error).and_then(|source| source.downcast_ref::<std::io::Error>());
    io.is_some_and(|io| io.get_ref().is_none_or(|inner| !inner.is::<rustls::Error>()))
}
