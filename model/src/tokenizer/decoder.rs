//! Tokens → text, while the tokens come one by one.

use crate::TokenId;

use super::Tokenizer;

/// Turns tokens into text as they come, in whole characters.
///
/// The texts together are [`Tokenizer::decode`] of the tokens together: bytes of a character that is not complete wait
/// for the rest, bytes that can never become one are `U+FFFD`.
#[derive(Debug, Clone)]
pub struct Decoder<'a> {
    tokenizer: &'a Tokenizer,
    waiting: Vec<u8>,
    at_start: bool,
}

impl Tokenizer {
    /// A decoder for a stream of tokens.
    pub fn decoder(&self) -> Decoder<'_> {
        Decoder { tokenizer: self, waiting: Vec::new(), at_start: true }
    }
}

impl Decoder<'_> {
    /// What this token completes; empty if it completes nothing.
    pub fn push(&mut self, id: TokenId) -> String {
        self.waiting.extend_from_slice(self.tokenizer.bytes(id));
        let mut text = String::new();
        let mut rest = self.waiting.as_slice();
        let waiting = loop {
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    break 0;
                }
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(valid));
                    let Some(invalid) = error.error_len() else { break after.len() };
                    text.push(char::REPLACEMENT_CHARACTER);
                    rest = &after[invalid..];
                }
            }
        };
        self.waiting.drain(..self.waiting.len() - waiting);
        self.without_prefix(text)
    }

    /// What is left when no token comes any more: at most one `U+FFFD`.
    pub fn finish(mut self) -> String {
        let text = String::from_utf8_lossy(&self.waiting).into_owned();
        self.waiting.clear();
        self.without_prefix(text)
    }

    /// Drops the space that some vocabularies put before every text.
    fn without_prefix(&mut self, text: String) -> String {
        if !self.at_start || text.is_empty() {
            return text;
        }
        self.at_start = false;
        match text.strip_prefix(' ').filter(|_| self.tokenizer.vocabulary.named.add_space_prefix) {
            Some(text) => text.to_owned(),
            None => text,
        }
    }
}
