//! The program through its own binary: real processes, real sockets, real files.

mod cli;
mod demo;
mod durable;
mod files;
mod graceful;
mod program;
mod vendor_client;
