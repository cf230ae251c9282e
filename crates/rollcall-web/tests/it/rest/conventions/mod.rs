//! What holds for every call of the API (contract §1), one file for each of its subjects.

mod bodies;
mod failures;
mod headers;
mod pages;
mod paths;
mod rehearsals;
mod replicas;
mod retries;
mod timing;
mod tokens;
