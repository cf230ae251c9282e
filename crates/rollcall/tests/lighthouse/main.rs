//! What takes Lighthouse: no part of `cargo test`, as it takes minutes; `cargo xtask lighthouse` starts it. The program and the
//! browser are those of the other tests.
#![allow(dead_code, reason = "the other tests use the rest")]

#[path = "../it/program.rs"]
mod program;

#[path = "../it/console"]
mod console {
    mod browser;
    mod enter;
    #[path = "../../lighthouse/pages.rs"]
    mod pages;
}
