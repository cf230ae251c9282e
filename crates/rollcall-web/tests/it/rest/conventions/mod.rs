//! What holds for every call of the API (contract §1), one file for each of its subjects.

mod bodies;
mod headers;
mod paths;
mod rehearsals;
mod retries;
mod tokens;
