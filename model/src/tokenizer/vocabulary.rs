//! What every tokenizer has, however it cuts texts: its tokens, what they add to a text, and which of them are special.

use crate::{ModelError, TokenId};

use super::gguf::{Kind, byte_of};
use super::pieces::{PieceIndex, Pieces};
use super::specials::Special;

/// Names of tokens that are control tokens whatever a file calls them: if one of them could come from a text, whoever
/// writes the text could end the turn.
pub(super) const ALWAYS_CONTROL: [&str; 6] = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"];

/// The tokens.
#[derive(Debug, Clone)]
pub(super) struct Vocabulary {
    /// The texts as the file spells them.
    pub(super) names: Pieces,
    /// From those texts to ids.
    pub(super) index: PieceIndex,
    /// What each token adds to a text; nothing for control tokens.
    pub(super) bytes: Pieces,
    pub(super) kinds: Vec<Kind>,
    pub(super) named: Named,
}

/// Tokens with a task.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Named {
    pub(super) bos: Option<TokenId>,
    pub(super) eos: Option<TokenId>,
    pub(super) end_of_turn: Option<TokenId>,
    pub(super) unknown: Option<TokenId>,
    pub(super) padding: Option<TokenId>,
    pub(super) add_bos: bool,
    pub(super) add_space_prefix: bool,
    pub(super) chat_template: Option<String>,
}

/// How texts are spelled in a vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// `▁` for a space, `<0x00>` to `<0xFF>` for bytes.
    SentencePiece,
    /// One character for each byte, as GPT-2 has them.
    ByteLevel,
}

impl Vocabulary {
    /// Takes the tokens' texts and kinds; control tokens by name become control tokens here.
    pub(super) fn new<'a>(
        tokens: impl ExactSizeIterator<Item = &'a str>,
        mut kinds: Vec<Kind>,
        spelling: Spelling,
        named: Named,
    ) -> Result<Self, ModelError> {
        let count = tokens.len();
        let mut names = Pieces::with_capacity(count, count * 8);
        let mut bytes = Pieces::with_capacity(count, count * 8);
        let of_turns = [named.bos, named.eos, named.end_of_turn];
        for (id, (token, kind)) in (0..).zip(tokens.zip(&mut kinds)) {
            names.push(token.bytes())?;
            let is_control = of_turns.contains(&Some(id)) || ALWAYS_CONTROL.contains(&token);
            if is_control && *kind != Kind::Unknown {
                *kind = Kind::Control;
            }
            match (*kind, spelling) {
                (Kind::Control | Kind::Unknown, _) => bytes.push([])?,
                (Kind::UserDefined, Spelling::ByteLevel) => bytes.push(token.bytes())?,
                (_, Spelling::SentencePiece) => match byte_of(token).filter(|_| *kind == Kind::Byte) {
                    Some(byte) => bytes.push([byte])?,
                    None => bytes.push(token.replace('▁', " ").bytes())?,
                },
                (_, Spelling::ByteLevel) => {
                    let decoded: Option<Vec<u8>> = token.chars().map(super::byte_level::byte_of_character).collect();
                    // A token with other characters cannot come from a text; it prints as it is spelled.
                    bytes.push(decoded.unwrap_or_else(|| token.as_bytes().to_vec()))?;
                }
            }
        }
        let index = PieceIndex::of(&names)?;
        let mut vocabulary = Self { names, index, bytes, kinds, named };
        let end_of_turn = vocabulary.named.end_of_turn.or_else(|| vocabulary.id("<end_of_turn>"));
        vocabulary.named.end_of_turn = end_of_turn;
        Ok(vocabulary)
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    pub(super) fn id(&self, name: &str) -> Option<TokenId> {
        self.index.get(name.as_bytes(), &self.names)
    }

    /// The text as the file spells it.
    pub(super) fn name(&self, id: TokenId) -> &str {
        std::str::from_utf8(self.names.get(id)).unwrap_or_default()
    }

    pub(super) fn kind(&self, id: TokenId) -> Option<Kind> {
        self.kinds.get(id as usize).copied()
    }

    pub(super) fn is_special(&self, id: TokenId) -> bool {
        matches!(self.kind(id), Some(Kind::Control | Kind::Unknown))
    }

    /// The tokens that are found in texts as they stand, for vocabularies of GGUF files.
    pub(super) fn specials(&self) -> impl Iterator<Item = Special> {
        self.kinds.iter().zip(0..).filter_map(|(kind, id)| {
            let control = match kind {
                Kind::Control | Kind::Unknown => true,
                Kind::UserDefined => false,
                Kind::Normal | Kind::Unused | Kind::Byte => return None,
            };
            Some(Special { text: self.name(id).to_owned(), id, control })
        })
    }

    /// The token of each byte, by its spelling; says which byte has none.
    pub(super) fn byte_tokens(&self, spelling: Spelling) -> Result<Box<[TokenId; 256]>, ModelError> {
        let mut tokens = Box::new([0; 256]);
        for byte in 0..=u8::MAX {
            let name = match spelling {
                Spelling::SentencePiece => format!("<0x{byte:02X}>"),
                Spelling::ByteLevel => super::byte_level::character_of(byte).to_string(),
            };
            let adds_byte = |id: &TokenId| !self.is_special(*id) && self.bytes.get(*id) == [byte];
            tokens[usize::from(byte)] = self.id(&name).filter(adds_byte).ok_or_else(|| {
                let what = format!("no token `{name}` that stands for a byte, expected one for each byte");
                ModelError::Tokenizer(what)
            })?;
        }
        Ok(tokens)
    }
}
