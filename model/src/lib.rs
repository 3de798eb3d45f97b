//! Prompt → tokens: Gemma 3 with its files, tokenizer, kernels and sampling.

mod blocks;
#[cfg(feature = "burn")]
pub mod burn;
pub mod chat;
mod config;
mod engine;
mod error;
mod files;
mod generation;
#[cfg(feature = "gpu")]
pub mod gpu;
mod kernels;
mod slots;
mod tokenizer;

pub use blocks::Dtype;
pub use chat::Example;
pub use config::Config;
pub use engine::{Gemma, InterleavedFile, LoadOptions};
pub use error::ModelError;
pub use files::{
    Array, ConvertOptions, GenerationDefaults, Gguf, NewTokenizer, Strings, TensorInfo, TensorView, TokenizerSource,
    Trim, Value, Weights, convert, write_random,
};
pub use generation::{
    Allowed, Constraint, DraftTable, Finished, Generation, PrefixCache, Reason, Request, Sampling, Session,
    generate_together,
};
pub use kernels::Isa;
pub use slots::{Part, Slot};
pub use tokenizer::{Decoder, GgufVocabulary, Specials, Tokenizer};

/// The index of a token in the vocabulary.
pub type TokenId = u32;
