//! The texts of a vocabulary in one piece of memory, and the way from a text back to its index.

use std::hash::{BuildHasher, RandomState};

use crate::{ModelError, TokenId};

/// Most tokens that a vocabulary may have: sixteen times Gemma's, and an index of that size still fits in memory.
pub(super) const MOST_TOKENS: usize = 1 << 22;

/// Byte strings, one for each token, in one allocation.
#[derive(Debug, Clone, Default)]
pub(super) struct Pieces {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Pieces {
    /// Room for `count` strings of `bytes` bytes together.
    pub(super) fn with_capacity(count: usize, bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), ends: Vec::with_capacity(count) }
    }

    /// Appends a string; fails when all strings together reach 4 GiB.
    pub(super) fn push(&mut self, piece: impl IntoIterator<Item = u8>) -> Result<(), ModelError> {
        self.bytes.extend(piece);
        let end = u32::try_from(self.bytes.len())
            .map_err(|_| ModelError::Tokenizer("the texts of the tokens are longer than 4 GiB".to_owned()))?;
        self.ends.push(end);
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The string of a token; empty for an id beyond the vocabulary.
    pub(super) fn get(&self, id: TokenId) -> &[u8] {
        let index = id as usize;
        let Some(&end) = self.ends.get(index) else { return &[] };
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[start as usize..end as usize]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len()).map(|id| self.get(id as TokenId))
    }
}

/// An open hash table of ids: it holds no texts, those are in [`Pieces`].
///
/// Building it for 262,144 tokens is most of the time between opening a file and the first token, and a `HashMap` of
/// owned strings takes several times as long. The hash is the seeded one of the standard library, so no file can choose
/// texts that all fall into one slot.
#[derive(Debug, Clone)]
pub(super) struct PieceIndex {
    /// Ids plus one; 0 is free. A power of two, at least twice the number of tokens.
    slots: Box<[u32]>,
    state: RandomState,
    longest: usize,
}

impl PieceIndex {
    /// Fails if two tokens have the same text.
    pub(super) fn of(pieces: &Pieces) -> Result<Self, ModelError> {
        let slots = vec![0; (pieces.len() * 2).next_power_of_two().max(2)].into_boxed_slice();
        let mut index = Self { slots, state: RandomState::new(), longest: 0 };
        for (id, piece) in pieces.iter().enumerate() {
            let slot = index.slot(piece, pieces);
            if index.slots[slot] != 0 {
                return Err(ModelError::Tokenizer(format!(
                    "tokens {} and {id} are both `{}`, expected different texts",
                    index.slots[slot] - 1,
                    String::from_utf8_lossy(piece)
                )));
            }
            index.slots[slot] = id as u32 + 1;
            index.longest = index.longest.max(piece.len());
        }
        Ok(index)
    }

    /// The id of the token with this text.
    pub(super) fn get(&self, text: &[u8], pieces: &Pieces) -> Option<TokenId> {
        if text.len() > self.longest {
            return None;
        }
        self.slots[self.slot(text, pieces)].checked_sub(1)
    }

    /// Where the text is, or the free slot where it would be.
    fn slot(&self, text: &[u8], pieces: &Pieces) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = self.state.hash_one(text) as usize & mask;
        while self.slots[slot] != 0 && pieces.get(self.slots[slot] - 1) != text {
            slot = (slot + 1) & mask;
        }
        slot
    }
}
