//! What may come next.

use std::sync::Arc;

use crate::TokenId;

/// Tokens that may come next.
#[derive(Debug, Clone, PartialEq)]
pub enum Allowed {
    /// All of the vocabulary.
    All,
    /// Only these: sorted, without repetition, below the size of the vocabulary. None at all ends the text.
    Only(Arc<[TokenId]>),
}

/// Says which tokens may come next, as a grammar does.
///
/// Only the rows of the head that belong to allowed tokens are computed, and the shares of the allowed tokens are what they
/// would be if all others were left out: exact, and the faster the fewer are allowed.
pub trait Constraint {
    /// What may follow the tokens so far. To hand out the same list again and again is cheap, and lets passes with drafts
    /// share it.
    fn allowed(&mut self) -> Allowed;

    /// A token, an allowed one, was added.
    fn advance(&mut self, token: TokenId);

    /// Tokens that must come next because nothing else is allowed, as far as that is easy to say; they ride along in one pass.
    fn forced(&mut self) -> Vec<TokenId> {
        Vec::new()
    }

    /// The last `count` tokens are taken back.
    fn retreat(&mut self, count: usize);
}
