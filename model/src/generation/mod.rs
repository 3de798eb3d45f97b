//! From a prompt to tokens: sampling, constraints, drafts, sequences.

mod constraint;
mod draft;
mod prefix;
mod sampling;
mod session;
mod step;
pub(crate) mod text;

pub use constraint::{Allowed, Constraint};
pub use draft::DraftTable;
pub use prefix::PrefixCache;
pub use sampling::Sampling;
pub use session::{Finished, Generation, Reason, Request, Session, generate_together};
