//! The faces of Rollcall against real installations: what each call answers, status and whole body.

mod acme;
mod anything;
mod canaries;
mod ceiling;
mod console;
mod documents;
mod edge;
mod every_route;
mod form;
mod isolation;
mod metrics;
mod openapi;
mod rest;
