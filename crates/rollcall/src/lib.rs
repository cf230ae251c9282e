//! The program around the core and its faces: command line, configuration, account files, mail, the background worker.

pub mod account_file;
pub mod cli;
pub mod config;
mod demo;
mod installation;
mod key_file;
mod mail;
pub mod telemetry;
mod tls_files;
mod usage;
mod worker;
