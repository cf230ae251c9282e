//! The program killed, starved and set back under load; afterwards nothing is lost and nothing half-done is there.
//!
//! Each test lets many write (`load`, `caller`), does harm, and compares what was answered with what is there (`verify`,
//! `checkup`). Each has a few rounds; `cargo xtask torture` lets them go on for as long as one likes.

mod caller;
mod chance;
mod checkup;
mod clock;
mod disk;
mod found;
mod killed;
mod ledger;
mod load;
mod postgres;
mod starved;
mod verify;
mod world;
mod write;
