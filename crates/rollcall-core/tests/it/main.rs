//! The core against a real database: what each use-case promises, and the rules that hold after every transaction.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the answer, in its own words")]

mod model;
mod properties;
mod setting;
