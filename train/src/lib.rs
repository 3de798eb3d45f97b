//! Records → weights: vocabularies, datasets as batches.
//!
//! ```text
//! vocabulary   texts of a dataset → tokenizer.json
//! data         datasets, a tokenizer → shuffled, packed batches
//! ```

mod batch;
pub mod data;
mod error;
pub mod vocabulary;

pub use batch::{Batch, BatchSource};
pub use error::TrainError;
