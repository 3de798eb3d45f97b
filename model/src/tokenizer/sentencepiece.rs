//! SentencePiece's byte-pair encoding: texts with scores, spaces as `▁`, bytes for what the vocabulary lacks.

use crate::{ModelError, TokenId};

use super::Specials;
use super::gguf::Kind;
use super::merge::{Symbol, characters, merge};
use super::specials::{Fragment, Rule, SpecialTexts};
use super::vocabulary::{Spelling, Vocabulary};

/// The part of a `llama` vocabulary that cuts texts.
///
/// The text becomes characters; of all neighbors whose texts together are a token, the pair with the highest score is
/// joined, of equal scores the leftmost, until there is none. A character that is no token becomes its bytes' tokens.
#[derive(Debug, Clone)]
pub(super) struct SentencePiece {
    scores: Vec<f32>,
    byte_tokens: Box<[TokenId; 256]>,
    specials: SpecialTexts,
}

impl SentencePiece {
    pub(super) fn new(scores: &[f32], vocabulary: &Vocabulary) -> Result<Self, ModelError> {
        let byte_tokens = vocabulary.byte_tokens(Spelling::SentencePiece)?;
        let specials = SpecialTexts::new(Rule::LongestFirst, vocabulary.specials());
        Ok(Self { scores: scores.to_vec(), byte_tokens, specials })
    }

    /// One for each token.
    pub(super) fn scores(&self) -> impl Iterator<Item = f32> + '_ {
        self.scores.iter().copied()
    }

    /// Appends the tokens of a text; `merged` sees every token that a merge makes on the way.
    pub(super) fn encode(
        &self,
        vocabulary: &Vocabulary,
        text: &str,
        specials: Specials,
        mut merged: impl FnMut(TokenId),
    ) -> Vec<TokenId> {
        let mut tokens = Vec::with_capacity(text.len() / 2);
        let mut after_special = true;
        for fragment in self.specials.split(text, specials) {
            match fragment {
                Fragment::Token(id) => {
                    tokens.push(id);
                    after_special = true;
                }
                Fragment::Text(text) => {
                    let prefix = if after_special && vocabulary.named.add_space_prefix { "▁" } else { "" };
                    let escaped = prefix.to_owned() + &text.replace(' ', "▁");
                    self.encode_fragment(vocabulary, &escaped, &mut tokens, &mut merged);
                    after_special = false;
                }
            }
        }
        tokens
    }

    fn encode_fragment(
        &self,
        vocabulary: &Vocabulary,
        text: &str,
        tokens: &mut Vec<TokenId>,
        merged: &mut impl FnMut(TokenId),
    ) {
        let token = |text: &str| {
            let id = vocabulary.id(text)?;
            // A text never becomes a control token, even if a vocabulary has all the steps to its name.
            let of_texts = matches!(vocabulary.kind(id), Some(Kind::Normal | Kind::UserDefined | Kind::Unused));
            of_texts.then_some(id)
        };
        let join = |left: &Symbol, right: &Symbol| {
            let id = token(&text[left.start..right.end])?;
            Some((ordered(self.scores[id as usize]), id))
        };
        for symbol in merge(characters(text, token), join, |_, _, id| merged(id)) {
            match symbol.id {
                Some(id) => tokens.push(id),
                None => {
                    let bytes = text[symbol.start..symbol.end].bytes();
                    tokens.extend(bytes.map(|byte| self.byte_tokens[usize::from(byte)]));
                }
            }
        }
    }
}

/// Integers in the order of finite scores; both zeros are one.
fn ordered(score: f32) -> i32 {
    let bits = (score + 0.0).to_bits() as i32;
    bits ^ ((bits >> 31) as u32 >> 1) as i32
}
