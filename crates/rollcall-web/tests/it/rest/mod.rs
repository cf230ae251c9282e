//! The vendor-compatible API, sentence by sentence of its contract.

mod groups;

mod users_info;
