//! The program through its own binary: real processes, real sockets, real files.

mod apps;
mod backup;
mod cli;
mod clients;
mod console;
mod demo;
mod erasures;
mod files;
mod graceful;
mod keys;
mod openapi;
mod program;
mod rate_limit;
mod replicas;
mod tls;
mod torture;
mod vendor_client;
mod whole_flow;
