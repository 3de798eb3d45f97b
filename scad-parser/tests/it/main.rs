//! The parser from outside.

mod errors;
mod hostile;
mod print;
mod trees;
