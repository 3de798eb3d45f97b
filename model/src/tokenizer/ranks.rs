//! Byte-pair encoding by ranks of pairs, as tokenizer.json has it and GGUF's `gpt2`.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::{ModelError, TokenId};

use super::Specials;
use super::byte_level::{self, Words};
use super::gguf::Kind;
use super::merge::{Symbol, characters, merge};
use super::specials::{Fragment, Rule, Special, SpecialTexts};
use super::vocabulary::{Spelling, Vocabulary};

/// The part of a vocabulary with merges that cuts texts.
///
/// The text becomes words and the words become characters; of all neighbors that are a pair with a rank the one with
/// the lowest rank is joined, of equal ranks the leftmost, until there is none.
#[derive(Debug, Clone)]
pub(super) struct Ranks {
    /// The pairs in the order of their ranks, and what they become.
    pub(super) merges: Vec<Merge>,
    ranks: HashMap<(TokenId, TokenId), u32>,
    byte_tokens: Box<[TokenId; 256]>,
    /// Found in the text as it stands.
    specials: SpecialTexts,
    /// Found in the text after spaces have become `▁`.
    normalized: SpecialTexts,
    pub(super) way: Way,
    pub(super) rule: Rule,
    pub(super) added: Vec<Added>,
}

/// A token that is found in texts before they are cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Added {
    pub(super) special: Special,
    /// Found after spaces have become `▁`, not in the text as it stands.
    pub(super) normalized: bool,
}

/// How a text becomes words and characters.
#[derive(Debug, Clone)]
pub(super) enum Way {
    /// One word, spaces as `▁`; a character that is no token becomes tokens of bytes.
    SentencePiece,
    /// Words, a character for each byte.
    ByteLevel {
        words: Words,
        /// A word that is a token stays as it is.
        ignore_merges: bool,
    },
}

/// One pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Merge {
    pub(super) left: TokenId,
    pub(super) right: TokenId,
    pub(super) whole: TokenId,
}

impl Way {
    pub(super) fn spelling(&self) -> Spelling {
        match self {
            Self::SentencePiece => Spelling::SentencePiece,
            Self::ByteLevel { .. } => Spelling::ByteLevel,
        }
    }
}

impl Ranks {
    /// From pairs of texts in the order of their ranks; each text and each pair's whole must be tokens.
    pub(super) fn new<'a>(
        vocabulary: &Vocabulary,
        pairs: impl ExactSizeIterator<Item = (&'a str, &'a str)>,
        way: Way,
        rule: Rule,
        added: Vec<Added>,
    ) -> Result<Self, ModelError> {
        let mut merges = Vec::with_capacity(pairs.len());
        let mut ranks = HashMap::with_capacity(pairs.len());
        let mut whole = String::new();
        for (rank, (left, right)) in (0..).zip(pairs) {
            let token = |text: &str| {
                vocabulary.id(text).ok_or_else(|| {
                    let what = format!("merge {rank} (`{left}` and `{right}`) needs `{text}`, which is no token");
                    ModelError::Tokenizer(what)
                })
            };
            whole.clear();
            whole.push_str(left);
            whole.push_str(right);
            let merge = Merge { left: token(left)?, right: token(right)?, whole: token(&whole)? };
            merges.push(merge);
            // A text never becomes a control token, even if a vocabulary has all the steps to its name. Of a pair that
            // stands twice the last rank counts, as in the `tokenizers` crate.
            if !vocabulary.is_special(merge.whole) {
                ranks.insert((merge.left, merge.right), rank);
            }
        }
        let byte_tokens = vocabulary.byte_tokens(way.spelling())?;
        let texts = |normalized: bool| {
            let texts = added.iter().filter(|added| added.normalized == normalized);
            SpecialTexts::new(rule, texts.map(|added| added.special.clone()))
        };
        let (specials, normalized) = (texts(false), texts(true));
        Ok(Self { merges, ranks, byte_tokens, specials, normalized, way, rule, added })
    }

    /// The tokens of a text.
    pub(super) fn encode(&self, vocabulary: &Vocabulary, text: &str, specials: Specials) -> Vec<TokenId> {
        let mut tokens = Vec::with_capacity(text.len() / 2);
        for fragment in self.specials.split(text, specials) {
            let text = match (fragment, &self.way) {
                (Fragment::Token(id), _) => {
                    tokens.push(id);
                    continue;
                }
                (Fragment::Text(text), Way::SentencePiece) => Cow::Owned(text.replace(' ', "▁")),
                (Fragment::Text(text), Way::ByteLevel { .. }) => Cow::Borrowed(text),
            };
            for fragment in self.normalized.split(&text, specials) {
                match fragment {
                    Fragment::Token(id) => tokens.push(id),
                    Fragment::Text(text) => self.encode_fragment(vocabulary, text, &mut tokens),
                }
            }
        }
        tokens
    }

    fn encode_fragment(&self, vocabulary: &Vocabulary, text: &str, tokens: &mut Vec<TokenId>) {
        let Way::ByteLevel { words, ignore_merges } = &self.way else {
            self.merge(vocabulary, text, tokens, |_| ());
            return;
        };
        for word in words.split(text) {
            let word = byte_level::spell(word);
            match vocabulary.id(&word).filter(|&id| *ignore_merges && !vocabulary.is_special(id)) {
                Some(id) => tokens.push(id),
                None => self.merge(vocabulary, &word, tokens, |_| ()),
            }
        }
    }

    /// The token of a byte.
    pub(super) fn byte_token(&self, byte: u8) -> TokenId {
        self.byte_tokens[usize::from(byte)]
    }

    /// Cuts one word in the spelling of the vocabulary; `merged` sees every token that a merge makes on the way.
    pub(super) fn merge(
        &self,
        vocabulary: &Vocabulary,
        word: &str,
        tokens: &mut Vec<TokenId>,
        mut merged: impl FnMut(Merge),
    ) {
        let token = |text: &str| vocabulary.id(text).filter(|&id| vocabulary.kind(id) != Some(Kind::Control));
        let mut symbols = characters(word, token);
        if symbols.iter().any(|symbol| symbol.id.is_none()) {
            symbols = symbols.into_iter().flat_map(|symbol| self.symbol_or_bytes(word, symbol)).collect();
        }
        let join = |left: &Symbol, right: &Symbol| {
            let rank = *self.ranks.get(&(left.id?, right.id?))?;
            Some((std::cmp::Reverse(rank), self.merges[rank as usize].whole))
        };
        let merged = |left: &Symbol, right: &Symbol, whole: TokenId| {
            if let (Some(left), Some(right)) = (left.id, right.id) {
                merged(Merge { left, right, whole });
            }
        };
        tokens.extend(merge(symbols, join, merged).filter_map(|symbol| symbol.id));
    }

    /// A character, or its bytes if it is no token.
    fn symbol_or_bytes(&self, word: &str, symbol: Symbol) -> Vec<Symbol> {
        if symbol.id.is_some() {
            return vec![symbol];
        }
        let byte = |at: usize| {
            let id = self.byte_tokens[usize::from(word.as_bytes()[at])];
            Symbol { start: at, end: at + 1, id: Some(id) }
        };
        (symbol.start..symbol.end).map(byte).collect()
    }
}
