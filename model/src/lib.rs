//! Prompt → tokens: Gemma 3 with its files, tokenizer, kernels and sampling.

mod blocks;
mod config;
mod error;
mod kernels;
mod slots;

pub use blocks::Dtype;
pub use config::Config;
pub use error::ModelError;
pub use kernels::Isa;
pub use slots::{Part, Slot};

/// The index of a token in the vocabulary.
pub type TokenId = u32;
