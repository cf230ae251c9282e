//! The program through its own binary: real processes, real sockets, real files.

mod backup;
mod cli;
mod clients;
mod demo;
mod erasures;
mod files;
mod graceful;
mod keys;
mod openapi;
mod program;
mod replicas;
mod torture;
mod vendor_client;
mod whole_flow;
