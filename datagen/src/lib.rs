//! Ideas → records: programs that are drawn from the object library or written by teachers, checked, and kept with what made
//! them.

pub mod in_order;
pub mod object;
pub mod prompt;
pub mod random;
pub mod record;
pub mod rewrite;
pub mod stage;
pub mod synth;
pub mod teacher;
pub mod verdict;
