//! Accounts are isolated.
