//! Prompt → tokens: Gemma 3 with its files, tokenizer, kernels and sampling.

mod blocks;
#[cfg(feature = "burn")]
pub mod burn;
mod config;
mod error;
mod files;
#[cfg(feature = "gpu")]
pub mod gpu;
mod slots;

pub use blocks::Dtype;
pub use config::Config;
pub use error::ModelError;
pub use files::{
    Array, ConvertOptions, GenerationDefaults, Gguf, NewTokenizer, Strings, TensorInfo, TensorView, TokenizerSource,
    Trim, Value, Weights, convert, write_random,
};
pub use slots::{Part, Slot};

/// The index of a token in the vocabulary.
pub type TokenId = u32;
