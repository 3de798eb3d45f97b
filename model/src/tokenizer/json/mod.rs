//! The tokenizer as tokenizer.json says it, for the two kinds that this crate knows: byte-pair encoding with byte
//! fallback (Gemma's), and byte-level (GPT's).

mod lists;
mod read;
mod write;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::TokenId;

pub(super) use lists::halves;
pub(super) use read::read;
pub(super) use write::write;

/// What is kept of the file only to be written again.
#[derive(Debug, Clone, Default)]
pub(super) struct Layout {
    post_processor: Option<Value>,
    decoder: Option<Value>,
}

/// An entry of `added_tokens`.
#[derive(Serialize, Deserialize)]
struct AddedToken {
    id: TokenId,
    content: String,
    #[serde(default)]
    single_word: bool,
    #[serde(default)]
    lstrip: bool,
    #[serde(default)]
    rstrip: bool,
    #[serde(default)]
    normalized: bool,
    #[serde(default)]
    special: bool,
}
