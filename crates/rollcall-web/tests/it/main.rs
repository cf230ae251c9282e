//! The faces of Rollcall against real installations: what each call answers, status and whole body.

mod acme;
mod rest;
