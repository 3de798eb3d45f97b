//! The tokenizer as the keys of a GGUF file say it.

use crate::{ModelError, TokenId};

use super::pieces::MOST_TOKENS;

/// What `tokenizer.ggml.*` says: the meeting point of the reader and writer of GGUF files with the tokenizer.
///
/// Any content is legal here; [`super::Tokenizer::from_gguf`] says what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GgufVocabulary {
    /// `tokenizer.ggml.model`: `llama` (SentencePiece, scores) or `gpt2` (byte-level, merges).
    pub model: String,
    /// `tokenizer.ggml.pre`: how a `gpt2` text is cut into words; of no consequence for `llama`.
    pub pre: String,
    /// `tokenizer.ggml.tokens`: the texts, in the spelling of the model (`▁` or `Ġ` for a space; bytes of `llama` are
    /// `<0x00>` to `<0xFF>`; tokens of the kind "user-defined" are spelled as they stand in texts, with real spaces).
    pub tokens: Vec<String>,
    /// `tokenizer.ggml.scores`: one for each token, the highest is merged first; only for `llama`.
    pub scores: Vec<f32>,
    /// `tokenizer.ggml.token_type`: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte. May be empty,
    /// which means normal, for `gpt2`.
    pub types: Vec<i32>,
    /// `tokenizer.ggml.merges`: pairs with a space between them, the first is merged first; only for `gpt2`.
    pub merges: Vec<String>,
    /// `tokenizer.ggml.bos_token_id`
    pub bos: Option<TokenId>,
    /// `tokenizer.ggml.eos_token_id`
    pub eos: Option<TokenId>,
    /// `tokenizer.ggml.eot_token_id`
    pub eot: Option<TokenId>,
    /// `tokenizer.ggml.unknown_token_id`
    pub unknown: Option<TokenId>,
    /// `tokenizer.ggml.padding_token_id`
    pub padding: Option<TokenId>,
    /// `tokenizer.ggml.add_bos_token`; where the key is absent: true for `llama`, false for `gpt2`.
    pub add_bos: bool,
    /// `tokenizer.ggml.add_space_prefix`; where the key is absent: true for `llama`, false for `gpt2`.
    pub add_space_prefix: bool,
    /// `tokenizer.chat_template`
    pub chat_template: Option<String>,
}

impl GgufVocabulary {
    /// Says what is contradictory.
    pub(super) fn check(&self) -> Result<(), ModelError> {
        let wrong = |what: String| Err(ModelError::Tokenizer(what));
        let count = self.tokens.len();
        if count == 0 || count > MOST_TOKENS {
            return wrong(format!("`tokenizer.ggml.tokens` has {count} tokens, expected 1 to {MOST_TOKENS}"));
        }
        let may_be_empty = self.model != "llama";
        for (key, length) in [("scores", self.scores.len()), ("token_type", self.types.len())] {
            if length != count && !(length == 0 && may_be_empty) {
                return wrong(format!(
                    "`tokenizer.ggml.{key}` has {length} entries, expected {count}, one for each token"
                ));
            }
        }
        if let Some(id) = self.scores.iter().position(|score| !score.is_finite()) {
            return wrong(format!(
                "the score of token {id} (`{}`) is {}, expected a finite number",
                self.tokens[id], self.scores[id]
            ));
        }
        let named = [
            ("bos", self.bos),
            ("eos", self.eos),
            ("eot", self.eot),
            ("unknown", self.unknown),
            ("padding", self.padding),
        ];
        for (key, id) in named {
            if let Some(id) = id.filter(|&id| id as usize >= count) {
                return wrong(format!("`tokenizer.ggml.{key}_token_id` is {id}, expected less than {count}"));
            }
        }
        Ok(())
    }
}

/// What a token is, in the numbers of GGUF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

impl Kind {
    pub(super) fn of(number: i32) -> Option<Self> {
        [Self::Normal, Self::Unknown, Self::Control, Self::UserDefined, Self::Unused, Self::Byte]
            .into_iter()
            .find(|&kind| kind as i32 == number)
    }
}

/// The byte that a token like `<0x0A>` stands for.
pub(super) fn byte_of(token: &str) -> Option<u8> {
    let digits = token.strip_prefix("<0x")?.strip_suffix('>')?;
    let upper = |digit: u8| digit.is_ascii_digit() || (b'A'..=b'F').contains(&digit);
    (digits.len() == 2 && digits.bytes().all(upper)).then(|| u8::from_str_radix(digits, 16).ok()).flatten()
}
