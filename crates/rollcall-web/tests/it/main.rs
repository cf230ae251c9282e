//! The faces of Rollcall against real installations: what each call answers, status and whole body.

mod acme;
mod anything;
mod console;
mod documents;
mod edge;
mod every_route;
mod form;
mod metrics;
mod openapi;
mod rest;
